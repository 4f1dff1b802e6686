// The sides of reading a clip: each one brings a whole file to rgb24 and says what that cost.
import { fileURLToPath } from 'node:url';
import type { ConsumerReport } from './consumers/report.js';
import { runWatched } from './watched.js';
import { cpuTimes } from './proc.js';

/** What is decoded. */
export interface FramesWork {
  readonly path: string;
  /** Frames of the file. */
  readonly frames: number;
  /** Bytes of one rgb24 frame. */
  readonly frameBytes: number;
}

/** What one run of one side cost; milliseconds and bytes. */
export interface FramesRun {
  readonly frames: number;
  readonly wall: number;
  readonly framesPerSecond: number;
  /** Processor time of the process that reads frames; undefined for ffmpeg alone. */
  readonly consumerCpu: number | undefined;
  /** Processor time of all processes of the side. */
  readonly allCpu: number | undefined;
  /** The highest sum of the proportional memory of all processes of the side; undefined unless it was watched. */
  readonly peakMemory: number | undefined;
}

/** A side. */
export interface FramesSide {
  readonly name: string;
  run(work: FramesWork, watched: boolean): Promise<FramesRun>;
}

/** All sides in the order of their turns. */
export const FRAMES_SIDES = {
  warm: { name: 'framerail, warm', run: (work, watched) => consumer('framerail', [work.path, 'warm'], watched) },
  cold: { name: 'framerail, cold', run: (work, watched) => consumer('framerail', [work.path, 'cold'], watched) },
  pipe: {
    name: 'ffmpeg pipe',
    run: (work, watched) => consumer('pipe', [work.path, String(work.frameBytes)], watched),
  },
  floor: { name: 'ffmpeg alone', run: ffmpegAlone },
} as const satisfies Record<string, FramesSide>;

async function consumer(name: 'framerail' | 'pipe', args: readonly string[], watched: boolean): Promise<FramesRun> {
  const script = fileURLToPath(new URL(`./consumers/${name}.js`, import.meta.url));
  const { stdout, peakMemory } = await runWatched(process.execPath, [script, ...args], watched);
  const { frames, wall, consumerCpu, allCpu } = JSON.parse(stdout) as ConsumerReport;
  return { frames, wall, framesPerSecond: (frames * 1000) / wall, consumerCpu, allCpu, peakMemory };
}

async function ffmpegAlone({ path, frames }: FramesWork, watched: boolean): Promise<FramesRun> {
  const before = cpuTimes('self')?.reaped;
  const args = ['-v', 'error', '-i', path, '-pix_fmt', 'rgb24', '-f', 'null', '-'];
  const { wall, peakMemory } = await runWatched('ffmpeg', args, watched);
  const after = cpuTimes('self')?.reaped;
  const allCpu = before === undefined || after === undefined ? undefined : after - before;
  return { frames, wall, framesPerSecond: (frames * 1000) / wall, consumerCpu: undefined, allCpu, peakMemory };
}
