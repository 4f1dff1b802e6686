// The sides of `bench sampling`: each brings some frames of a long file to small rgb24 pictures.
import { FramerailError, type Engine, type FramesOptions, type Video } from '#dist/index.js';
import { runChild } from './child.js';
import { touch } from './consumers/report.js';
import { cpuTimes } from './proc.js';

/** What one run gave; milliseconds. */
export interface SamplingRun {
  readonly frames: number;
  readonly wall: number;
  /** Processor time of all processes; undefined where the platform does not tell. */
  readonly cpu: number | undefined;
}

/** The size of all pictures. */
export const SIZE = [320, 180] as const;
const SCALE = `scale=${SIZE.join(':')}`;
/** Decoding ten minutes of 1080p takes some; slow machines may take ten times that. */
const DEADLINE = 1_800_000;

/** framerail with its worker running: opens the file and reads the frames. */
export async function sample(engine: Engine, path: string, options: FramesOptions): Promise<SamplingRun> {
  return timed(engine, path, async (video) => {
    let frames = 0;
    for await (const batch of video.frames({ size: SIZE, ...options }))
      for (const { data } of batch) {
        touch(data);
        frames += 1;
      }
    return frames;
  });
}

/** Frames of times in any order, all in one call. */
export async function together(engine: Engine, path: string, times: readonly number[]): Promise<SamplingRun> {
  return timed(engine, path, async (video) => {
    using tensor = await video.framesAt(times, { size: SIZE });
    touch(tensor.data);
    return tensor.frames.length;
  });
}

/** The same with one call for each time. */
export async function oneByOne(engine: Engine, path: string, times: readonly number[]): Promise<SamplingRun> {
  return timed(engine, path, async (video) => {
    let frames = 0;
    for (const time of times) {
      using tensor = await video.framesAt([time], { size: SIZE });
      touch(tensor.data);
      frames += tensor.frames.length;
    }
    return frames;
  });
}

async function timed(engine: Engine, path: string, read: (video: Video) => Promise<number>): Promise<SamplingRun> {
  const clock = startClock(engine.pids);
  await using video = await engine.open(path);
  const frames = await read(video);
  return { frames, ...clock() };
}

/** Starts measuring this process, some live ones, and children that end meanwhile. */
function startClock(pids: readonly number[]): () => Pick<SamplingRun, 'wall' | 'cpu'> {
  const spent = (): number | undefined => {
    const self = cpuTimes('self');
    return self && pids.reduce((sum, pid) => sum + (cpuTimes(pid)?.own ?? 0), self.own + self.reaped);
  };
  const [started, before] = [performance.now(), spent()];
  return () => {
    const after = spent();
    const cpu = before === undefined || after === undefined ? undefined : after - before;
    return { wall: performance.now() - started, cpu };
  };
}

/** What ffmpeg decodes and filters; how it is told so. */
interface FfmpegWork {
  readonly path: string;
  /** Options before the input. */
  readonly input?: readonly string[];
  /** Filters before the scaling. */
  readonly filters?: readonly string[];
  readonly output?: readonly string[];
}

/** The options of one ffmpeg. Its frames go nowhere: a line with a checksum for each is all that it writes. */
function ffmpegArgs({ path, input = [], filters = [], output = [] }: FfmpegWork): string[] {
  const chain = [...filters, SCALE].join(',');
  return ['-v', 'error', ...input, '-i', path, '-vf', chain, '-pix_fmt', 'rgb24', ...output, '-f', 'framecrc', '-'];
}

/** One ffmpeg. */
export async function ffmpeg(work: FfmpegWork): Promise<SamplingRun> {
  const clock = startClock([]);
  const { stdout } = await runChild('ffmpeg', ffmpegArgs(work), { deadline: DEADLINE });
  return { frames: stdout.split('\n').filter((line) => /^\d/.test(line)).length, ...clock() };
}

/** One ffmpeg for each time, which seeks there. */
export async function ffmpegSeeks(path: string, times: readonly number[]): Promise<SamplingRun> {
  const clock = startClock([]);
  let frames = 0;
  for (const time of times)
    frames += (await ffmpeg({ path, input: ['-ss', time.toFixed(6)], output: ['-frames:v', '1'] })).frames;
  return { frames, ...clock() };
}

/** Refuses figures of sides that did not do the same. */
export function checkSame(what: string, runs: readonly SamplingRun[]): void {
  const counts = new Set(runs.map(({ frames }) => frames));
  if (counts.size > 1)
    throw new FramerailError('FR_INTERNAL', `The sides of "${what}" gave ${[...counts].join(' and ')} frames.`);
}
