// What a recording is written as, by the ending of its name.
import { extname } from 'node:path';
import { argumentError } from '../../base/index.js';
import type { RemuxParams } from './remux-params.js';

/** How a recording lies on the disk while it grows, and what becomes of it at its end. */
export interface RecordFormat {
  readonly written: 'flv' | 'ts';
  /** The container that is made of it at its end; undefined where it stays as it was written. */
  readonly container: RemuxParams['container'] | undefined;
}

const FORMATS: Readonly<Record<string, RecordFormat>> = {
  '.flv': { written: 'flv', container: undefined },
  '.ts': { written: 'ts', container: undefined },
  '.mp4': { written: 'flv', container: 'mp4' },
  '.m4v': { written: 'flv', container: 'ipod' },
  '.mov': { written: 'flv', container: 'mov' },
};

/** The format of a recording; throws FR_ARG_INVALID for an ending that means none. */
export function recordFormat(path: unknown): RecordFormat {
  const format = typeof path === 'string' ? FORMATS[extname(path).toLowerCase()] : undefined;
  if (format === undefined) throw argumentError('record', 'a file that ends with .flv, .ts, .mp4, .m4v or .mov', path);
  return format;
}
