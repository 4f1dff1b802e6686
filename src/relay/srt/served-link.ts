// One link inside its worker: opened, read or written by libav, and closed, one call at a time.
import { NetworkInput, NetworkOutput, type NetworkPlace } from '../../av/network-bytes.js';
import { errorToData } from '../../base/index.js';
import type { FrameWriter } from './frames.js';
import { WINDOW, type LinkFailure, type LinkRequest } from './messages.js';

/** Bytes of the largest message of live mode (SRT_LIVE_MAX_PAYLOAD_SIZE). */
const DATAGRAM_BYTES = 1456;
/** Bytes that are given to libav in one call, a whole number of the seven packets of most datagrams. */
const WRITE_BYTES = 48 * 1316;

/** Serves one link, and says how it goes. */
export class ServedLink {
  readonly #id: number;
  readonly #request: LinkRequest;
  readonly #frames: FrameWriter;
  readonly #onOver: () => void;
  readonly #io: NetworkInput | NetworkOutput;
  /** For reading: what was sent to the parent and not taken by it. */
  #under = 0;
  /** For writing: what came from the parent and was not written. */
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  /** Ends the wait for room, or for something to write. */
  #wake: () => void = () => undefined;
  #opened = false;
  #closing: 'no' | 'drain' | 'now' = 'no';

  constructor(id: number, request: LinkRequest, frames: FrameWriter, onOver: () => void) {
    this.#id = id;
    this.#request = request;
    this.#frames = frames;
    this.#onOver = onOver;
    const { url, options } = request;
    const place: NetworkPlace = { protocol: 'srt', url, options, datagramBytes: DATAGRAM_BYTES };
    this.#io = request.direction === 'in' ? new NetworkInput(place) : new NetworkOutput(place);
  }

  /** Runs it to its end; never rejects. */
  async run(): Promise<void> {
    const failure = await this.#attempt();
    await this.#io.close().catch(() => undefined);
    this.#frames.message(this.#id, { type: 'over', ...(failure === undefined ? {} : { failure }) });
    this.#onOver();
  }

  /** Bytes to be written. */
  push(bytes: Uint8Array): void {
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.byteLength;
    this.#wake();
  }

  /** The parent has taken so many bytes. */
  taken(count: number): void {
    this.#under -= count;
    this.#wake();
  }

  /** Ends it, at once or when all was written. */
  close(drain: boolean): void {
    if (this.#closing === 'now') return;
    this.#closing = drain && this.#opened && this.#io instanceof NetworkOutput ? 'drain' : 'now';
    if (this.#closing === 'now') this.#io.interrupt();
    this.#wake();
  }

  async #attempt(): Promise<LinkFailure | undefined> {
    try {
      this.#frames.message(this.#id, { type: 'opening' });
      await this.#io.open();
      this.#opened = true;
      this.#frames.message(this.#id, { type: 'opened' });
      if (this.#io instanceof NetworkInput) await this.#read(this.#io);
      else await this.#write(this.#io);
      return undefined;
    } catch (error) {
      if (this.#closing !== 'no') return undefined;
      const { message, details } = errorToData(error);
      return { message, averror: Number(details['averror'] ?? 0) };
    }
  }

  async #read(input: NetworkInput): Promise<void> {
    while (this.#closing === 'no') {
      if (this.#under >= WINDOW.in) {
        await this.#pause();
        continue;
      }
      const bytes = await input.read();
      if (bytes === undefined) return;
      if (bytes.byteLength === 0) continue;
      this.#under += bytes.byteLength;
      this.#frames.data(this.#id, bytes);
    }
  }

  async #write(output: NetworkOutput): Promise<void> {
    while (this.#closing !== 'now') {
      const bytes = this.#next();
      if (bytes === undefined) {
        if (this.#closing === 'drain') break;
        await this.#pause();
        continue;
      }
      await output.write(bytes);
      this.#frames.taken(this.#id, bytes.byteLength);
    }
    // A receiver forgets what it still holds back when it hears that the stream is over.
    if (this.#closing === 'drain') await this.#pause(this.#request.holdback);
  }

  /** What waits, as much of it as goes into one call. */
  #next(): Uint8Array | undefined {
    if (this.#waitingBytes === 0) return undefined;
    const all = this.#waiting.length === 1 ? (this.#waiting[0] ?? Buffer.alloc(0)) : Buffer.concat(this.#waiting);
    const next = all.subarray(0, WRITE_BYTES);
    const rest = all.subarray(WRITE_BYTES);
    this.#waiting = rest.byteLength === 0 ? [] : [rest];
    this.#waitingBytes = rest.byteLength;
    return next;
  }

  /** Waits until something happens, or for so many milliseconds. */
  #pause(milliseconds?: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = milliseconds === undefined ? undefined : setTimeout(resolve, milliseconds);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
