// What the files of a storyboard say, read by other code than that which wrote them.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A cue of a WebVTT file. */
export interface Cue {
  /** Seconds. */
  readonly from: number;
  /** Seconds. */
  readonly to: number;
  readonly url: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** The cues of a WebVTT file. */
export function readVtt(folder: string): Cue[] {
  const [head, ...blocks] = readFileSync(join(folder, 'storyboard.vtt'), 'utf8').trim().split('\n\n');
  if (head !== 'WEBVTT') throw new Error(`This is no WebVTT: ${String(head)}`);
  return blocks.map((block) => {
    const match =
      /^(\d\d):(\d\d):(\d\d\.\d{3}) --> (\d\d):(\d\d):(\d\d\.\d{3})\n(.+)#xywh=(\d+),(\d+),(\d+),(\d+)$/.exec(block);
    if (match === null) throw new Error(`This is no cue: ${block}`);
    const [h1, m1, s1, h2, m2, s2, , x, y, width, height] = match.slice(1).map(Number);
    const seconds = (hours = 0, minutes = 0, rest = 0): number =>
      Math.round((hours * 3600 + minutes * 60 + rest) * 1000) / 1000;
    return {
      from: seconds(h1, m1, s1),
      to: seconds(h2, m2, s2),
      url: match[7]!,
      x: x!,
      y: y!,
      width: width!,
      height: height!,
    };
  });
}

/** An image of a BIF file. */
export interface BifImage {
  /** Milliseconds. */
  readonly time: number;
  readonly jpeg: Uint8Array;
}

/** The images of a BIF file, by Roku's specification. */
export function readBif(folder: string): BifImage[] {
  const bytes = readFileSync(join(folder, 'storyboard.bif'));
  const magic = [...bytes.subarray(0, 8)];
  if (magic.join() !== '137,66,73,70,13,10,26,10') throw new Error('This is no BIF');
  const [version, count, multiplier] = [8, 12, 16].map((at) => bytes.readUInt32LE(at));
  if (version !== 0) throw new Error(`This is a BIF of version ${String(version)}`);
  if (bytes.subarray(20, 64).some((byte) => byte !== 0)) throw new Error('Reserved bytes are not 0');
  const entry = (i: number): [number, number] => [bytes.readUInt32LE(64 + 8 * i), bytes.readUInt32LE(68 + 8 * i)];
  const [last, end] = entry(count!);
  if (last !== 0xffffffff || end !== bytes.byteLength) throw new Error('The index does not end where the file does');
  return Array.from({ length: count! }, (_, i) => ({
    time: entry(i)[0] * (multiplier === 0 ? 1000 : multiplier!),
    jpeg: bytes.subarray(entry(i)[1], entry(i + 1)[1]),
  }));
}

/** A segment of an HLS image media playlist. */
export interface ImageSegment {
  readonly duration: number;
  readonly url: string;
  readonly tile: readonly [number, number];
  readonly layout: readonly [number, number];
  readonly tileDuration: number;
}

/** The segments of an HLS image media playlist. */
export function readPlaylist(folder: string): { readonly target: number; readonly segments: ImageSegment[] } {
  const text = readFileSync(join(folder, 'storyboard.m3u8'), 'utf8');
  const lines = text.split('\n');
  for (const wanted of [
    '#EXTM3U',
    '#EXT-X-VERSION:7',
    '#EXT-X-PLAYLIST-TYPE:VOD',
    '#EXT-X-IMAGES-ONLY',
    '#EXT-X-ENDLIST',
  ])
    if (!lines.includes(wanted)) throw new Error(`There is no ${wanted}`);
  const pattern =
    /#EXTINF:([\d.]+),\n#EXT-X-TILES:RESOLUTION=(\d+)x(\d+),LAYOUT=(\d+)x(\d+),DURATION=([\d.]+)\n([^#\n]+)\n/g;
  const segments = [...text.matchAll(pattern)].map((match) => {
    const [duration, w, h, columns, rows, tileDuration] = match.slice(1, 7).map(Number);
    return {
      duration: duration!,
      url: match[7]!,
      tile: [w!, h!],
      layout: [columns!, rows!],
      tileDuration: tileDuration!,
    } as const;
  });
  return { target: Number(/#EXT-X-TARGETDURATION:(\d+)/.exec(text)?.[1]), segments };
}
