// The body of an answer, taken piece by piece: who does not take makes its server wait.
import type { IncomingMessage } from 'node:http';
import { pipeline, type Transform } from 'node:stream';
import { createGunzip, createInflate } from 'node:zlib';
import { FramerailError, formatBytes, isFramerailError, systemCode } from '../../base/index.js';
import { shownOf } from '../http-address.js';
import type { Wish } from './http-wish.js';

const DECODERS: Readonly<Record<string, () => Transform>> = {
  gzip: () => createGunzip(),
  'x-gzip': () => createGunzip(),
  deflate: () => createInflate(),
};

/** A body that is read once: exactly the bytes that were asked for, or an error. */
export class Body {
  /** Where it was found in the end. */
  readonly url: URL;
  /** Bytes that were taken so far. */
  taken = 0;
  readonly #wish: Wish;
  readonly #response: IncomingMessage;
  readonly #pieces: AsyncIterator<Buffer, unknown>;
  /** Bytes ahead of those that were asked for, where the server sends more than it was asked for. */
  #ahead: number;
  /** Bytes that are still to come; endless where nobody knows. */
  #missing: number;

  /** @param response - with a status of 200 or 206 */
  constructor(response: IncomingMessage, url: URL, wish: Wish) {
    this.url = url;
    this.#wish = wish;
    this.#response = response;
    const decoder = DECODERS[(response.headers['content-encoding'] ?? '').trim().toLowerCase()]?.();
    // Errors of either one reach who reads, as errors of the last one.
    const stream = decoder === undefined ? response : pipeline(response, decoder, () => undefined);
    this.#pieces = (stream as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
    const { offset, length } = wish.range ?? { offset: 0, length: Infinity };
    const first = response.statusCode === 206 ? firstByte(response.headers['content-range']) : 0;
    this.#ahead = offset - (first ?? offset);
    this.#missing = length;
  }

  /**
   * The next bytes, which belong to the caller; undefined at the end.
   * @param within - milliseconds; throws FR_RELAY_TIMEOUT beyond them, and FR_RELAY_LOST where it broke off
   */
  async next(within: number): Promise<Buffer | undefined> {
    if (this.#ahead < 0) throw this.#failed('FR_RELAY_PROTOCOL', 'came with other bytes than it was asked for');
    for (;;) {
      if (this.#missing <= 0) {
        // A part ends where it was asked to, and its connection can be kept; of more than that, nothing is read.
        if (this.#response.statusCode === 206) await this.#take(within);
        this.close();
        return undefined;
      }
      const piece = await this.#take(within);
      if (piece === undefined) {
        if (Number.isFinite(this.#missing)) throw this.#failed('FR_RELAY_LOST', 'ended before its last byte');
        return undefined;
      }
      const from = Math.min(this.#ahead, piece.byteLength);
      this.#ahead -= from;
      const wanted = piece.subarray(from, Math.min(piece.byteLength, from + this.#missing));
      if (wanted.byteLength === 0) continue;
      this.#missing -= wanted.byteLength;
      this.taken += wanted.byteLength;
      if (this.taken > this.#wish.mostBytes)
        throw this.#failed('FR_RELAY_PROTOCOL', `is larger than ${formatBytes(this.#wish.mostBytes)}`);
      return wanted;
    }
  }

  /**
   * All of it.
   * @param within - milliseconds for everything
   */
  async whole(within: number): Promise<Buffer> {
    const pieces: Buffer[] = [];
    const end = performance.now() + within;
    for (;;) {
      const piece = await this.next(Math.max(1, end - performance.now()));
      if (piece === undefined) return Buffer.concat(pieces);
      pieces.push(piece);
    }
  }

  /** Lets go of it; where bytes are still to come, its connection is closed. */
  close(): void {
    if (!this.#response.complete || !this.#response.readableEnded) this.#response.destroy();
  }

  async #take(within: number): Promise<Buffer | undefined> {
    let timedOut = false;
    const late = setTimeout(() => {
      timedOut = true;
      this.#response.destroy();
    }, within);
    try {
      const { done, value } = await this.#pieces.next();
      return done === true ? undefined : value;
    } catch (error) {
      if (timedOut) throw this.#failed('FR_RELAY_TIMEOUT', 'did not come in time');
      if (isFramerailError(error)) throw error;
      const code = systemCode(error) ?? 'an error';
      throw this.#failed('FR_RELAY_LOST', `broke off: ${code}`, error);
    } finally {
      clearTimeout(late);
    }
  }

  #failed(
    code: 'FR_RELAY_PROTOCOL' | 'FR_RELAY_LOST' | 'FR_RELAY_TIMEOUT',
    how: string,
    cause?: unknown,
  ): FramerailError {
    this.#response.destroy();
    return new FramerailError(code, `${shownOf(this.url)} cannot be read: ${this.#wish.what} ${how}.`, { cause });
  }
}

/** The first byte that an answer says to have; undefined where it says nothing. */
function firstByte(contentRange: string | undefined): number | undefined {
  const first = /^bytes\s+(\d{1,15})-/.exec(contentRange ?? '')?.[1];
  return first === undefined ? undefined : Number(first);
}
