// Containers by FFmpeg's names: which one an ending means, what players expect inside, and what it is told.
import { FramerailError } from '../base/index.js';
import { MUXERS } from '../sources/index.js';

/** What players find in containers whose muxers take more: in a transport stream and in a program stream. */
const PLAYED: Readonly<Record<string, RegExp>> = {
  mpegts:
    /^(h264|hevc|vvc|mpeg[124]video|mpeg4|av1|aac|aac_latm|mp[123]|e?ac3|dts|truehd|opus|dvb_subtitle|dvb_teletext)$/,
  mpeg: /^(h264|hevc|mpeg[12]video|mp[123]|ac3|dts|pcm_(dvd|s16be)|dvd_subtitle)$/,
};

/** The encoder of sound for each container; players of the others expect AAC. */
const SOUND_ENCODERS: Readonly<Record<string, string>> = {
  webm: 'libopus',
  ogg: 'libopus',
  avi: 'libmp3lame',
  asf: 'wmav2',
  mpeg: 'mp2',
  mxf: 'pcm_s16le',
};

/** What a channel of speech or music takes to sound like its source, in bits per second. */
export const BITS_PER_CHANNEL = 80_000;

/** FFmpeg's own choice for each ending (av_guess_format), as far as the container may be written. */
const ENDINGS: Readonly<Record<string, string>> = {
  mkv: 'matroska',
  m4v: 'ipod',
  m4a: 'ipod',
  m4b: 'ipod',
  '3gp': '3gp',
  ts: 'mpegts',
  m2t: 'mpegts',
  m2ts: 'mpegts',
  mts: 'mpegts',
  wmv: 'asf',
  wma: 'asf',
  mpg: 'mpeg',
  h264: 'h264',
  264: 'h264',
  h265: 'hevc',
  265: 'hevc',
  mjpg: 'mjpeg',
  png: 'apng',
  y4m: 'yuv4mpegpipe',
  yuv: 'rawvideo',
  rgb: 'rawvideo',
};

/** The container that the ending of a name means; undefined when it means none that may be written. */
export function containerByEnding(name: string): string | undefined {
  const ending = /\.([^./\\]+)$/.exec(name)?.[1]?.toLowerCase() ?? '';
  const found = ENDINGS[ending] ?? ending;
  return MUXERS.has(found) ? found : undefined;
}

/** The refusal of a container that there is not, or that may not be written. */
export function containerError(name: string, wanted: string | undefined): FramerailError {
  const what = wanted === undefined ? `the ending of ${name}` : `\`container\` ${wanted}`;
  return new FramerailError(
    'FR_ARG_INVALID',
    `There is no container for ${what}; use an ending such as .mp4, .mkv, .webm, .mov or .ts, or name one of ${[...MUXERS].join(', ')}.`,
    { details: { name, container: wanted } },
  );
}

/** Whether players of a container expect H.264, whatever FFmpeg writes by default. */
export function holdsH264(container: string): boolean {
  return /^(mp4|mov|ipod|3gp|matroska|mpegts|flv|avi|nut)$/.test(container);
}

/** Whether a container counts frames instead of telling their times. */
export function countsFrames(container: string): boolean {
  return /^(avi|mxf|yuv4mpegpipe|rawvideo|h264|hevc|mjpeg)$/.test(container);
}

/** Whether a container takes a codec that nobody could play in it. */
export function isUnplayable(container: string, codec: string): boolean {
  return PLAYED[container]?.test(codec) === false;
}

/** The encoder for sound that a container does not hold as it is. */
export function soundEncoderFor(container: string): string {
  return SOUND_ENCODERS[container] ?? 'aac';
}

/** The samples a second that sound is encoded with: those that are wanted, where the container does not insist on others. */
export function soundRateFor(container: string, wanted: number): number {
  return container === 'mxf' ? 48_000 : wanted;
}

/** What a muxer is told that cannot go back in its output; undefined for those that need nothing. */
export function streamingFlags(container: string): string | undefined {
  return /^(mp4|mov|ipod)$/.test(container) ? 'frag_keyframe+default_base_moof+negative_cts_offsets' : undefined;
}
