// A transport stream of what is shown: tables ahead of all that comes together, so that anybody may begin there.
import { audioKind, videoKind } from '#dist/relay/flv/tag.js';
import { TsMuxer } from '#dist/relay/mpegts/muxer.js';
import { TYPES, type Broadcast, type Kind, type LiveTag } from './broadcast.js';

const PACKET_BYTES = 188;
/** Packets of a datagram. */
const PACKETS = 7;

/** Writes one. */
export class TransportStream {
  readonly #headers: Broadcast['headers'];
  readonly #onBytes: (bytes: Buffer) => void;
  readonly #muxer: TsMuxer;
  /** Kinds that its tables name: only what has come. */
  readonly #known = new Set<Kind>();
  readonly #packets: Buffer[] = [];

  constructor(headers: Broadcast['headers'], onBytes: (bytes: Buffer) => void) {
    this.#headers = headers;
    this.#onBytes = onBytes;
    this.#muxer = new TsMuxer({ onPackets: (packets) => this.#packets.push(packets), onWarning: () => undefined });
  }

  /** Writes what is due at one time. */
  take(tags: readonly LiveTag[]): void {
    const muxer = this.#muxer;
    for (const { kind } of tags) {
      if (this.#known.has(kind)) continue;
      this.#known.add(kind);
      muxer.setup(TYPES[kind], this.#headers[kind]);
    }
    muxer.restart();
    for (const { kind, time, payload } of tags) {
      if (kind === 'video') muxer.flush();
      muxer.media(TYPES[kind], kind === 'video' ? videoKind(payload) : audioKind(payload), time, payload);
    }
    muxer.flush();
    const bytes = Buffer.concat(this.#packets.splice(0));
    if (bytes.byteLength > 0) this.#onBytes(bytes);
  }
}

/** Cuts packets into datagrams. */
export function datagrams(bytes: Buffer): Buffer[] {
  const size = PACKETS * PACKET_BYTES;
  return Array.from({ length: Math.ceil(bytes.byteLength / size) }, (_, i) => bytes.subarray(i * size, (i + 1) * size));
}
