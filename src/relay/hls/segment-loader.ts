// Segments as bytes: with their initialization sections and keys, decrypted, and gone on with where a connection broke.
import { createDecipheriv, type Decipher } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { FramerailError, isFramerailError, monotonicNow } from '../../base/index.js';
import type { AddressPolicy } from '../../net/index.js';
import type { Body } from './http-body.js';
import type { HttpFetcher } from './http-fetcher.js';
import { HTTP_SCHEMES, shownOf } from './http-wish.js';
import type { ByteRange, Segment, SegmentKey } from './playlist.js';

/** What a loader goes by. */
export interface LoaderOptions {
  readonly fetcher: HttpFetcher;
  readonly policy: AddressPolicy;
  /** Milliseconds until an answer must have begun, and that may pass without a byte of it. */
  readonly timeout: number;
  readonly signal: AbortSignal;
}

/** Who takes a segment. */
export interface SegmentSink {
  /** The server answers with it, the first time. */
  readonly onOpen: () => void;
  /** Bytes of it, in their order, decrypted. */
  readonly onBytes: (bytes: Buffer) => void;
  /** Resolves when more may come. */
  readonly room: () => Promise<void>;
}

/** A segment, and the playlist that it stands in. */
export interface Placed {
  readonly segment: Segment;
  /** What its addresses are relative to. */
  readonly base: URL;
  /** Seconds that no segment of its playlist is longer than. */
  readonly targetDuration: number;
}

const MIB = 1024 * 1024;
const MOST_SEGMENT = 1024 * MIB;
const MOST_MAP = 16 * MIB;
const KEY_BYTES = 16;
/** Times that a segment is asked for, in all. */
const MOST_ATTEMPTS = 3;
/** Of those, when it is said not to be there: caches may have the playlist ahead of it. */
const MOST_MISSING = 2;
/** Milliseconds until it is asked for again, at most. */
const PAUSE = 1000;
/** Maps and keys that are kept. */
const MOST_KEPT = 8;
/** How many times longer than it plays a segment may take. */
const SLOWEST = 3;

/** Loads segments, one after the other. */
export class SegmentLoader {
  readonly #options: LoaderOptions;
  readonly #maps = new Map<string, Buffer>();
  readonly #keys = new Map<string, Buffer>();

  constructor(options: LoaderOptions) {
    this.#options = options;
  }

