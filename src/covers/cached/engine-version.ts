// Which versions make covers here: another one may make others, so that what is kept belongs to one of them.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { findCommands } from '../../spawned/index.js';
import type { Backend } from '../../workers/index.js';

const require = createRequire(import.meta.url);

/** Packages whose versions decide about pixels and files: node-av brings FFmpeg along, sharp its encoders. */
const PACKAGES = ['node-av', 'sharp'];

let packages: string | undefined;

/**
 * The versions that a backend makes covers with. Native code is not loaded for it: the version of its package is that of
 * the FFmpeg inside. Undefined where the commands of the machine cannot be asked.
 */
export async function engineVersion(backend: Backend): Promise<string | undefined> {
  packages ??= [own(), ...PACKAGES.map((name) => `${name} ${versionOf(name)}`)].join(', ');
  if (backend !== 'spawn') return `${packages}, native`;
  try {
    return `${packages}, ffmpeg ${(await findCommands()).version}`;
  } catch {
    return undefined;
  }
}

function own(): string {
  return `framerail ${readVersion(new URL('../../../package.json', import.meta.url))}`;
}

function versionOf(name: string): string {
  for (const folder of require.resolve.paths(name) ?? []) {
    const version = readVersion(join(folder, name, 'package.json'));
    if (version !== 'none') return version;
  }
  return 'none';
}

function readVersion(path: string | URL): string {
  try {
    const { version } = JSON.parse(readFileSync(path, 'utf8')) as { readonly version?: unknown };
    return typeof version === 'string' ? version : 'none';
  } catch {
    return 'none';
  }
}
