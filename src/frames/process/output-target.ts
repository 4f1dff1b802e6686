// Where a job puts the bytes of its output: a file under a temporary name, or messages to the parent.
import { closeSync, openSync, writeSync } from 'node:fs';
import type { ByteTarget } from '../../av/index.js';
import { outputError } from '../../base/index.js';
import type { JobContext } from '../../workers/index.js';
import type { OutputSpec } from './process-params.js';

/** Bytes that may be on their way to the parent before a job waits. */
export const MAX_UNWRITTEN = 4 * 1024 * 1024;

/** An opened target. */
export interface OpenTarget extends ByteTarget {
  /** Lets go of it; everything was written. */
  close(): void;
}

/** Opens the target that a job was told. */
export function openTarget(output: OutputSpec, context: JobContext): OpenTarget {
  return output.kind === 'file' ? fileTarget(output.name, output.path) : streamTarget(output.name, context);
}

function fileTarget(name: string, path: string): OpenTarget {
  let file: number;
  try {
    // Its parent made it: when that has removed it again, nobody wants the output any more.
    file = openSync(path, 'r+');
  } catch (cause) {
    throw outputError(name, cause);
  }
  return {
    name,
    seekable: true,
    write: (bytes, position) => {
      try {
        // A full disk may take a part: the next write then says why.
        for (let done = 0; done < bytes.byteLength;)
          done += writeSync(file, bytes, done, bytes.byteLength - done, position + done);
      } catch (cause) {
        throw outputError(name, cause);
      }
    },
    close: () => {
      closeSync(file);
    },
  };
}

function streamTarget(name: string, context: JobContext): OpenTarget {
  return {
    name,
    seekable: false,
    write: (bytes) => {
      context.write(bytes);
    },
    close: () => undefined,
  };
}
