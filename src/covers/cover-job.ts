// The job behind `covers.make()`: one keyframe in, one image out. Runs in a worker, or inline for a one-shot command.
import {
  encodeImage,
  lastKeyframe,
  MediaInputHandle,
  Picture,
  takeLog,
  type Breathe,
  VideoDecoder,
  withLog,
  type LogLine,
  type VideoStreamInfo,
} from '../av/index.js';
import { FramerailError } from '../base/index.js';
import type { JobContext } from '../workers/index.js';
import { composeCover } from './compose.js';
import type { CoverParams } from './cover-params.js';

/** How long each stage took, in milliseconds. */
export interface CoverTimings {
  /** Opening the container and reading its headers. */
  readonly open: number;
  /** Finding the keyframe and reading its packet. */
  readonly seek: number;
  /** Opening the decoder and decoding the keyframe. */
  readonly decode: number;
  /** Cropping, scaling and turning. */
  readonly scale: number;
  /** Writing the image. */
  readonly encode: number;
  /** All of it. */
  readonly total: number;
}

/** A finished cover. */
export interface Cover {
  /** The bytes of the JPEG file; they belong to the caller. */
  readonly data: Uint8Array;
  /** Columns of the image, in pixels. */
  readonly width: number;
  /** Rows of the image, in pixels. */
  readonly height: number;
  /** The time of the frame in seconds from the start of the video. */
  readonly pts: number;
  /** Whether the decoder had to conceal errors in the frame. */
  readonly damaged: boolean;
  /** The decoder that ran. */
  readonly decoder: string;
  /** Milliseconds that each stage took. */
  readonly timings: CoverTimings;
  /** What FFmpeg said meanwhile. */
  readonly log: readonly LogLine[];
}

/** How many keyframes are tried when the first ones cannot be decoded. */
const ATTEMPTS = 5;

/** Runs the job. */
export default async function coverJob(rawParams: unknown, context: JobContext): Promise<Cover> {
  const params = rawParams as CoverParams;
  return withLog(async () => {
    const clock = new StageClock();
    const input = await MediaInputHandle.open(context.source, { readBlock: context.readBlock });
    try {
      const stream = input.selectVideo(params.stream ?? undefined);
      const time = await targetTime({ input, stream, params, context });
      clock.end('open');
      const picture = new Picture();
      try {
        const found = await decodeKeyframe({ input, stream, params, time, context, clock }, picture);
        const composed = composeCover(picture, stream, params);
        clock.end('scale');
        const data = encodeImage(composed, { type: 'jpeg', quality: params.quality });
        const { width, height } = composed;
        composed.close();
        clock.end('encode');
        return {
          data,
          width,
          height,
          ...found,
          damaged: picture.damaged,
          timings: clock.timings(),
          log: await takeLog(),
        };
      } finally {
        picture.close();
      }
    } finally {
      input.close();
    }
  });
}

/** The wanted time in seconds; one after the end that the header gives is only believed wrong by the packets. */
async function targetTime(search: Pick<Search, 'input' | 'stream' | 'params' | 'context'>): Promise<number> {
  const { input, stream, params, context } = search;
  const duration = stream.duration ?? input.duration;
  // A file that does not say how long it is has a first frame all the same.
  if (params.at.kind === 'fraction') return (duration ?? 0) * params.at.fraction;
  const { seconds } = params.at;
  if (duration === undefined || seconds <= duration) return seconds;
  const end = await lastEnd(input, seconds, () => context.breathe());
  if (seconds <= end) return seconds;
  throw new FramerailError(
    'FR_TIME_BEYOND_END',
    `The time ${String(seconds)} s lies beyond the end of ${input.name} (it lasts ${end.toFixed(3)} s).`,
    { details: { time: seconds, duration: end } },
  );
}

/** Where the last frame ends: headers leave out that a video may start late. */
async function lastEnd(input: MediaInputHandle, near: number, breathe: Breathe): Promise<number> {
  let end = 0;
  for (let packet = await lastKeyframe(input, near, breathe); packet !== undefined; packet = await input.readPacket()) {
    end = Math.max(end, (packet.time ?? 0) + packet.duration);
    await breathe();
  }
  return end;
}

interface Search {
  readonly input: MediaInputHandle;
  readonly stream: VideoStreamInfo;
  readonly params: CoverParams;
  /** Where the keyframe is looked for, in seconds. */
  readonly time: number;
  readonly context: JobContext;
  readonly clock: StageClock;
}

/** How much smaller a cover must be for the decoder to work roughly. */
const ROUGH_SCALE = 3;

function isMuchSmaller({ stored }: VideoStreamInfo, { size }: CoverParams): boolean {
  if (size === null) return false;
  // Either side may become either, as the picture may be turned.
  return Math.max(size.width, size.height) * ROUGH_SCALE <= Math.min(stored.width, stored.height);
}

/** Decodes the keyframe for a time into `picture`, or one of the next ones when it cannot be decoded. */
async function decodeKeyframe(search: Search, picture: Picture): Promise<{ pts: number; decoder: string }> {
  const { input, stream, params, time, context, clock } = search;
  const breathe = (): undefined | Promise<void> => context.breathe();
  let packet = await lastKeyframe(input, time, breathe);
  clock.end('seek');
  // One thread: every further one only adds the latency of a frame. A fresh decoder for each file.
  const decoder = VideoDecoder.open(input, { threads: 1, rough: isMuchSmaller(stream, params) });
  try {
    for (let attempt = 0; attempt < ATTEMPTS && packet !== undefined; packet = await input.readPacket()) {
      if (!packet.keyframe) continue;
      attempt += 1;
      decoder.send();
      decoder.drain();
      if (decoder.receive(picture)) {
        clock.end('decode');
        const stamp = picture.timestamp;
        return { pts: stamp === undefined ? (packet.time ?? time) : input.toSeconds(stamp), decoder: decoder.name };
      }
      decoder.reset();
    }
  } finally {
    decoder.close();
  }
  throw new FramerailError(
    'FR_DECODE_NO_FRAME',
    `${input.name} has a video stream (${stream.codec}) but no keyframe of it could be decoded.`,
    {
      details: { damagedPackets: decoder.damagedPackets },
    },
  );
}

class StageClock {
  readonly #started = performance.now();
  readonly #stages = { open: 0, seek: 0, decode: 0, scale: 0, encode: 0 };
  #last = this.#started;

  /** Books the time since the last call under a stage. */
  end(stage: keyof Omit<CoverTimings, 'total'>): void {
    const now = performance.now();
    this.#stages[stage] += now - this.#last;
    this.#last = now;
  }

  timings(): CoverTimings {
    return { ...this.#stages, total: performance.now() - this.#started };
  }
}