  /**
   * What decoders need ahead of a segment, as the same object as long as it is the same.
   * @throws FR_RELAY_*, FR_ADDRESS_REFUSED
   */
  async map({ segment: { map, sequence }, base }: Placed): Promise<Buffer | undefined> {
    if (map === undefined) return undefined;
    const { range, key } = map;
    const url = this.#address(map.uri, base);
    const name = [url.href, range?.offset, range?.length, key?.uri, key?.iv?.toString('hex')].join(' ');
    const known = this.#maps.get(name);
    if (known !== undefined) return known;
    const what = 'an initialization section';
    const raw = await this.#whole(url, what, range, MOST_MAP);
    const bytes = key === undefined ? raw : decipher(await this.#cipher(key, sequence, base), raw);
    keep(this.#maps, name, bytes);
    return bytes;
  }

  /** Loads a segment; throws FR_RELAY_*, FR_ADDRESS_REFUSED when all or the rest of it cannot be had. */
  async load(placed: Placed, sink: SegmentSink): Promise<void> {
    const { segment, base, targetDuration } = placed;
    const url = this.#address(segment.uri, base);
    const cipher = segment.key && (await this.#cipher(segment.key, segment.sequence, base));
    const allowed = this.#options.timeout + SLOWEST * 1000 * Math.max(segment.duration, targetDuration);
    const progress = { received: 0, spent: 0 };
    for (let attempt = 1; ; attempt++)
      try {
        await this.#attempt(url, segment.range, allowed, progress, cipher, sink);
        break;
      } catch (error) {
        if (attempt >= mostAttempts(error)) throw error;
        await sleep(Math.min(PAUSE, targetDuration * 500), undefined, { signal: this.#options.signal });
      }
    const last = cipher === undefined ? undefined : finish(cipher);
    if (last !== undefined && last.byteLength > 0) sink.onBytes(last);
  }

  /** Asks for what is still missing of a segment. */
  async #attempt(
    url: URL,
    range: ByteRange | undefined,
    allowed: number,
    progress: { received: number; spent: number },
    cipher: Decipher | undefined,
    sink: SegmentSink,
  ): Promise<void> {
    const { fetcher, timeout } = this.#options;
    const { received } = progress;
    const rest = { offset: (range?.offset ?? 0) + received, length: (range?.length ?? Infinity) - received };
    const part = range === undefined && received === 0 ? undefined : rest;
    const body = await fetcher.open({ url, what: 'a segment', range: part, within: timeout, mostBytes: MOST_SEGMENT });
    try {
      sink.onOpen();
      for (;;) {
        const bytes = await this.#next(body, allowed, progress);
        if (bytes === undefined) return;
        progress.received += bytes.byteLength;
        sink.onBytes(cipher === undefined ? bytes : cipher.update(bytes));
        await sink.room();
      }
    } finally {
      body.close();
    }
  }

  /** The next bytes; what waits for room to become free is not held against the server. */
  async #next(body: Body, allowed: number, progress: { spent: number }): Promise<Buffer | undefined> {
    const began = monotonicNow();
    const bytes = await body.next(Math.max(1, Math.min(this.#options.timeout, allowed - progress.spent)));
    progress.spent += monotonicNow() - began;
    return bytes;
  }

  async #cipher(key: SegmentKey, sequence: number, base: URL): Promise<Decipher> {
    if (key.method !== 'AES-128' || key.format !== 'identity') throw unreadable(key);
    const url = this.#address(key.uri, base);
    const known = this.#keys.get(url.href);
    const bytes = known ?? (await this.#whole(url, 'a key', undefined, 1024));
    if (bytes.byteLength !== KEY_BYTES) {
      const message = `${shownOf(url)} answered with a key that has no ${String(KEY_BYTES)} bytes.`;
      throw new FramerailError('FR_RELAY_PROTOCOL', message);
    }
    keep(this.#keys, url.href, bytes);
    return createDecipheriv('aes-128-cbc', bytes, key.iv ?? vectorOf(sequence));
  }

  async #whole(url: URL, what: string, range: ByteRange | undefined, mostBytes: number): Promise<Buffer> {
    const { fetcher, timeout } = this.#options;
    const body = await fetcher.open({ url, what, range, within: timeout, mostBytes });
    return await body.whole(timeout);
  }

  #address(uri: string, base: URL): URL {
    return this.#options.policy.check(uri, HTTP_SCHEMES, base);
  }
}

/** How often something is asked for that failed so: what came and cannot be read would come again. */
function mostAttempts(error: unknown): number {
  if (!isFramerailError(error)) return 1;
  if (error.code === 'FR_RELAY_REFUSED') return MOST_MISSING;
  return ['FR_RELAY_LOST', 'FR_RELAY_TIMEOUT', 'FR_RELAY_CONNECT'].includes(error.code) ? MOST_ATTEMPTS : 1;
}

function unreadable({ method, format }: SegmentKey): FramerailError {
  const what =
    method === 'AES-128' ? `AES-128 with keys of ${JSON.stringify(format.slice(0, 60))}` : method.slice(0, 60);
  const message = `The stream cannot be relayed: its segments are encrypted with ${what}, and only plain AES-128 is read.`;
  return new FramerailError('FR_RELAY_REFUSED', message);
}

/** The number of a segment as its vector (RFC 8216 section 5.2). */
function vectorOf(sequence: number): Buffer {
  const vector = Buffer.alloc(KEY_BYTES);
  vector.writeBigUInt64BE(BigInt(sequence), 8);
  return vector;
}

function decipher(cipher: Decipher, bytes: Buffer): Buffer {
  return Buffer.concat([cipher.update(bytes), finish(cipher)]);
}

function finish(cipher: Decipher): Buffer {
  try {
    return cipher.final();
  } catch (error) {
    const message = 'The origin sent a segment that cannot be decrypted with its key.';
    throw new FramerailError('FR_RELAY_PROTOCOL', message, { cause: error });
  }
}

function keep(map: Map<string, Buffer>, name: string, bytes: Buffer): void {
  map.set(name, bytes);
  const [oldest] = map.keys();
  if (map.size > MOST_KEPT && oldest !== undefined) map.delete(oldest);
}
