// Transparency: patches over a background.
import { PATCHES, type Color, type PatchClip } from './patches.js';
import { patchCase, tags, toYuv, type PictureCase } from './picture-case.js';

const BACKGROUND: Color = [200, 100, 50];
const ALPHAS = [1, 1, 0.5, 0.5, 0, 0, 1, 0.5];
const FAST = ['-deadline', 'realtime', '-cpu-used', '8', '-b:v', '3M', '-auto-alt-ref', '0'];
const PALETTE = 'format=rgba,split[a][b];[a]palettegen=reserve_transparent=1[p];[b][p]paletteuse';

function over(alphas: readonly number[]): Color[] {
  return PATCHES.map((color, patch) => {
    const alpha = alphas[patch]!;
    return color.map((part, channel) => part * alpha + BACKGROUND[channel]! * (1 - alpha)) as unknown as Color;
  });
}

function alphaCase(what: string, clip: PatchClip, colors = over(ALPHAS)): PictureCase {
  return patchCase(what, { alphas: ALPHAS, ...clip }, { colors, within: 4, options: { background: BACKGROUND } });
}

/** Pictures that show what is behind them. */
export const alphas: readonly PictureCase[] = [
  alphaCase('VP9', {
    file: 'alpha-vp9.webm',
    filters: toYuv('bt709', 'tv', 'yuva420p'),
    args: ['-c:v', 'libvpx-vp9', ...FAST, ...tags('bt709')],
  }),
  alphaCase('VP8', {
    file: 'alpha-vp8.webm',
    filters: toYuv('bt601', 'tv', 'yuva420p'),
    args: ['-c:v', 'libvpx', ...FAST],
  }),
  alphaCase('ProRes 4444', {
    file: 'alpha.mov',
    filters: toYuv('bt601', 'tv', 'yuva444p10le'),
    args: ['-c:v', 'prores_ks', '-profile:v', '4444'],
  }),
  alphaCase('QuickTime Animation', { file: 'animation.mov', args: ['-c:v', 'qtrle', '-pix_fmt', 'argb'] }),
  alphaCase('FFV1, yuva420p', {
    file: 'alpha-yuva.mkv',
    filters: toYuv('bt709', 'tv', 'yuva420p'),
    args: ['-c:v', 'ffv1', ...tags('bt709')],
  }),
  alphaCase('FFV1, gbrap', { file: 'alpha-gbrap.mkv', filters: 'format=gbrap', args: ['-c:v', 'ffv1'] }),
  alphaCase('PNG, 8 bits', { file: 'alpha.png', frames: 1, args: ['-pix_fmt', 'rgba'] }),
  alphaCase('PNG, 16 bits', { file: 'alpha16.png', frames: 1, args: ['-pix_fmt', 'rgba64be'] }),
  alphaCase('APNG', { file: 'alpha.apng', args: ['-f', 'apng', '-pix_fmt', 'rgba'] }),
  alphaCase('WebP, lossless', {
    file: 'alpha.webp',
    frames: 1,
    args: ['-c:v', 'libwebp', '-lossless', '1', '-pix_fmt', 'bgra'],
  }),
  alphaCase('WebP, lossy', {
    file: 'alpha-lossy.webp',
    frames: 1,
    args: ['-c:v', 'libwebp', '-quality', '100', '-pix_fmt', 'yuva420p'],
  }),
  // A palette has whole steps alone: what is at least half there is all there.
  alphaCase('GIF', { file: 'alpha.gif', filters: PALETTE }, over(ALPHAS.map((alpha) => (alpha < 0.5 ? 0 : 1)))),
  alphaCase(
    'PNG with a palette',
    { file: 'alpha-palette.png', frames: 1, filters: PALETTE, args: ['-pix_fmt', 'pal8'] },
    over(ALPHAS.map((alpha) => (alpha < 0.5 ? 0 : 1))),
  ),
];
