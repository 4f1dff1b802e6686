// The ffmpeg and ffprobe commands of this machine: looked for on the PATH once, and asked for their version.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { firstLine, FramerailError, messageOf } from '../base/index.js';

/** The commands that were found. */
export interface CommandBuild {
  /** The version as ffmpeg says it, such as "5.1.9-0+deb12u1". */
  readonly version: string;
  /** The version as a number that can be compared, such as 5.1; infinite for a build between releases. */
  readonly release: number;
}

const PATIENCE = 10_000;
const known = new Map<string, Promise<CommandBuild>>();

/** Finds both commands; throws FR_ENGINE_LOAD where one is missing or does not run. */
export function findCommands(): Promise<CommandBuild> {
  const path = process.env['PATH'] ?? '';
  let found = known.get(path);
  if (found === undefined) {
    found = ask();
    known.set(path, found);
    // What is missing now may be installed later.
    found.catch(() => known.delete(path));
  }
  return found;
}

async function ask(): Promise<CommandBuild> {
  const [ffmpeg] = await Promise.all([versionOf('ffmpeg'), versionOf('ffprobe')]);
  const release = /^n?(\d+\.\d+)/.exec(ffmpeg)?.[1];
  return { version: ffmpeg, release: release === undefined ? Number.POSITIVE_INFINITY : Number(release) };
}

async function versionOf(command: string): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(command, ['-version'], { timeout: PATIENCE, env: quietEnvironment() });
    return /version (\S+)/.exec(stdout)?.[1] ?? 'unknown';
  } catch (cause) {
    const reason = firstLine(messageOf(cause));
    throw new FramerailError(
      'FR_ENGINE_LOAD',
      `The command ${command} could not be run (${reason}); install FFmpeg and put it on the PATH.`,
      { details: { command }, cause },
    );
  }
}

/** Variables that would change what the commands print, or where they read from. */
const STRIPPED = /^(FFREPORT|AV_LOG_FORCE_\w+|https?_proxy|all_proxy)$/i;

/** The environment of every command that is started. */
export function quietEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !STRIPPED.test(name));
  return { ...Object.fromEntries(kept), AV_LOG_FORCE_NOCOLOR: '1' };
}
