// How the encoders of FFmpeg spell what ours calls quality, lossless and low latency. Their own documentation has the
// ranges (ffmpeg -h encoder=NAME); what an encoder is not listed for, it cannot do or is said by its bit rate alone.
import { FramerailError } from '../base/index.js';
import { HARDWARE_SPELLINGS } from './hardware-spelling.js';
import type { Spelling } from './spelling.js';

/** How good, how large and how quick a stream shall be; what is null is the encoder's own habit. */
export interface EncoderControls {
  /** Bits per second on average. */
  readonly bitrate: number | null;
  /** Bits of any second at most, beside an average. */
  readonly maxBitrate: number | null;
  /** 0 to 100: the encoder's own scale of constant quality, stretched so that 100 is its best. */
  readonly quality: number | null;
  /** Every sample survives. */
  readonly lossless: boolean;
  /** Seconds from one keyframe to the next at most. */
  readonly keyframeInterval: number | null;
  /** No look-ahead and no reordering: each picture comes out as soon as it can. */
  readonly lowLatency: boolean;
  /** Options of the encoder by FFmpeg's names; they have the last word. */
  readonly options: Readonly<Record<string, string>>;
}

/** What may change while an encoder runs. */
export type EncoderChange = Partial<Pick<EncoderControls, 'bitrate' | 'quality' | 'keyframeInterval'>>;

/** What encoders that know bit rates alone get for each pixel of each picture: 6 Mb/s for 1080p at 30 a second. */
export const BITS_A_PIXEL = 0.1;

const X264: Spelling = {
  quality: ['crf', 51, 0],
  maxBitrate: {},
  lossless: { qp: '0' },
  lowLatency: { tune: 'zerolatency' },
};

const SPELLINGS: Readonly<Record<string, Spelling>> = {
  libx264: X264,
  libx264rgb: X264,
  libx265: {
    quality: ['crf', 51, 0],
    maxBitrate: {},
    lossless: { 'x265-params': 'lossless=1' },
    lowLatency: { tune: 'zerolatency' },
    always: { 'x265-params': 'log-level=none' },
  },
  libsvtav1: {
    quality: ['crf', 63, 1],
    lowLatency: { 'svtav1-params': 'pred-struct=1' },
    always: { 'svtav1-params': 'enable-stat-report=0' },
  },
  'libvpx-vp9': {
    quality: ['crf', 63, 0],
    withQuality: { b: '0' },
    maxBitrate: {},
    lossless: { lossless: '1' },
    lowLatency: { deadline: 'realtime', 'lag-in-frames': '0', 'cpu-used': '8' },
    always: { 'row-mt': '1' },
  },
  libvpx: {
    quality: ['crf', 63, 4],
    withQuality: { b: '1M' },
    maxBitrate: {},
    lowLatency: { deadline: 'realtime', 'lag-in-frames': '0', 'cpu-used': '8' },
  },
  mpeg4: { quality: ['global_quality', 31 * 118, 118], withQuality: { flags: '+qscale' }, maxBitrate: {} },
  mpeg2video: { quality: ['global_quality', 31 * 118, 118], withQuality: { flags: '+qscale' }, maxBitrate: {} },
  mjpeg: { quality: ['global_quality', 31 * 118, 118], withQuality: { flags: '+qscale' } },
  libtheora: {
    quality: ['global_quality', 0, 10 * 118],
    withQuality: { flags: '+qscale' },
    // Its own habit is 200 kb/s whatever the size, for which it leaves most pictures out.
    habit: { global_quality: String(7 * 118), flags: '+qscale' },
  },
  prores_ks: { quality: ['global_quality', 31 * 118, 118], withQuality: { flags: '+qscale' } },
  ffv1: { lossless: {} },
  ffvhuff: { lossless: {} },
  huffyuv: { lossless: {} },
  utvideo: { lossless: {} },
  rawvideo: { lossless: {} },
  png: { lossless: {} },
  apng: { lossless: {} },
  qtrle: { lossless: {} },
  v210: { lossless: {} },
  // Nothing but libx264 in disguise.
  fake_hw: X264,
  ...HARDWARE_SPELLINGS,
};

/** Options whose values are lists of their own, joined where two of ours meet. */
const LISTS = new Set(['x265-params', 'svtav1-params', 'x264-params', 'flags']);

/**
 * The options that say what the controls want, in FFmpeg's spelling; throws FR_ARG_INVALID where there are no words.
 * @param usualBitrate - bits per second that are enough for such pictures
 */
export function controlOptions(name: string, controls: EncoderControls, usualBitrate: number): Map<string, string> {
  const spelling = SPELLINGS[name] ?? {};
  const options = new Map<string, string>();
  const add = (more: Readonly<Record<string, string>> | undefined): void => {
    for (const [option, value] of Object.entries(more ?? {})) {
      const known = LISTS.has(option) ? options.get(option) : undefined;
      options.set(option, known === undefined ? value : option === 'flags' ? known + value : `${known}:${value}`);
    }
  };
  add(spelling.always);
  if (controls.lossless) {
    if (spelling.lossless === undefined) throw unable(name, 'lossless');
    add(spelling.lossless);
  } else if (controls.quality !== null) {
    const { option, value } = qualityOption(name, controls.quality);
    add({ [option]: value });
    for (const same of spelling.sameQuality ?? []) add({ [same]: value });
    add(spelling.withQuality);
  } else if (controls.bitrate === null && spelling.habit !== undefined) {
    add(spelling.habit === 'bitrate' ? { b: String(Math.round(usualBitrate)) } : spelling.habit);
  }
  if (controls.maxBitrate !== null) {
    if (spelling.maxBitrate === undefined) throw unable(name, 'maxBitrate');
    // A second of buffer at the bound itself is what makes it hold for any second.
    const bound = String(Math.round(controls.maxBitrate));
    add({ maxrate: bound, bufsize: bound, ...spelling.maxBitrate });
  }
  if (controls.lowLatency) add(spelling.lowLatency);
  add(controls.options);
  return options;
}

/** The option that a quality from 0 to 100 is for an encoder. */
export function qualityOption(name: string, quality: number): { option: string; value: string } {
  const spelling = SPELLINGS[name]?.quality;
  if (spelling === undefined) throw unable(name, 'quality');
  const [option, worst, best] = spelling;
  return { option, value: String(Math.round(worst + ((best - worst) * quality) / 100)) };
}

function unable(name: string, what: string): FramerailError {
  return new FramerailError(
    'FR_ARG_INVALID',
    `The encoder ${name} has no setting for \`${what}\`; leave it out, set \`bitrate\`, or name another encoder.`,
    { details: { encoder: name, argument: what } },
  );
}
