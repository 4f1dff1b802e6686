// Every way that frames can take, and an engine for the tests of one block.
import { afterAll } from 'vitest';
import { Engine, type PoolOptions } from '#dist/index.js';

/** A way of frames from a worker to its parent. */
export interface Way {
  readonly name: string;
  readonly options: PoolOptions;
}

/** All of them; `toString` names them in the titles of tests. */
export const WAYS: readonly Way[] = [
  { name: 'process, memfd', options: { backend: 'process', transport: 'memfd' } },
  { name: 'process, shm', options: { backend: 'process', transport: 'shm' } },
  { name: 'process, copy', options: { backend: 'process', transport: 'copy' } },
  { name: 'thread', options: { backend: 'thread' } },
  { name: 'inline', options: { backend: 'inline' } },
  { name: 'spawn', options: { backend: 'spawn' } },
];

/** An engine that closes after the tests of the current block. */
export function sharedEngine(options: PoolOptions = {}): Engine {
  const engine = new Engine({ workers: 2, ...options });
  afterAll(() => engine.close());
  return engine;
}

/** Whether a process is still there. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
