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
 * The oldest libavcodec that is accepted: that of FFmpeg 8.1, which carries the fixes of the 8.0.3 and 8.1 series
 * (CVE-2026-8461 in the MagicYUV decoder and others). Source: ffmpeg.org/security.html and the CVE records.
 */
export const AVCODEC_FLOOR = '62.28.0';

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
