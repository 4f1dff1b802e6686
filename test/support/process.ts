// What the tests of videos both ways share: outputs as ffmpeg sees them, and folders that must stay clean.
import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import type { Engine, FrameBatch, ProcessFrame } from '#dist/index.js';
import { ffprobe } from './ffmpeg.js';
import { tight } from './frame-list.js';
import { WAYS, type Way } from './engines.js';

/** Every way but the one that runs commands, which has tests of its own. */
export const NATIVE_WAYS: readonly Way[] = WAYS.filter(({ name }) => name !== 'spawn');

/** A transform that lets every frame pass. */
export function untouched(): void {
  // Nothing to do.
}

/** A frame as the tests compare it. */
export interface Shown {
  readonly md5: string;
  readonly pts: number;
  readonly duration: number;
}

/** The frames of a file as framerail itself reads them: native, without padding. */
export async function shown(engine: Engine, path: string, format: 'native' | 'yuv420p' = 'native'): Promise<Shown[]> {
  await using video = await engine.open(path);
  const list: Shown[] = [];
  for await (const batch of video.frames({ format, packed: true }))
    for (const frame of batch)
      list.push({
        md5: createHash('md5').update(tight(frame)).digest('hex'),
        pts: frame.pts,
        duration: frame.duration,
      });
  return list;
}

/** One packet of a stream, as ffprobe says. */
export interface ProbedPacket {
  readonly pts: number;
  readonly duration: number;
  readonly hash: string;
  readonly key: boolean;
  readonly size: number;
}

/** The packets of one stream, such as `a:0`, with the md5 of each. */
export async function packets(path: string, stream: string): Promise<ProbedPacket[]> {
  const args = ['-select_streams', stream, '-show_packets', '-show_data_hash', 'md5', path];
  const { packets: list } = (await ffprobe(...args)) as { packets: Record<string, string>[] };
  return list.map((packet) => ({
    pts: Number(packet['pts_time']),
    duration: Number(packet['duration_time']),
    hash: packet['data_hash'] ?? '',
    size: Number(packet['size']),
    key: packet['flags']?.startsWith('K') === true,
  }));
}

/** A stream as ffprobe describes it. */
export interface ProbedStream extends Readonly<Record<string, unknown>> {
  readonly codec_type: string;
  readonly codec_name: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly disposition: Readonly<Record<string, number>>;
  readonly side_data_list?: readonly Readonly<Record<string, unknown>>[];
}

/** What ffprobe says of the streams of a file. */
export async function streamsOf(path: string): Promise<ProbedStream[]> {
  return (await ffprobe('-show_streams', path))['streams'] as ProbedStream[];
}

/** What lies in a folder, temporary names included. */
export function filesIn(folder: string): string[] {
  return readdirSync(folder).sort();
}

/** Goes through the frames of a batch. */
export function each(change: (frame: ProcessFrame) => void): (batch: FrameBatch<ProcessFrame>) => void {
  return (batch) => {
    for (const frame of batch) change(frame);
  };
}
