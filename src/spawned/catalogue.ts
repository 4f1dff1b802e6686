// What the ffmpeg of the PATH can do, by its own lists: encoders, their pixel formats, filters, containers.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { FramerailError } from '../base/index.js';
import type { EncoderCatalogue } from '../spelling/index.js';
import { quietEnvironment } from './build.js';

const PATIENCE = 10_000;
const LIMIT = 4 * 1024 * 1024;
/** Answers by PATH and question: an FFmpeg does not change while a program runs. */
const answers = new Map<string, Promise<string>>();

/** Asks once; `what` is such as `-encoders` or `-h encoder=libx264`. */
function ask(...what: string[]): Promise<string> {
  const key = [process.env['PATH'] ?? '', ...what].join(' ');
  let answer = answers.get(key);
  if (answer === undefined) {
    const options = { timeout: PATIENCE, maxBuffer: LIMIT, env: quietEnvironment() };
    answer = promisify(execFile)('ffmpeg', ['-hide_banner', ...what], options).then(
      ({ stdout }) => stdout,
      (cause: unknown) => {
        answers.delete(key);
        throw new FramerailError('FR_ENGINE_LOAD', `The command ffmpeg does not answer ${what.join(' ')}.`, { cause });
      },
    );
    answers.set(key, answer);
  }
  return answer;
}

function namesIn(text: string, row: RegExp): Set<string> {
  return new Set(text.split('\n').flatMap((line) => row.exec(line)?.[1] ?? []));
}

/** The video encoders, without their formats: those take a question each, see `formatsOfEncoder`. */
export async function videoEncoders(): Promise<EncoderCatalogue> {
  const names = namesIn(await ask('-encoders'), /^ V\S{5} (\w\S*)/);
  return { formatsOf: (name) => (names.has(name) ? [] : undefined), names: () => [...names] };
}

/** Whether there is a sound encoder of a name. */
export async function hasSoundEncoder(name: string): Promise<boolean> {
  return namesIn(await ask('-encoders'), /^ A\S{5} (\w\S*)/).has(name);
}

/** The pixel formats that an encoder takes, its preferred one first; empty where it does not say. */
export async function formatsOfEncoder(name: string): Promise<string[]> {
  const text = await ask('-h', `encoder=${name}`);
  return (
    /Supported pixel formats: (.*)/
      .exec(text)?.[1]
      ?.split(' ')
      .filter((format) => format !== '') ?? []
  );
}

/** The names of all filters. */
export async function filterNames(): Promise<ReadonlySet<string>> {
  return namesIn(await ask('-filters'), /^ [A-Z.]{2,3} (\w+) +\S+->/);
}

/** The video codec that FFmpeg puts into a container by itself; undefined where it takes none. */
export async function usualCodec(muxer: string): Promise<string | undefined> {
  const text = await ask('-h', `muxer=${muxer}`);
  return /Default video codec: (\w+)\./.exec(text)?.[1];
}
