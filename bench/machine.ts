// What the figures were measured on: without it they mean nothing.
import { availableParallelism, cpus, loadavg } from 'node:os';
import { ffmpegBuild } from '#dist/av/index.js';
import { runChild } from './child.js';

/** A machine and its software. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  /** Processes that wanted a core during the last minute, before the first run: above 0.5 the figures are noisy. */
  readonly load: number;
  readonly node: string;
  /** The ffmpeg that framerail is measured against. */
  readonly ffmpeg: string;
  /** The FFmpeg inside framerail. */
  readonly ownFfmpeg: string;
}

/** Reads the facts; throws FR_ENGINE_LOAD in one sentence when there is no ffmpeg. */
export async function readMachine(): Promise<Machine> {
  const { stdout } = await runChild('ffmpeg', ['-version'], { deadline: 10_000 });
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    load: loadavg()[0] ?? 0,
    node: process.version,
    ffmpeg: /^ffmpeg version (\S+)/.exec(stdout)?.[1] ?? 'unknown',
    ownFfmpeg: ffmpegBuild().version,
  };
}

/** The machine as lines of text. */
export function machineText(machine: Machine): string {
  const { cpu, cores, load, node, ffmpeg, ownFfmpeg } = machine;
  return (
    `${cpu}, ${String(cores)} cores, load ${load.toFixed(2)} before the first run\n` +
    `Node ${node}, ffmpeg ${ffmpeg} as the opponent, FFmpeg ${ownFfmpeg} inside framerail`
  );
}
