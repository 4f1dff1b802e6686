// A short clip as segments of every kind, and what a relay must make of them: the tags that ffmpeg itself writes.
import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { ffmpeg } from '../ffmpeg.js';
import { onceEach } from '../once.js';
import { temporaryFolder } from '../temporary-folder.js';
import { flvFile } from './flv-file.js';
import type { HlsServer } from './hls-server.js';
import { isHeader } from './stream.js';
import { AUDIO, crcOf, VIDEO, type Tag } from './tags.js';

/** One segment. */
export interface MediaSegment {
  readonly name: string;
  readonly bytes: Buffer;
  /** Seconds. */
  readonly duration: number;
}

/** A clip in segments. */
export interface Segments {
  readonly list: readonly MediaSegment[];
  /** What decoders need ahead of it, where it is MP4. */
  readonly map: Buffer | undefined;
}

/** How the clip is made. */
export interface ClipOptions {
  /** Seconds. */
  readonly length?: number;
  /** Codecs, as ffmpeg is told. */
  readonly codecs?: readonly string[];
  /** Frequency of its tone: clips with different ones differ in every frame of sound. */
  readonly tone?: number;
  readonly audio?: boolean;
  readonly video?: boolean;
}

const GOP = 10;
const X264 = ['-c:v', 'libx264', '-preset', 'veryfast', '-bf', '2', '-g', String(GOP), '-sc_threshold', '0'];

/** Clips stay until the tests of a file are done: several use the same one. */
const clips = mkdtempSync(join(realpathSync(tmpdir()), 'framerail-test-'));
afterAll(() => {
  rmSync(clips, { recursive: true });
});

/** Makes a clip of small pictures, a keyframe every 0.4 seconds, and gives its path. */
export const clip = onceEach(async (options: ClipOptions = {}): Promise<string> => {
  const { length = 2, codecs = [...X264, '-c:a', 'aac'], tone = 440, audio = true, video = true } = options;
  const path = join(mkdtempSync(join(clips, 'clip-')), 'clip.mkv');
  const seconds = String(length);
  const inputs = [
    ...(video ? ['-f', 'lavfi', '-i', `testsrc2=size=160x96:rate=25:duration=${seconds}`] : []),
    ...(audio ? ['-f', 'lavfi', '-i', `sine=frequency=${String(tone)}:duration=${seconds}`] : []),
  ];
  await ffmpeg(...inputs, ...codecs, '-pix_fmt', 'yuv420p', '-bitexact', path);
  return path;
});

/** Puts segments on a server, and gives the entries of their playlist. */
export function serve(server: HlsServer, { list, map }: Segments, folder = ''): Entry[] {
  for (const { name, bytes } of list) server.put(folder + name, bytes);
  if (map !== undefined) server.put(`${folder}init.mp4`, map);
  const tags = map === undefined ? [] : [`#EXT-X-MAP:URI="${folder}init.mp4"`];
  return list.map(({ name, duration }, i) => ({ uri: folder + name, duration, tags: i === 0 ? tags : [] }));
}

/** Cuts a clip into segments of 0.4 seconds, or of another length. */
export async function segmentsOf(
  path: string,
  format: 'mpegts' | 'fmp4',
  args: readonly string[] = [],
): Promise<Segments> {
  const { list, map } = await cut(path, format, args);
  // A test may change its own.
  return { list: list.map((one) => ({ ...one, bytes: Buffer.from(one.bytes) })), map: map && Buffer.from(map) };
}

const cut = onceEach(async (path: string, format: string, args: readonly string[]): Promise<Segments> => {
  const folder = temporaryFolder();
  const more = ['-hls_time', '0.4', '-hls_list_size', '0', '-hls_segment_type', format, ...args];
  await ffmpeg('-i', path, '-c', 'copy', '-f', 'hls', ...more, join(folder, 'index.m3u8'));
  const lines = readFileSync(join(folder, 'index.m3u8'), 'utf8').split('\n');
  const durations = lines.flatMap((line) => /^#EXTINF:([\d.]+)/.exec(line)?.[1] ?? []).map(Number);
  const names = lines.filter((line) => line !== '' && !line.startsWith('#'));
  const map = readdirSync(folder).find((name) => name === 'init.mp4');
  return {
    list: names.map((name, i) => ({ name, bytes: readFileSync(join(folder, name)), duration: durations[i] ?? 0 })),
    map: map === undefined ? undefined : readFileSync(join(folder, map)),
  };
});

/** The tags that ffmpeg writes of a clip. */
export async function tagsOf(path: string, args: readonly string[] = []): Promise<Tag[]> {
  return [...(await copied(path, args))];
}

const copied = onceEach(async (path: string, args: readonly string[]): Promise<readonly Tag[]> => {
  const out = join(temporaryFolder(), 'clip.flv');
  await ffmpeg('-i', path, '-c', 'copy', ...args, out);
  return flvFile(out).tags;
});

/** What a tag holds, apart from its times: the same wherever the tag was made. */
export function contentOf({ type, payload }: Pick<Tag, 'type' | 'payload'>): number {
  const legacy = type === VIDEO ? 5 : 2;
  return crcOf(payload.subarray(type === VIDEO && ((payload[0] ?? 0) & 0x80) !== 0 ? 8 : legacy));
}

/** Checksums of pictures or of sound, in their order. */
export function contents(tags: readonly Pick<Tag, 'type' | 'payload'>[], type: number): number[] {
  return tags.filter((tag) => tag.type === type && !isNoMedia(tag)).map(contentOf);
}

/** Headers, also of Enhanced RTMP, and what ffmpeg writes behind the last picture. */
function isNoMedia(tag: Pick<Tag, 'type' | 'payload'>): boolean {
  const [first = 0, second] = tag.payload;
  const enhanced = tag.type === AUDIO && first >> 4 === 9;
  return isHeader(tag) || (enhanced && (first & 15) === 0) || (tag.type === VIDEO && first < 0x80 && second === 2);
}

/** One entry of a playlist. */
export interface Entry {
  readonly uri: string;
  readonly duration: number;
  /** Lines ahead of it. */
  readonly tags?: readonly string[];
}

/** A playlist of segments as a text. */
export function mediaPlaylist(
  entries: readonly Entry[],
  options: { sequence?: number; target?: number; ended?: boolean; tags?: readonly string[] } = {},
): string {
  const { sequence = 0, target = 1, ended = false, tags = [] } = options;
  return [
    '#EXTM3U',
    '#EXT-X-VERSION:7',
    `#EXT-X-TARGETDURATION:${String(target)}`,
    `#EXT-X-MEDIA-SEQUENCE:${String(sequence)}`,
    ...tags,
    ...entries.flatMap(({ uri, duration, tags: own = [] }) => [...own, `#EXTINF:${String(duration)},`, uri]),
    ...(ended ? ['#EXT-X-ENDLIST'] : []),
    '',
  ].join('\n');
}
