// What the files of a recording are called.
import { basename, dirname, extname, join } from 'node:path';
import { stat } from 'node:fs/promises';

/** The file while it grows: readable by its ending, in order by its time, and never in the way of another one. */
export function partName(target: string, ending: 'flv' | 'ts', began: Date): string {
  return join(dirname(target), `${stemOf(target)}.${utc(began, true)}.part.${ending}`);
}

/** One file of a recording that is cut by time. */
export async function timedName(target: string, began: Date): Promise<string> {
  const name = join(dirname(target), `${stemOf(target)}-${utc(began, false)}`);
  return free((count) => `${name}${count === 0 ? '' : `-${String(count + 1)}`}${extname(target)}`);
}

/** One file of a recording that had to begin anew; the first one has the name itself. */
export function countedName(target: string, count: number): string {
  return count === 0 ? target : join(dirname(target), `${stemOf(target)}.${String(count)}${extname(target)}`);
}

/** The place of a recording that stays FLV. */
export async function keptName(target: string): Promise<string> {
  const name = join(dirname(target), stemOf(target));
  return free((count) => `${name}${count === 0 ? '' : `.${String(count)}`}.flv`);
}

function stemOf(target: string): string {
  return basename(target, extname(target));
}

/** Such as 20261120T174500Z, as ISO 8601 has it without what file systems do not like. */
function utc(date: Date, milliseconds: boolean): string {
  const text = date.toISOString().replaceAll(/[-:.]/g, '');
  return milliseconds ? text : text.replace(/\d{3}Z$/, 'Z');
}

async function free(name: (count: number) => string): Promise<string> {
  for (let count = 0; ; count++) {
    const path = name(count);
    const there = await stat(path).then(
      () => true,
      () => false,
    );
    if (!there) return path;
  }
}
