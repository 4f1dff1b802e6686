// Inputs that can be read once: streams of bytes, and live streams of the network.
import { argumentError, checkNumber, checkOneOf, FramerailError, isFramerailError, messageOf } from '../base/index.js';
import {
  isLive,
  isStream,
  resolveSource,
  type BlockSource,
  type LiveInput,
  type MediaInput,
  type ResolvedSource,
  type SourceOptions,
  type StreamInput,
} from './source.js';

/** How an input is read that may stop to give anything. */
export interface StreamOptions extends SourceOptions {
  /** Milliseconds that a stream or a live input may give nothing. @defaultValue 30,000 */
  readonly inputTimeout?: number | undefined;
}

/** Anything that frames can come from, also what can be read only once. */
export type AnyInput = MediaInput | StreamInput | LiveInput;

const SCHEMES = /^(rtmps?|rtsps?|srt|udp):\/\//i;

/** Checks an input of any kind; throws FR_INPUT_* or FR_ARG_INVALID. */
export async function resolveAny(input: AnyInput, options: StreamOptions = {}): Promise<ResolvedSource> {
  const timeout = checkNumber('inputTimeout', options.inputTimeout ?? 30_000, 1, 'milliseconds');
  if (isLive(input)) return { spec: liveSpec(input, timeout), blocks: undefined };
  if (!isStream(input)) return resolveSource(input, options);
  const blocks = new SequentialBlocks(input, timeout);
  return {
    spec: { kind: 'stream', name: blocks.name },
    blocks,
    end: () => {
      blocks.end();
    },
  };
}

/** A name for messages. */
export function nameOf(input: AnyInput): string {
  if (typeof input === 'string' || input instanceof URL) return String(input);
  return isLive(input) ? withoutSecrets(String(input.live)) : 'the input';
}

function liveSpec({ live, transport }: LiveInput, timeout: number): ResolvedSource['spec'] {
  if (typeof live !== 'string' || !SCHEMES.test(live))
    throw argumentError('input.live', 'an address that begins with rtmp, rtmps, rtsp, rtsps, srt or udp', live);
  const how = checkOneOf('input.transport', transport ?? 'tcp', ['tcp', 'udp'] as const);
  return { kind: 'live', name: withoutSecrets(live), url: live, transport: how, timeout };
}

/** An address as it may appear in messages: no password, no passphrase. */
export function withoutSecrets(address: string): string {
  return address.replace(/\/\/[^/@]*@/, '//').replace(/\?.*$/s, '');
}

/** A stream as blocks that are asked for in order. */
class SequentialBlocks implements BlockSource {
  readonly size = Number.POSITIVE_INFINITY;
  readonly name = 'the input stream';
  readonly #iterator: AsyncIterator<Uint8Array>;
  readonly #letGo: () => unknown;
  readonly #timeout: number;
  #position = 0;
  #rest: Uint8Array = new Uint8Array(0);
  #ended = false;
  #wake: (() => void) | undefined;

  constructor(input: StreamInput, timeout: number) {
    const { iterator, letGo } = openStream(input);
    this.#iterator = iterator;
    this.#letGo = letGo;
    this.#timeout = timeout;
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    if (offset !== this.#position)
      throw new FramerailError('FR_INPUT_READ', 'A stream can only be read from front to back.');
    while (this.#rest.byteLength === 0 && !this.#ended) await this.#more();
    const bytes = this.#rest.subarray(0, length);
    this.#rest = this.#rest.subarray(bytes.byteLength);
    this.#position += bytes.byteLength;
    return bytes;
  }

  async #more(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(
          new FramerailError('FR_INPUT_STALLED', `${this.name} gave nothing for ${String(this.#timeout)} ms.`, {
            details: { position: this.#position, inputTimeout: this.#timeout },
          }),
        );
      }, this.#timeout);
    });
    try {
      const over = new Promise<{ done: true }>((resolve) => {
        this.#wake = () => {
          resolve({ done: true });
        };
      });
      const next: IteratorResult<unknown, unknown> | { done: true } = await Promise.race([this.#next(), late, over]);
      if (next.done === true) this.#ended = true;
      else if (next.value instanceof Uint8Array) this.#rest = next.value;
      else throw argumentError('input', 'a stream of bytes', next.value);
    } finally {
      clearTimeout(timer);
    }
  }

  async #next(): Promise<IteratorResult<unknown, unknown>> {
    try {
      return await this.#iterator.next();
    } catch (cause) {
      if (isFramerailError(cause)) throw cause;
      throw new FramerailError('FR_INPUT_READ', `The input stream failed: ${messageOf(cause)}.`, { cause });
    }
  }

  /** Gives nothing more, as if the stream ended here. */
  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  /** Lets go of the stream; nobody asks any more. */
  async close(): Promise<void> {
    this.#ended = true;
    try {
      await this.#letGo();
    } catch {
      // What it says on its way out is of no use to anybody.
    }
  }
}

/** A stream as an iterator, and how to end it also while it is asked: an iterator's own `return()` waits for the answer. */
function openStream(input: StreamInput): { iterator: AsyncIterator<Uint8Array>; letGo: () => unknown } {
  if ('getReader' in input && typeof input.getReader === 'function') {
    if (input.locked) throw argumentError('input', 'a stream that nobody else reads', 'a locked one');
    const reader = input.getReader();
    const next = async (): Promise<IteratorResult<Uint8Array, undefined>> => {
      const { value, done } = await reader.read();
      return done ? { value: undefined, done } : { value, done: false };
    };
    return { iterator: { next }, letGo: () => reader.cancel() };
  }
  const iterator = (input as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
  if ('destroy' in input && typeof input.destroy === 'function') {
    const stream = input as { destroy(): unknown };
    return { iterator, letGo: () => stream.destroy() };
  }
  return { iterator, letGo: () => iterator.return?.() };
}
