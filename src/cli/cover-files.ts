// Where `framerail cover` puts images: what kind of file a name asks for, a name for each image, and all of them at once.
import { extname } from 'node:path';
import { argumentError, checkOneOf, publishFiles } from '../base/index.js';
import type { ImageFormat, SetImage } from '../covers/index.js';

const FORMATS = ['jpeg', 'webp', 'avif', 'png'] as const satisfies readonly ImageFormat[];
const ENDINGS = new Map<string, ImageFormat>([
  ['.jpg', 'jpeg'],
  ...FORMATS.map((format) => [`.${format}`, format] as const),
]);

/** What a command asks for by `--out` and `--format`. */
export interface CoverOutput {
  /** A path with placeholders, or `-` for standard output. */
  readonly out: string;
  readonly format: ImageFormat;
}

/**
 * Reads `--out` and `--format`, before anything is made.
 * @param counts - how many pictures and sizes there will be
 */
export function coverOutput(
  out: string,
  format: string | undefined,
  counts: { readonly shots: number; readonly sizes: number },
): CoverOutput {
  const named = format === undefined ? undefined : checkOneOf('--format', format, FORMATS);
  const several = counts.shots * counts.sizes > 1;
  if (out === '-') {
    if (several) throw argumentError('--out', 'a name for several images', out);
    return { out, format: named ?? 'jpeg' };
  }
  const ending = ENDINGS.get(extname(out).toLowerCase());
  if (ending === undefined)
    throw argumentError('--out', `a name that ends in ${[...ENDINGS.keys()].join(', ')}, or -`, out);
  if (named !== undefined && named !== ending) throw argumentError('--format', `what --out says, ${ending}`, format);
  if (counts.sizes > 1 && !/\{[wh]\}/.test(out))
    throw argumentError('--out', `a name with {w}x{h} in it for ${String(counts.sizes)} sizes`, out);
  if (counts.shots > 1 && !out.includes('{n}'))
    throw argumentError('--out', `a name with {n} in it for ${String(counts.shots)} times`, out);
  return { out, format: ending };
}

/** The name of an image: its size and the number of its picture, from 1, in the places of `{w}`, `{h}` and `{n}`. */
export function coverName(out: string, { width, height, shot }: Pick<SetImage, 'width' | 'height' | 'shot'>): string {
  const facts: Readonly<Record<string, number>> = { w: width, h: height, n: shot + 1 };
  return out.replace(/\{([whn])\}/g, (_, key: string) => String(facts[key]));
}

/** Publishes all images, once all names are known to differ; returns the names. */
export async function publishCovers(out: string, images: readonly SetImage[]): Promise<string[]> {
  const names = images.map((image) => coverName(out, image));
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw argumentError('--out', 'a name that differs for each image', twice);
  await publishFiles(images.map(({ data }, i) => ({ path: names[i] ?? out, data })));
  return names;
}
