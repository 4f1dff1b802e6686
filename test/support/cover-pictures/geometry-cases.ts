// Geometry: turns and mirrors of every container and camera, pixels that are not square, and what a container cuts off.
import { exifTurns } from './turns.js';
import { jpegWithOrientation, pngWithOrientation } from './exif.js';
import { projection, withVideoElement } from './matroska.js';
import { withMatrix } from './mp4.js';
import type { PatchClip, Turn } from './patches.js';
import { changedCase, patchCase, remuxedCase, tags, toYuv, X264, type PictureCase } from './picture-case.js';

const UPRIGHT: PatchClip = {
  file: 'upright.mp4',
  filters: toYuv('bt709', 'tv', 'yuv420p'),
  args: [...X264, ...tags('bt709')],
};
const [LYING, STANDING] = [[160, 96] as const, [96, 160] as const];

function turnedCase(what: string, file: string, change: (bytes: Buffer) => Buffer, turn: Turn): PictureCase {
  const from = file.endsWith('.mkv') ? PIPED : UPRIGHT;
  return changedCase(what, from, [file, change], { size: turn.turn % 180 === 0 ? LYING : STANDING, turn });
}

/** Written as if to a pipe: its sizes are open, so that elements may grow. */
const PIPED: PatchClip = {
  ...UPRIGHT,
  file: 'upright.mkv',
  args: [...X264, ...tags('bt709'), '-f', 'matroska', '-live', '1', '-write_crc32', '0'],
};
const JPEG: PatchClip = {
  file: 'upright.jpg',
  frames: 1,
  filters: toYuv('bt601', 'pc', 'yuvj444p'),
  args: ['-c:v', 'mjpeg', '-q:v', '1'],
};
const PNG: PatchClip = { file: 'upright.png', frames: 1, args: ['-pix_fmt', 'rgb24'] };

const sar = (file: string, args: readonly string[], size: readonly [number, number], matrix = 'bt709'): PictureCase =>
  patchCase(
    'pixels twice as wide as high',
    {
      file,
      frames: 5,
      filters: `setsar=2,${toYuv(matrix, 'tv', 'yuv420p')}`,
      args: [...args, ...(matrix === 'bt709' ? tags('bt709') : [])],
    },
    { size },
  );

/** Pictures that are not shown as they lie. */
export const geometries: readonly PictureCase[] = [
  // A matrix maps the stored picture to the shown one: (a, b) is where its rows lead, (c, d) its columns.
  turnedCase('turned by 90°', 'turned-90.mp4', (file) => withMatrix(file, [0, 1, -1, 0]), { turn: 90, mirror: false }),
  turnedCase('turned by 180°', 'turned-180.mp4', (file) => withMatrix(file, [-1, 0, 0, -1]), {
    turn: 180,
    mirror: false,
  }),
  turnedCase('turned by 270°', 'turned-270.mp4', (file) => withMatrix(file, [0, -1, 1, 0]), {
    turn: 270,
    mirror: false,
  }),
  turnedCase('mirrored', 'mirrored.mp4', (file) => withMatrix(file, [-1, 0, 0, 1]), { turn: 0, mirror: true }),
  turnedCase('upside down', 'flipped.mp4', (file) => withMatrix(file, [1, 0, 0, -1]), { turn: 180, mirror: true }),
  turnedCase('mirrored and turned', 'both.mp4', (file) => withMatrix(file, [0, 1, 1, 0]), { turn: 270, mirror: true }),
  turnedCase('a roll of 90°', 'roll-90.mkv', (file) => withVideoElement(file, projection.roll(90)), {
    turn: 270,
    mirror: false,
  }),
  turnedCase('a roll of 180°', 'roll-180.mkv', (file) => withVideoElement(file, projection.roll(180)), {
    turn: 180,
    mirror: false,
  }),
  turnedCase('a roll of -90°', 'roll-270.mkv', (file) => withVideoElement(file, projection.roll(-90)), {
    turn: 90,
    mirror: false,
  }),
  ...exifTurns.map((turn, i) =>
    changedCase(
      `EXIF orientation ${String(i + 1)}`,
      JPEG,
      [`exif-${String(i + 1)}.jpg`, (file) => jpegWithOrientation(file, i + 1)],
      { size: turn.turn % 180 === 0 ? LYING : STANDING, turn },
    ),
  ),
  changedCase('EXIF orientation 6', PNG, ['exif-6.png', (file) => pngWithOrientation(file, 6)], {
    size: STANDING,
    turn: { turn: 90, mirror: false },
  }),
  sar('sar.mp4', X264, [320, 96]),
  sar('sar.mkv', X264, [320, 96]),
  sar('sar.h264', X264, [320, 96]),
  sar('sar.webm', ['-c:v', 'libvpx', '-deadline', 'realtime', '-cpu-used', '8', '-b:v', '3M'], [320, 96], 'bt601'),
  sar('sar.y4m', [], [320, 96], 'bt601'),
  // MPEG-2 knows the shape of the whole picture alone.
  sar('sar.ts', ['-c:v', 'mpeg2video', '-q:v', '2', '-aspect', '16:9'], [171, 96], 'bt601'),
  remuxedCase(
    'pixels twice as wide as high, turned',
    { ...UPRIGHT, file: 'wide-pixels.mp4', filters: `setsar=2,${UPRIGHT.filters!}` },
    ['sar-turned.mp4', ['-i', '{in}', '-c', 'copy', '-metadata:s:v:0', 'rotate=180']],
    { size: [320, 96], turn: { turn: 180, mirror: false } },
  ),
];
