// The code of this package exists twice: as modules, and packed into few files in `dist/packed/`. Node takes longer to find and
// link hundreds of modules than a cover takes, so what starts as a process or a thread of its own starts packed, and who
// imports the package gets it packed.
import { statSync } from 'node:fs';

const DIST = new URL('../', import.meta.url).href;
/** Written with every build of the modules; a published package has none. */
const BUILT = new URL('.tsbuildinfo', DIST);

/**
 * The packed form of a module, or the module itself where there is none, or one that is older than the modules. Code that is
 * loaded beside packed code must be packed too, and other code not: there would be two of every module otherwise.
 * @param url - the address of the module
 */
export function packedModule(url: string): string {
  if (!url.startsWith(DIST)) return url;
  const packed = new URL(`packed/${packedName(url.slice(DIST.length))}`, DIST);
  const time = modified(packed);
  return time === undefined || time < (modified(BUILT) ?? 0) ? url : packed.href;
}

/**
 * The packed form of a module that a process or a thread begins with, if all that it will load is packed too; else the module.
 * @param loads - the addresses of modules that it will load
 */
export function packedProgram(url: string, loads: readonly string[]): string {
  return loads.every((module) => packedModule(module) !== module) ? packedModule(url) : url;
}

/** What a module is called among the packed ones, which lie in one folder. */
function packedName(path: string): string {
  return path.replaceAll('/', '.');
}

function modified(file: URL): number | undefined {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs;
}
