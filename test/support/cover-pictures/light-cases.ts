// HDR: known light, and what sRGB must show of it.
import type { Color } from './patches.js';
import { tags, toYuv, patchCase, x265, type PictureCase } from './picture-case.js';
import { grays, hlgColor, pqColor, pqGrays } from './signals.js';

/** Colours that are dark enough for no curve to touch them: below 88 cd/m². */
const DIM: readonly Color[] = [
  [165, 165, 165],
  [160, 30, 30],
  [30, 150, 50],
  [40, 50, 160],
  [100, 100, 100],
  [160, 150, 30],
  [30, 90, 90],
  [0, 0, 0],
];
const LIGHTS = [203, 100, 26, 1000, 0, 1, 400, 4000] as const;
const HDR = toYuv('bt2020', 'tv', 'yuv420p10le');

function hdrArgs(transfer: string, more = ''): string[] {
  return [
    ...x265(`:colorprim=bt2020:transfer=${transfer}:colormatrix=bt2020nc${more}`),
    ...tags('bt2020nc', 'tv', ['-color_primaries', 'bt2020', '-color_trc', transfer]),
  ];
}

const PQ = hdrArgs('smpte2084');
const HLG = hdrArgs('arib-std-b67');

/** Pictures of HDR. */
export const lights: readonly PictureCase[] = [
  patchCase(
    'PQ, grays of 203, 100, 26, 1000, 0, 1, 400, 4000 cd/m²',
    { file: 'pq.mp4', colors: pqGrays(...LIGHTS), filters: HDR, args: PQ },
    { toneMapped: 'pq', colors: grays(229, 186, 100, 255, 0, 15, 250, 255) },
  ),
  patchCase(
    'PQ, MaxCLL 400',
    { file: 'pq-400.mp4', colors: pqGrays(...LIGHTS), filters: HDR, args: hdrArgs('smpte2084', ':max-cll=400,100') },
    { toneMapped: 'pq', colors: grays(244, 186, 100, 255, 0, 15, 255, 255) },
  ),
  patchCase(
    'PQ, mastered at 4000 cd/m²',
    {
      file: 'pq-4000.mp4',
      colors: pqGrays(...LIGHTS),
      filters: HDR,
      args: hdrArgs(
        'smpte2084',
        ':master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(40000000,50)',
      ),
    },
    { toneMapped: 'pq', colors: grays(208, 174, 100, 250, 0, 15, 232, 255) },
  ),
  patchCase(
    'PQ, colours below the knee',
    { file: 'pq-colors.mp4', colors: DIM.map(pqColor), filters: HDR, args: PQ },
    { toneMapped: 'pq', colors: DIM, within: 4 },
  ),
  patchCase(
    'PQ without a matrix',
    {
      file: 'pq-untagged.mp4',
      colors: DIM.map(pqColor),
      filters: HDR,
      args: x265(':colorprim=bt2020:transfer=smpte2084'),
    },
    { toneMapped: 'pq', colors: DIM, within: 4 },
  ),
  patchCase(
    'HLG, signals of 75, 50, 25, 100, 0, 10, 90, 38 %',
    {
      file: 'hlg.mp4',
      colors: grays(...[0.75, 0.5, 0.25, 1, 0, 0.1, 0.9, 0.38].map((signal) => 255 * signal)),
      filters: HDR,
      args: HLG,
    },
    { toneMapped: 'hlg', colors: grays(229, 138, 61, 255, 0, 16, 252, 101) },
  ),
  patchCase(
    'HLG, colours below the knee',
    { file: 'hlg-colors.mp4', colors: DIM.map(hlgColor), filters: HDR, args: HLG },
    { toneMapped: 'hlg', colors: DIM, within: 4 },
  ),
];
