// What the files of a recording are called. A name that is taken is somebody's: the next one is tried.
import { link, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { systemCode } from '../../base/index.js';

/** Names in the order in which they are tried, without an end. */
export type Names = Generator<string, never, undefined>;

/** Characters of letters and digits. */
const UNIQUE = 6;

/** The file while it grows: readable by its ending, in order by its time, and never in the way of another one. */
export function partName(target: string, ending: 'flv' | 'ts', began: Date): string {
  // Two relays may record to one name, and begin in the same millisecond.
  const unique = Math.floor(Math.random() * 36 ** UNIQUE)
    .toString(36)
    .padStart(UNIQUE, '0');
  return join(dirname(target), `${stemOf(target)}.${utc(began, true)}-${unique}.part.${ending}`);
}

/** One file of a recording that is cut by time. */
export function* timedNames(target: string, began: Date): Names {
  const name = join(dirname(target), `${stemOf(target)}-${utc(began, false)}`);
  for (let count = 1; ; count++) yield `${name}${count === 1 ? '' : `-${String(count)}`}${extname(target)}`;
}

/** Files of a recording that had to begin anew, or that was there before; the first one has the name itself. */
export function* countedNames(target: string): Names {
  yield target;
  for (let count = 1; ; count++) yield join(dirname(target), `${stemOf(target)}.${String(count)}${extname(target)}`);
}

/** The same for what stays FLV. */
export function* flvNames(names: Names): Names {
  for (;;) {
    const name = names.next().value;
    yield join(dirname(name), `${stemOf(name)}.flv`);
  }
}

/** Gives a file the first of the names that is free, whoever else wants it at the same time. */
export async function claim(path: string, names: Names): Promise<string> {
  for (;;) {
    const name = names.next().value;
    if (await moved(path, name)) return name;
  }
}

/** Moves a file to a name; false where something is there. A rename would replace it. */
async function moved(path: string, name: string): Promise<boolean> {
  try {
    await link(path, name);
  } catch (error) {
    return systemCode(error) !== 'EEXIST' && (await movedWithoutLink(path, name));
  }
  // It has its name: what is left of the other one harms nobody.
  await rm(path, { force: true }).catch(() => undefined);
  return true;
}

/** Where a disk has no links, as sticks and shares have none: an empty file holds the name until it is replaced. */
async function movedWithoutLink(path: string, name: string): Promise<boolean> {
  try {
    await (await open(name, 'wx')).close();
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    throw error;
  }
  try {
    await rename(path, name);
  } catch (error) {
    await rm(name, { force: true }).catch(() => undefined);
    throw error;
  }
  return true;
}

function stemOf(target: string): string {
  return basename(target, extname(target));
}

/** Such as 20261120T174500Z, as ISO 8601 has it without what file systems do not like. */
function utc(date: Date, milliseconds: boolean): string {
  const text = date.toISOString().replaceAll(/[-:.]/g, '');
  return milliseconds ? text : text.replace(/\d{3}Z$/, 'Z');
}
