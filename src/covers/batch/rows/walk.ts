// Videos below a folder, sorted, those that match a pattern or all; links are not followed out of it.
import type { Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';

/** What videos end in. */
const ENDINGS = new Set(
  '3g2 3gp asf avi f4v flv m2ts m2v m4v mkv mov mp4 mpeg mpg mts mxf ogm ogv rm rmvb ts vob webm wmv'.split(' '),
);

/** A video that was found. */
export interface FoundVideo {
  readonly path: string;
  /** Relative to the folder, with forward slashes. */
  readonly name: string;
}

/** A folder that could not be read. */
export interface UnreadFolder {
  readonly path: string;
  readonly trouble: unknown;
}

/** Whether a name is that of a video. */
export function isVideoName(name: string): boolean {
  return ENDINGS.has(name.slice(name.lastIndexOf('.') + 1).toLowerCase());
}

/**
 * Goes through a folder. It holds the names of one folder at each depth, and no more. What begins with a dot is passed over.
 * @param wanted - whether a name, relative to the folder, is
 */
export async function* walk(
  folder: string,
  wanted: (name: string) => boolean,
): AsyncGenerator<FoundVideo | UnreadFolder, void, undefined> {
  const root = await realpath(folder);
  yield* within(root, folder, '', wanted);
}

async function* within(
  root: string,
  folder: string,
  below: string,
  wanted: (name: string) => boolean,
): AsyncGenerator<FoundVideo | UnreadFolder, void, undefined> {
  let entries: Dirent[];
  try {
    entries = await readdir(folder, { withFileTypes: true });
  } catch (trouble) {
    yield { path: folder, trouble };
    return;
  }
  entries.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  for (const entry of entries) {
    if (entry.name.startsWith('.')) continue;
    const [path, name] = [join(folder, entry.name), below === '' ? entry.name : `${below}/${entry.name}`];
    if (entry.isDirectory()) yield* within(root, path, name, wanted);
    else if (wanted(name) && (entry.isFile() || (entry.isSymbolicLink() && (await leadsTo(root, path)))))
      yield { path, name };
  }
}

/** Whether a link leads to a file within the folder; links to folders could lead in circles. */
async function leadsTo(root: string, link: string): Promise<boolean> {
  try {
    const path = await realpath(link);
    return path.startsWith(root + sep) && (await stat(path)).isFile();
  } catch {
    return false;
  }
}
