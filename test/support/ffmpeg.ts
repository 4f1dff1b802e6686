// What ffmpeg itself makes of a file: the opinion that framerail is compared with.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { runWarm, type Program } from './warm-command.js';

const LIMIT = 512 * 1024 * 1024;

/** Runs a command, in a program that waits for one or in one of its own, and gives its standard output. */
async function run(program: Program, args: readonly string[], input?: Uint8Array): Promise<Buffer> {
  const warm = await runWarm(program, args, input);
  if (warm === undefined) {
    const options = { encoding: 'buffer', maxBuffer: LIMIT, timeout: 60_000 } as const;
    const running = promisify(execFile)(program, args, options);
    running.child.stdin?.on('error', () => undefined).end(input);
    return (await running).stdout;
  }
  if (warm.status !== 0)
    throw new Error(`${program} ${args.join(' ')} ended with ${String(warm.status)}: ${warm.stderr}`);
  return warm.stdout;
}

/** Runs ffmpeg and gives its standard output. */
export async function ffmpeg(...args: string[]): Promise<Buffer> {
  return run('ffmpeg', ['-v', 'error', '-nostdin', ...args]);
}

/** Runs ffprobe and gives what it says as JSON. */
export async function ffprobe(...args: string[]): Promise<Record<string, unknown>> {
  return JSON.parse((await run('ffprobe', ['-v', 'error', '-of', 'json', ...args])).toString()) as Record<
    string,
    unknown
  >;
}

/** The md5 of the untouched pixels of every frame, in order. */
export async function framemd5(path: string): Promise<string[]> {
  const args = ['-noautorotate', '-i', path, '-an', '-sn', '-dn', '-vsync', 'passthrough', '-f', 'framemd5', '-'];
  const lines = (await ffmpeg(...args)).toString().split('\n');
  return lines.filter((line) => line !== '' && !line.startsWith('#')).map((line) => line.split(',')[5]!.trim());
}

/** A frame as ffmpeg shows it. */
export interface ShownFrame {
  /** Of its untouched pixels. */
  readonly md5: string;
  /** In seconds from the start of the file; in a transport stream from that of its video. */
  readonly time: number;
}

/** Every frame in order, after `args` such as filters: one run of ffmpeg for both pixels and times. */
export async function shownFrames(path: string, ...args: string[]): Promise<ShownFrame[]> {
  const how = ['-noautorotate', '-i', path, '-an', '-sn', '-dn', ...args, '-vsync', 'passthrough'];
  // Else times are rounded to what the frame rate is taken for.
  const text = (await ffmpeg(...how, '-enc_time_base', '1:90000', '-f', 'framemd5', '-')).toString();
  const [, num, den] = /^#tb 0: (\d+)\/(\d+)$/m.exec(text)!;
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(',').map((part) => part.trim()))
    .map(([, , pts, , , md5]) => ({ md5: md5!, time: (Number(pts) * Number(num)) / Number(den) }));
}

/** The times of every frame, in seconds from the start of the file, in order. */
export async function frameTimes(path: string): Promise<number[]> {
  const entries = 'frame=best_effort_timestamp_time:format=start_time';
  const { frames, format } = await ffprobe('-select_streams', 'v:0', '-show_entries', entries, path);
  const start = Number((format as { start_time?: string }).start_time ?? 0);
  return (frames as { best_effort_timestamp_time: string }[])
    .map((frame) => Number(frame.best_effort_timestamp_time) - start)
    .sort((a, b) => a - b);
}

/** Raw pixels, frame after frame, after `args` such as `-pix_fmt rgb24`. */
export async function rawPixels(path: string, ...args: string[]): Promise<Buffer> {
  return ffmpeg('-i', path, '-an', '-vsync', 'passthrough', ...args, '-f', 'rawvideo', '-');
}

/** The pixels of an encoded image. */
export async function imagePixels(image: Uint8Array, pixelFormat: string): Promise<Buffer> {
  return feedFfmpeg(image, ['-i', '-', '-pix_fmt', pixelFormat, '-f', 'rawvideo', '-']);
}

/** Runs ffmpeg on what it reads from its standard input, and gives its standard output. */
export async function feedFfmpeg(input: Uint8Array, args: readonly string[]): Promise<Buffer> {
  return run('ffmpeg', ['-v', 'error', ...args], input);
}
