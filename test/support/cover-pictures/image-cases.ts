// Images as inputs, and pictures beside sound and video.
import { patchCase, remuxedCase, tags, toYuv, X264, type PictureCase } from './picture-case.js';
import type { PatchClip } from './patches.js';

const PALETTE = 'format=rgb24,split[a][b];[a]palettegen[p];[b][p]paletteuse';
const JPEG: PatchClip = {
  file: 'a.jpg',
  frames: 1,
  filters: toYuv('bt601', 'pc', 'yuvj420p'),
  args: ['-c:v', 'mjpeg', '-q:v', '1'],
};
const PNG: PatchClip = { file: 'a.png', frames: 1, args: ['-pix_fmt', 'rgb24'] };
const SOUND = ['-f', 'lavfi', '-i', 'sine=duration=1', '-i', '{in}', '-map', '0', '-map', '1', '-c:v', 'copy'];
const ART = ['-disposition:v:0', 'attached_pic'];

/** Single pictures, and animations by their first one. */
export const images: readonly PictureCase[] = [
  patchCase('JPEG', JPEG),
  patchCase(
    'JPEG, gray',
    { file: 'gray.jpg', frames: 1, filters: toYuv('bt601', 'pc', 'gray'), args: ['-c:v', 'mjpeg', '-q:v', '1'] },
    { colors: [255, 88, 124, 73, 128, 191, 20, 0].map((gray) => [gray, gray, gray]) },
  ),
  patchCase('PNG', PNG),
  patchCase('PNG, 16 bits', { file: 'deep.png', frames: 1, args: ['-pix_fmt', 'rgb48be'] }),
  patchCase('PNG with a palette', { file: 'palette.png', frames: 1, filters: PALETTE, args: ['-pix_fmt', 'pal8'] }),
  patchCase(
    'WebP, lossy',
    { file: 'lossy.webp', frames: 1, args: ['-c:v', 'libwebp', '-quality', '100'] },
    { within: 4 },
  ),
  patchCase('WebP, lossless', { file: 'lossless.webp', frames: 1, args: ['-c:v', 'libwebp', '-lossless', '1'] }),
  patchCase('GIF', { file: 'a.gif', filters: PALETTE }),
  patchCase('BMP', { file: 'a.bmp', frames: 1, args: ['-pix_fmt', 'bgr24'] }),
  patchCase('APNG', { file: 'a.apng', args: ['-f', 'apng', '-pix_fmt', 'rgb24'] }),
  patchCase('Motion JPEG', {
    file: 'motion.avi',
    filters: toYuv('bt601', 'pc', 'yuvj422p'),
    args: ['-c:v', 'mjpeg', '-q:v', '1'],
  }),
  remuxedCase('beside sound', JPEG, ['art.mp3', [...SOUND, '-c:a', 'libmp3lame', '-id3v2_version', '3']]),
  remuxedCase('beside sound', JPEG, ['art.m4a', [...SOUND, '-c:a', 'aac', ...ART]]),
  remuxedCase('beside sound', PNG, ['art.flac', [...SOUND, '-c:a', 'flac', ...ART]]),
  remuxedCase('attached to sound', JPEG, [
    'art.mka',
    [
      ...['-f', 'lavfi', '-i', 'sine=duration=1', '-c:a', 'aac', '-attach', '{in}'],
      ...['-metadata:s:t', 'mimetype=image/jpeg', '-metadata:s:t', 'filename=cover.jpg'],
    ],
  ]),
  remuxedCase(
    'attached to a video, which goes first',
    { ...JPEG, file: 'red.jpg', colors: Array.from({ length: 8 }, () => [255, 0, 0] as const), size: [320, 192] },
    [
      'art.mkv',
      [
        ...['-f', 'lavfi', '-i', 'color=blue:size=160x96:rate=5:duration=1', ...X264, '-pix_fmt', 'yuv420p'],
        ...['-attach', '{in}', '-metadata:s:t', 'mimetype=image/jpeg', '-metadata:s:t', 'filename=cover.jpg'],
        ...tags('smpte170m'),
      ],
    ],
    { colors: Array.from({ length: 8 }, () => [0, 0, 255] as const), within: 4 },
  ),
];
