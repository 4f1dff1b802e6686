// The sides of `bench covers`: each one makes a 320x180 JPEG file of one time of a clip.
import { existsSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FramerailError, type Covers, type CoverTimings } from '#dist/index.js';
import { runChild } from './child.js';

/** What is made. */
export interface CoverWork {
  readonly path: string;
  /** Seconds. */
  readonly time: number;
  /** Where files may be written. */
  readonly folder: string;
}

/** What one cover took; milliseconds. */
export interface CoverRun {
  readonly time: number;
  readonly wall: number;
  /** The stages inside framerail's worker. */
  readonly timings?: CoverTimings;
}

const [WIDTH, HEIGHT] = [320, 180];
const DEADLINE = 60_000;
const BIN = fileURLToPath(new URL('../../bin/framerail.js', import.meta.url));

/** framerail as a library, its worker running. */
export async function warmCover(covers: Covers, { path, time, folder }: CoverWork): Promise<CoverRun> {
  const started = performance.now();
  const { data, timings } = await covers.make(path, { at: time, size: [WIDTH, HEIGHT], timeout: DEADLINE });
  await writeFile(join(folder, 'warm.jpg'), data);
  return { time, wall: performance.now() - started, timings };
}

/** framerail as a command. */
export function coldCover({ path, time, folder }: CoverWork): Promise<CoverRun> {
  const out = join(folder, 'cold.jpg');
  const size = `${String(WIDTH)}x${String(HEIGHT)}`;
  return command(time, out, process.execPath, [BIN, 'cover', path, '--at', String(time), '--size', size, '--out', out]);
}

/** ffmpeg as people call it: it seeks, and decodes on to the exact frame. */
export function ffmpegCover(work: CoverWork): Promise<CoverRun> {
  return ffmpeg(work, []);
}

/**
 * ffmpeg at its fastest: one thread, keyframes only, and the one at or before the time as framerail takes.
 * Without `-copyts` that keyframe gets a negative time, and ffmpeg drops it for a later one.
 */
export function tunedFfmpegCover(work: CoverWork): Promise<CoverRun> {
  return ffmpeg(work, ['-threads', '1', '-skip_frame', 'nokey', '-noaccurate_seek', '-copyts']);
}

function ffmpeg({ path, time, folder }: CoverWork, tuning: readonly string[]): Promise<CoverRun> {
  const out = join(folder, 'ffmpeg.jpg');
  const scale = `scale=${String(WIDTH)}:${String(HEIGHT)}`;
  const args = [...tuning, '-ss', String(time), '-i', path, '-frames:v', '1', '-vf', scale, out];
  return command(time, out, 'ffmpeg', ['-v', 'error', '-y', ...args]);
}

async function command(time: number, out: string, program: string, args: readonly string[]): Promise<CoverRun> {
  rmSync(out, { force: true });
  const { wall } = await runChild(program, args, { deadline: DEADLINE });
  // ffmpeg calls it a success when it met no frame.
  if (!existsSync(out))
    throw new FramerailError('FR_DECODE_NO_FRAME', `${program} made no cover at ${String(time)} s.`);
  return { time, wall };
}
