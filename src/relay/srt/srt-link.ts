// A destination that is reached over SRT: a transport stream, to a peer that is called or to one that calls.
import { monotonicNow, type FramerailError } from '../../base/index.js';
import type { DestinationLink, DestinationMarks, LinkHandlers, LinkOptions } from '../destination-link.js';
import { audioKind, TAG, videoKind } from '../flv/tag.js';
import { TsMuxer } from '../mpegts/muxer.js';
import { Notices } from '../mpegts/notices.js';
import type { SrtAddress } from './address.js';
import { SrtDial } from './dial.js';
import { srtLinks } from './link-group.js';

/** Feeds one peer. */
export class SrtLink implements DestinationLink {
  readonly #address: SrtAddress;
  readonly #timeout: number;
  readonly #handlers: LinkHandlers;
  readonly #muxer: TsMuxer;
  readonly #since = monotonicNow();
  readonly #notices: Notices;
  #dial: SrtDial | undefined;
  /** What this turn brought. */
  #gathered: Buffer[] = [];
  #gatheredBytes = 0;
  #over = false;

  constructor(address: SrtAddress, { connectTimeout }: LinkOptions, handlers: LinkHandlers) {
    this.#address = address;
    this.#timeout = connectTimeout;
    this.#handlers = handlers;
    this.#notices = new Notices(handlers.onWarning);
    this.#muxer = new TsMuxer({
      onPackets: (packets) => {
        this.#gathered.push(packets);
        this.#gatheredBytes += packets.byteLength;
      },
      onWarning: handlers.onWarning,
    });
    // To call is to ask to publish, and waits; to listen asks nobody for anything, and a process takes longest to start.
    if (handlers.held && !address.listens) srtLinks.warm();
    else this.#open();
  }

  get marks(): DestinationMarks {
    return this.#dial?.marks ?? { dialled: this.#since };
  }

  get queued(): number {
    return this.#gatheredBytes + (this.#dial?.queued ?? 0);
  }

  get sent(): number {
    return this.#dial?.sent ?? 0;
  }

  release(): void {
    if (this.#dial === undefined && !this.#over) this.#open();
  }

  /** Transport streams have no place for it. */
  describe(): undefined {
    return undefined;
  }

  send(type: number, time: number, payload: Buffer): void {
    if (type === TAG.data) return;
    this.#muxer.media(type, type === TAG.video ? videoKind(payload) : audioKind(payload), time, payload);
  }

  /** What came together goes together; libav cuts it into datagrams, of which the last one may be short. */
  flush(): void {
    if (this.#gatheredBytes === 0) return;
    this.#dial?.write(Buffer.concat(this.#gathered));
    this.#gathered = [];
    this.#gatheredBytes = 0;
  }

  fail(error: FramerailError): void {
    if (this.#over) return;
    this.#over = true;
    void this.#dial?.close(false);
    this.#handlers.onEnd(error);
  }

  close(): Promise<void> | undefined {
    if (this.#over) return undefined;
    this.#over = true;
    this.#muxer.flush();
    this.flush();
    return this.#dial?.close(true);
  }

  #open(): void {
    const { onAccepted } = this.#handlers;
    this.#dial = new SrtDial({
      ...{ address: this.#address, direction: 'out', timeout: this.#timeout, onAccepted },
      onBytes: () => undefined,
      onTurn: () => undefined,
      onWarning: (message) => {
        this.#notices.once(message);
      },
      onEnd: (error) => {
        this.fail(error);
      },
    });
  }
}
