// Which video stream is read where the caller names none, and whether its pictures are of a size that is allowed.
import { FramerailError } from '../base/index.js';
import { DEFAULT_LIMITS, type InputLimits } from './limits.js';

/** What the choice looks at. */
interface VideoCandidate {
  readonly kind: 'video';
  readonly index: number;
  readonly stored: { readonly width: number; readonly height: number };
  readonly isDefault: boolean;
  readonly attachedPicture: boolean;
}

interface OtherCandidate {
  readonly kind: 'audio' | 'subtitle' | 'data';
  readonly index: number;
}

/**
 * Chooses a video stream, by default the one that ffmpeg picks: the largest, a default one before others, an attached
 * picture last (open_output_file in fftools/ffmpeg_mux_init.c). Throws FR_INPUT_NO_VIDEO or FR_INPUT_LIMIT.
 * @param name - the input, for messages
 */
export function pickVideo<Stream extends VideoCandidate | OtherCandidate>(
  name: string,
  streams: readonly Stream[],
  index: number | undefined,
  limits: InputLimits = DEFAULT_LIMITS,
): Stream & VideoCandidate {
  const videos = streams.filter((stream): stream is Stream & VideoCandidate => stream.kind === 'video');
  const info = index === undefined ? best(videos) : videos.find((stream) => stream.index === index);
  if (info === undefined) {
    const what = streams.map(({ index, kind }) => `${String(index)} ${kind}`).join(', ');
    throw new FramerailError(
      'FR_INPUT_NO_VIDEO',
      `${name} has no video stream${index === undefined ? '' : ` ${String(index)}`} (it has: ${what || 'no stream'}).`,
    );
  }
  checkFrameSize(name, info.stored, limits);
  return info;
}

function best<Video extends VideoCandidate>(videos: readonly Video[]): Video | undefined {
  const score = (info: Video): number =>
    info.attachedPicture ? 1 : info.stored.width * info.stored.height + (info.isDefault ? 5_000_000 : 0);
  return videos.reduce<Video | undefined>(
    (winner, info) => (winner === undefined || score(info) > score(winner) ? info : winner),
    undefined,
  );
}

/** Throws FR_INPUT_LIMIT for frames of a size that is not allowed. */
export function checkFrameSize(name: string, size: VideoCandidate['stored'], limits: InputLimits): void {
  const { width, height } = size;
  if (width <= limits.maxSide && height <= limits.maxSide && width * height <= limits.maxPixels) return;
  throw new FramerailError(
    'FR_INPUT_LIMIT',
    `${name} has frames of ${String(width)}x${String(height)}, beyond the limit of ${String(limits.maxPixels)} pixels and sides of ${String(limits.maxSide)}.`,
    { details: { width, height, ...limits } },
  );
}
