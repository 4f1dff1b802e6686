// The FFmpeg build in use, read from the loaded library, and the floor below which it is refused.
import { getFFmpegInfo } from 'node-av/lib';
import { FramerailError } from '../base/index.js';

/** The FFmpeg that framerail runs on. */
export interface FfmpegBuild {
  /** FFmpeg's own version text, such as "8.1-Jellyfin". */
  readonly version: string;
  /** Versions of its libraries, such as avcodec: "62.36.101". */
  readonly libraries: Readonly<Record<string, string>>;
  /** How it was configured. */
  readonly configuration: string;
  /** The licence that its configuration puts on the binary. */
  readonly license: 'GPL' | 'LGPL';
}

/**
 * The oldest libavcodec that is accepted: that of FFmpeg 8.1 (62.28.100, ffmpeg.org/download.html). Releases before it
 * carry memory-safety defects that were published in 2026. Libraries do not tell point releases apart, so this is a
 * floor and no proof of safety: that is what worker processes are for.
 */
export const AVCODEC_FLOOR = '62.28.100';

/** Reads the build that is loaded. */
export function ffmpegBuild(): FfmpegBuild {
  const { version, libraries, configuration } = getFFmpegInfo();
  return { version, libraries, configuration, license: configuration.includes('--enable-gpl') ? 'GPL' : 'LGPL' };
}

/** Throws FR_ENGINE_TOO_OLD when a build is below the floor. */
export function checkBuild(build: FfmpegBuild): void {
  const found = build.libraries['avcodec'] ?? '0';
  if (compareVersions(found, AVCODEC_FLOOR) >= 0) return;
  throw new FramerailError(
    'FR_ENGINE_TOO_OLD',
    `FFmpeg ${build.version} (libavcodec ${found}) is below the floor ${AVCODEC_FLOOR}; update node-av.`,
    { details: { found, floor: AVCODEC_FLOOR } },
  );
}

let accepted = false;

/** Throws FR_ENGINE_TOO_OLD when the loaded build is below the floor; asked before every input, answered once. */
export function requireBuild(): void {
  if (accepted) return;
  checkBuild(ffmpegBuild());
  accepted = true;
}

/** Compares dotted versions number by number. */
export function compareVersions(a: string, b: string): number {
  const left = a.split('.').map(Number);
  const right = b.split('.').map(Number);
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
