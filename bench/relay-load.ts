// The process that plays a live stream to relays and takes it back from them.
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { killAtExit } from './child.js';

const PROGRAM = fileURLToPath(new URL('./consumers/relay-load.js', import.meta.url));

/** What the stream is like; the meaning of each is in the program. */
export interface LoadOptions {
  readonly gopCache?: boolean;
  readonly audioAlone?: number;
  readonly sample?: number;
  readonly clip?: string;
}

/** What arrived since the last `reset`, of the relays that are looked at. */
export interface Arrived {
  readonly tags: number;
  /** Numbers that were left out. */
  readonly lost: number;
  /** Milliseconds from the write of the origin to the destination, of the last tags. */
  readonly latencies: readonly number[];
  /** Pictures that each who plays was sent, and that each who publishes brought. */
  readonly played: readonly Pictures[];
  readonly published: readonly Pictures[];
}

/** Of one connection. */
export interface Pictures {
  /** The name of its stream. */
  readonly key: string;
  readonly video: number;
}

/** A process with one port: who plays gets the stream, and who publishes is counted. */
export class Load {
  readonly port: number;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.port = port;
  }

  static async open({ gopCache = true, audioAlone = 0, sample = 1, clip }: LoadOptions): Promise<Load> {
    const child = fork(PROGRAM, [JSON.stringify({ gopCache, audioAlone, sample, clip })], {
      serialization: 'advanced',
    });
    killAtExit(child);
    const [{ port }] = (await once(child, 'message')) as [{ port: number }];
    return new Load(child, port);
  }

  reset(): void {
    this.#child.send('reset');
  }

  async arrived(): Promise<Arrived> {
    this.#child.send('tell');
    const [arrived] = (await once(this.#child, 'message')) as [Arrived];
    return arrived;
  }

  async close(): Promise<void> {
    this.#child.kill('SIGKILL');
    await once(this.#child, 'exit');
  }
}
