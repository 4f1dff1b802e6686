// Memory of an NVIDIA device, through a process of its own that is started once something is to be kept there.
import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { packedModule } from '../../base/index.js';
import { createSharedRegion, type SharedRegion } from '../../os/index.js';
import { exitOf, holdChild, startNode } from '../../workers/index.js';
import { inTime } from '../in-time.js';
import { WINDOW, type FromKeeper, type KeeperSetup, type ToKeeper } from './keeper-protocol.js';
import type { DeviceStore } from './store.js';

const MAIN = new URL('./keeper-main.js', import.meta.url).href;
/** Milliseconds: a driver that starts loads modules of its kernel. */
const LONGEST_START = 20_000;
/** Milliseconds of any other call. */
const LONGEST_CALL = 4000;
/** Milliseconds in which the process ends by itself. */
const LONGEST_END = 1000;

interface Waiting {
  readonly resolve: (answer: FromKeeper) => void;
  readonly reject: (error: Error) => void;
}

/** Memory of the first NVIDIA device; addresses are its handles. Bytes go by a window of shared memory: one call at a time. */
export class CudaStore implements DeviceStore<bigint> {
  readonly #driver: string | undefined;
  readonly #waiting: Waiting[] = [];
  #child: ChildProcess | undefined;
  #window: SharedRegion | undefined;
  #gone: Promise<unknown> = Promise.resolve();
  /** Why nothing can be asked any more. */
  #over: Error | undefined;

  /** @param driver - the path of the driver's library; undefined for the system's */
  constructor(driver?: string) {
    this.#driver = driver;
  }

  get failure(): string | undefined {
    return this.#over?.message;
  }

  async open(): Promise<number> {
    this.#start();
    const { total } = expectAnswer(await this.#ask({ ask: 'sizes' }, LONGEST_START), 'total');
    return total;
  }

  async freeBytes(): Promise<number> {
    return expectAnswer(await this.#ask({ ask: 'sizes' }), 'free').free;
  }

  async reserve(bytes: number): Promise<bigint | undefined> {
    return expectAnswer(await this.#ask({ ask: 'reserve', bytes }), 'address').address;
  }

  async upload(address: bigint, bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.byteLength; at += WINDOW) {
      const part = bytes.subarray(at, at + WINDOW);
      this.#shared(part.byteLength).set(part);
      const question = { ask: 'upload', address: address + BigInt(at), length: part.byteLength } as const;
      expectAnswer(await this.#ask(question), 'done');
    }
  }

  async download(address: bigint, length: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length; at += WINDOW) {
      const part = Math.min(WINDOW, length - at);
      const question = { ask: 'download', address: address + BigInt(at), length: part } as const;
      expectAnswer(await this.#ask(question), 'done');
      bytes.set(this.#shared(part), at);
    }
    return bytes;
  }

  free(address: bigint): void {
    // Where the process is gone, so is its memory.
    this.#ask({ ask: 'free', address }).catch(() => undefined);
  }

  async close(): Promise<void> {
    const child = this.#child;
    this.#end(new Error('The store of the device was closed.'));
    if (child === undefined) return;
    holdChild(child, true);
    if (child.connected) child.disconnect();
    await inTime(this.#gone, LONGEST_END).catch(() => child.kill('SIGKILL'));
    await this.#gone;
    this.#window?.close();
  }

  #shared(length: number): Uint8Array {
    if (this.#window === undefined) throw new Error('The device was not opened.');
    return this.#window.view(0, length);
  }

  #start(): void {
    const setup: KeeperSetup = { parent: process.pid, driver: this.#driver };
    const window = createSharedRegion(WINDOW, 'memfd');
    this.#window = window;
    const child = startNode({ main: fileURLToPath(packedModule(MAIN)), setup, channels: ['ipc', window.fd] });
    this.#child = child;
    holdChild(child, false);
    child.on('message', (message) => {
      this.#waiting.shift()?.resolve(message as FromKeeper);
      if (this.#waiting.length === 0) holdChild(child, false);
    });
    this.#gone = exitOf(child).then(({ code, signal, stderr }) => {
      const how = signal ?? `code ${String(code)}`;
      this.#end(new Error(`The process that kept the memory of the device ended (${how}). ${stderr}`.trim()));
    });
  }

  async #ask(question: ToKeeper, patience = LONGEST_CALL): Promise<FromKeeper> {
    const child = this.#child;
    if (this.#over !== undefined) throw this.#over;
    if (child === undefined) throw new Error('The device was not opened.');
    const answer = new Promise<FromKeeper>((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      holdChild(child, true);
      child.send(question, (error) => {
        if (error !== null) this.#end(error);
      });
    });
    try {
      return await inTime(answer, patience);
    } catch (error) {
      // A driver that hangs is not asked again: its answers would be taken for others.
      this.#end(error instanceof Error ? error : new Error(String(error)));
      child.kill('SIGKILL');
      throw error;
    }
  }

  #end(reason: Error): void {
    this.#over ??= reason;
    for (const { reject } of this.#waiting.splice(0)) reject(this.#over);
  }
}

/** The answer of a kind; throws what the driver said instead. */
function expectAnswer<Key extends string>(answer: FromKeeper, key: Key): Extract<FromKeeper, Record<Key, unknown>> {
  if ('failed' in answer) throw Object.assign(new Error(answer.failed), { code: answer.code });
  if (has(answer, key)) return answer;
  throw new Error('The process that keeps the memory of the device gave another answer than it was asked for.');
}

function has<Key extends string>(answer: FromKeeper, key: Key): answer is Extract<FromKeeper, Record<Key, unknown>> {
  return key in answer;
}
