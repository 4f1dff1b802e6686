// Waits until a stream takes more, or never will.
import type { Writable } from 'node:stream';

/** Resolves when more can be written, or the stream has closed. */
export function drained(stream: Writable): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      stream.off('drain', done);
      stream.off('close', done);
      resolve();
    };
    stream.on('drain', done);
    stream.on('close', done);
  });
}
