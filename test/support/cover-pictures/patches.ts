// Pictures of eight patches of known colour: what is made of them, in whatever container, must show these colours.
import { join } from 'node:path';
import { feedFfmpeg } from '../ffmpeg.js';
import { onceEach } from '../once.js';

/** Red, green and blue, 0 to 255; what lies between is kept. */
export type Color = readonly [number, number, number];

/** Four patches above four others. No two are alike, so they also tell how a picture is turned. */
export const PATCHES: readonly Color[] = [
  [255, 255, 255],
  [200, 40, 40],
  [40, 180, 60],
  [50, 60, 200],
  [128, 128, 128],
  [230, 200, 40],
  [20, 20, 20],
  [0, 0, 0],
];

/** How a clip of patches is made. */
export interface PatchClip {
  readonly file: string;
  /** @defaultValue 160x96 */
  readonly size?: readonly [number, number];
  /** What is stored: colours of 0 to 255, sRGB or another signal. @defaultValue PATCHES */
  readonly colors?: readonly Color[];
  /** Opacity of each patch, 0 to 1. @defaultValue opaque */
  readonly alphas?: readonly number[];
  readonly frames?: number;
  /** FFmpeg's filters for the deep RGB of the patches. */
  readonly filters?: string;
  /** Arguments of the encoder and the container. */
  readonly args?: readonly string[];
}

/** Clips that were made, by what they are made of. */
/** Makes a clip, once for all who ask; gives its path. */
export const makeClip: (folder: string, clip: PatchClip) => Promise<string> = onceEach(make);

async function make(folder: string, clip: PatchClip): Promise<string> {
  const { size = [160, 96], frames = 2, filters = 'null', args = [] } = clip;
  const path = join(folder, clip.file);
  const format = clip.alphas === undefined ? 'rgb48le' : 'rgba64le';
  const picture = deepPixels(clip);
  await feedFfmpeg(Buffer.concat(Array.from({ length: frames }, () => picture)), [
    ...['-y', '-f', 'rawvideo', '-pix_fmt', format, '-s', size.join('x'), '-r', '5', '-i', '-'],
    ...['-vf', filters, ...args, path],
  ]);
  return path;
}

/** The patches as rgb48le, or as rgba64le where some are transparent. */
function deepPixels({ size = [160, 96], colors = PATCHES, alphas }: PatchClip): Buffer {
  const [width, height] = size;
  const channels = alphas === undefined ? 3 : 4;
  const pixels = Buffer.alloc(2 * channels * width * height);
  for (let y = 0, at = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const patch = Math.floor((4 * x) / width) + 4 * Math.floor((2 * y) / height);
      for (const part of colors[patch]!) at = pixels.writeUInt16LE(deep(part / 255), at);
      if (alphas !== undefined) at = pixels.writeUInt16LE(deep(alphas[patch]!), at);
    }
  return pixels;
}

function deep(value: number): number {
  return Math.round(65_535 * Math.min(1, Math.max(0, value)));
}

/** How a picture is turned: first mirrored, then clockwise. */
export interface Turn {
  readonly turn: 0 | 90 | 180 | 270;
  readonly mirror: boolean;
}

/** The mean colour of each patch in an rgb24 picture that shows them turned. */
export function patchColors(pixels: Uint8Array, [width, height]: readonly [number, number], turn: Turn): Color[] {
  return PATCHES.map((_, patch) => {
    const [u, v] = turned([((patch % 4) + 0.5) / 4, (Math.floor(patch / 4) + 0.5) / 2], turn);
    return meanAround(pixels, width, Math.floor(u * width), Math.floor(v * height));
  });
}

function turned([u, v]: readonly [number, number], { turn, mirror }: Turn): readonly [number, number] {
  const x = mirror ? 1 - u : u;
  return ({ 0: [x, v], 90: [1 - v, x], 180: [1 - x, 1 - v], 270: [v, 1 - x] } as const)[turn];
}

const REACH = 3;

function meanAround(pixels: Uint8Array, width: number, x: number, y: number): Color {
  const sums = [0, 0, 0];
  for (let dy = -REACH; dy <= REACH; dy++)
    for (let dx = -REACH; dx <= REACH; dx++)
      for (const channel of [0, 1, 2]) sums[channel]! += pixels[((y + dy) * width + x + dx) * 3 + channel]!;
  const count = (2 * REACH + 1) ** 2;
  return [sums[0]! / count, sums[1]! / count, sums[2]! / count];
}
