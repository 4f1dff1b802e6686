// Matrices, ranges, depths and layouts: the same patches, stored in every way.
import { grays, wideColor } from './signals.js';
import { PATCHES } from './patches.js';
import { patchCase, tags, toYuv, X264, x265, type PictureCase } from './picture-case.js';

/** The luma of the patches in BT.601. */
const GRAY = [255, 88, 124, 73, 128, 191, 20, 0];
const FFV1 = ['-c:v', 'ffv1'];
const BT709 = tags('bt709');

/** What the samples mean. */
export const meanings: readonly PictureCase[] = [
  ...(['bt709', 'smpte170m', 'fcc', 'smpte240m', 'bt2020nc'] as const).map((matrix) => {
    const scaler = { smpte170m: 'bt601', bt2020nc: 'bt2020', bt709: 'bt709', fcc: 'fcc', smpte240m: 'smpte240m' }[
      matrix
    ];
    return patchCase(
      `matrix ${matrix}`,
      { file: `${matrix}.mp4`, filters: toYuv(scaler, 'tv', 'yuv420p'), args: [...X264, ...tags(matrix)] },
      { within: 4 },
    );
  }),
  patchCase('matrix ycgco, which libswscale refuses', {
    file: 'ycgco.mp4',
    filters: 'zscale=matrix=ycgco:range=limited,format=yuv444p',
    args: [...X264, ...tags('ycgco')],
  }),
  patchCase('full range, BT.709', {
    file: 'full.mp4',
    filters: toYuv('bt709', 'pc', 'yuv420p'),
    args: [...X264, ...tags('bt709', 'pc')],
  }),
  patchCase('full range by its format', {
    file: 'yuvj.mp4',
    filters: toYuv('bt601', 'pc', 'yuvj420p'),
    args: X264,
  }),
  patchCase('no tags, small: BT.601', { file: 'untagged.mp4', filters: toYuv('bt601', 'tv', 'yuv420p'), args: X264 }),
  patchCase('no tags, 1280 columns: BT.709', {
    file: 'untagged-hd.mp4',
    size: [1280, 96],
    filters: toYuv('bt709', 'tv', 'yuv420p'),
    args: X264,
  }),
  patchCase('reserved numbers as tags', {
    file: 'reserved.mp4',
    filters: toYuv('bt601', 'tv', 'yuv420p'),
    args: [
      ...X264,
      '-bsf:v',
      'h264_metadata=colour_primaries=3:transfer_characteristics=3:matrix_coefficients=3:video_full_range_flag=0',
    ],
  }),
  patchCase('SDR with the matrix of BT.2020 alone', {
    file: 'sdr-2020.mp4',
    filters: toYuv('bt2020', 'tv', 'yuv420p10le'),
    args: [...x265(':colormatrix=bt2020nc'), ...tags('bt2020nc')],
  }),
  patchCase('SDR tagged as linear', {
    file: 'linear.mp4',
    filters: toYuv('bt709', 'tv', 'yuv420p10le'),
    args: [...x265(':colorprim=bt709:transfer=linear:colormatrix=bt709'), ...tags('bt709')],
  }),
  patchCase(
    'SDR of BT.2020 by all its tags: its colours become those of sRGB',
    {
      file: 'wide.mp4',
      colors: PATCHES.map(wideColor),
      filters: toYuv('bt2020', 'tv', 'yuv420p10le'),
      args: [
        ...x265(':colorprim=bt2020:transfer=bt2020-10:colormatrix=bt2020nc'),
        ...tags('bt2020nc', 'tv', ['-color_primaries', 'bt2020', '-color_trc', 'bt2020-10']),
      ],
    },
    { within: 4 },
  ),
];

/** How the samples lie. */
export const layouts: readonly PictureCase[] = [
  ...['yuv422p', 'yuv444p', 'yuv420p10le', 'yuv422p10le', 'yuv444p10le'].map((format) =>
    patchCase(format, { file: `h264-${format}.mp4`, filters: toYuv('bt709', 'tv', format), args: [...X264, ...BT709] }),
  ),
  patchCase('yuv420p12le', {
    file: 'hevc-12.mp4',
    filters: toYuv('bt709', 'tv', 'yuv420p12le'),
    args: [...x265(':colormatrix=bt709'), ...BT709],
  }),
  ...['yuv411p', 'yuv410p', 'yuv440p'].map((format) =>
    patchCase(format, { file: `${format}.mkv`, filters: toYuv('bt709', 'tv', format), args: [...FFV1, ...BT709] }),
  ),
  ...['bgr0', 'gbrp', 'gbrp10le', 'rgb48le'].map((format) =>
    patchCase(format, { file: `${format}.mkv`, filters: `format=${format}`, args: FFV1 }),
  ),
  ...['rgb565le', 'pal8', 'yuyv422'].map((format) =>
    patchCase(
      format,
      { file: `${format}.nut`, filters: `format=${format}`, args: ['-c:v', 'rawvideo'] },
      { within: 11 },
    ),
  ),
  patchCase(
    'gray, full range',
    { file: 'gray.nut', filters: 'format=gray', args: ['-c:v', 'rawvideo'] },
    {
      colors: grays(...GRAY),
    },
  ),
  patchCase(
    'gray, limited range',
    { file: 'gray-limited.mkv', filters: toYuv('bt709', 'tv', 'gray'), args: [...FFV1, ...BT709] },
    { colors: grays(255, 75, 142, 69, 128, 199, 20, 0) },
  ),
  patchCase(
    'black and white',
    {
      file: 'mono.nut',
      colors: grays(255, 0, 255, 0, 255, 255, 0, 0),
      filters: 'format=monob',
      args: ['-c:v', 'rawvideo'],
    },
    { colors: grays(255, 0, 255, 0, 255, 255, 0, 0) },
  ),
  patchCase('odd sides', {
    file: 'odd.webm',
    size: [161, 97],
    filters: toYuv('bt709', 'tv', 'yuv420p'),
    args: ['-c:v', 'libvpx-vp9', '-deadline', 'realtime', '-cpu-used', '8', '-b:v', '3M', ...BT709],
  }),
];
