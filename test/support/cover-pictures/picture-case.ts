// One row of the conformance table of pictures: a clip, and what its cover must be.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CoverOptions } from '#dist/index.js';
import { ffmpeg } from '../ffmpeg.js';
import { makeClip, type Color, type PatchClip, type Turn } from './patches.js';

/** A row. */
export interface PictureCase {
  /** What the row is about; the file says in what. */
  readonly what: string;
  readonly file: string;
  /** Makes the clip in a folder; gives its path. */
  readonly make: (folder: string) => Promise<string>;
  /** @defaultValue 160x96 */
  readonly size?: readonly [number, number];
  /** @defaultValue PATCHES */
  readonly colors?: readonly Color[];
  readonly turn?: Turn;
  /** How far a colour may be off in any of its parts. @defaultValue 3 */
  readonly within?: number;
  readonly toneMapped?: 'pq' | 'hlg';
  readonly options?: CoverOptions;
}

/** Encoders that keep flat patches as they are, all but lossless. */
export const X264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-crf', '2', '-g', '2'];
/** The same for HEVC. */
export const x265 = (more = ''): string[] => [
  ...['-c:v', 'libx265', '-preset', 'ultrafast', '-tag:v', 'hvc1'],
  ...['-x265-params', `log-level=none:crf=1${more}`],
];

/** The filter that makes YUV of the deep RGB of patches. */
export function toYuv(matrix: string, range: 'tv' | 'pc', format: string): string {
  return `scale=out_color_matrix=${matrix}:out_range=${range},format=${format}`;
}

/** Tags as they are stored. */
export function tags(colorspace: string, range: 'tv' | 'pc' = 'tv', more: readonly string[] = []): string[] {
  return ['-colorspace', colorspace, '-color_range', range, ...more];
}

/** A row whose clip is the patches. */
export function patchCase(what: string, clip: PatchClip, expected: Partial<PictureCase> = {}): PictureCase {
  const { size, file } = clip;
  return { what, file, make: (folder) => makeClip(folder, clip), ...(size === undefined ? {} : { size }), ...expected };
}

/** A row whose clip is another one, changed. */
export function changedCase(
  what: string,
  from: PatchClip,
  [file, change]: readonly [string, (bytes: Buffer) => Buffer],
  expected: Partial<PictureCase> = {},
): PictureCase {
  const make = async (folder: string): Promise<string> => {
    const path = join(folder, file);
    await writeFile(path, change(await readFile(await makeClip(folder, from))));
    return path;
  };
  return { what, file, make, ...expected };
}

/** A row whose clip ffmpeg makes of another one. @param args - `{in}` stands for its path */
export function remuxedCase(
  what: string,
  from: PatchClip,
  [file, args]: readonly [string, readonly string[]],
  expected: Partial<PictureCase> = {},
): PictureCase {
  const make = async (folder: string): Promise<string> => {
    const [input, output] = [await makeClip(folder, from), join(folder, file)];
    await ffmpeg('-y', ...args.map((arg) => arg.replace('{in}', input)), output);
    return output;
  };
  return { what, file, make, ...expected };
}
