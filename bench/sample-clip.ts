// The clip that suites run on: made once, kept beside the checkout, the same for every run after.
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Engine } from '#dist/index.js';
import { runChild } from './child.js';

/** A clip and what the suites need to know of it. */
export interface Clip {
  readonly path: string;
  /** Seconds. */
  readonly duration: number;
  /** One line for the head of a report. */
  readonly text: string;
}

/** How a clip is made by ffmpeg, and what it is called then. */
interface Recipe {
  readonly name: string;
  readonly recipe: readonly string[];
}

const CACHE = fileURLToPath(new URL('../../.cache/bench/', import.meta.url));
// Noise makes it cost what camera footage costs: a clean test picture compresses to almost nothing.
const noisy = (seconds: number, noise = 8): string[] => [
  ...['-f', 'lavfi', '-i', `testsrc2=size=1920x1080:rate=30:duration=${String(seconds)}`],
  ...['-vf', `noise=alls=${String(noise)}:allf=t`],
  ...['-c:v', 'libx264', '-preset', 'veryfast', '-crf', '23', '-g', '60', '-pix_fmt', 'yuv420p'],
];
/** Another recipe is another name, so an old file is never mistaken for a new one. */
const SAMPLE = { name: 'testsrc2-noise8-1080p30-10s-gop60-crf23.mp4', recipe: noisy(10) };
// Ten minutes are twenty seconds thirty times over: encoded once, they cost no more to decode.
const PIECE = { name: 'testsrc2-noise8-1080p30-20s-gop60-crf23.mp4', recipe: [...noisy(20), '-sc_threshold', '0'] };
const LONG = 'testsrc2-noise8-1080p30-600s-gop60-crf23.mp4';
const LIVE = {
  name: 'testsrc2-noise8-1080p30-6s-zerolatency.flv',
  recipe: [
    ...['-f', 'lavfi', '-i', 'testsrc2=size=1920x1080:rate=30:duration=6', '-vf', 'noise=alls=8:allf=t'],
    ...[
      '-c:v',
      'libx264',
      '-preset',
      'veryfast',
      '-tune',
      'zerolatency',
      '-crf',
      '26',
      '-g',
      '60',
      '-pix_fmt',
      'yuv420p',
    ],
  ],
} as const;
const BROADCAST = {
  name: 'testsrc2-720p30-20s-600k-aac.flv',
  recipe: [
    ...['-f', 'lavfi', '-i', 'testsrc2=size=1280x720:rate=30:duration=20'],
    ...['-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000:duration=20', '-c:a', 'aac', '-b:a', '96k'],
    ...['-c:v', 'libx264', '-preset', 'veryfast', '-b:v', '500k', '-maxrate', '500k', '-bufsize', '500k'],
    ...['-g', '60', '-sc_threshold', '0', '-bf', '0', '-pix_fmt', 'yuv420p'],
  ],
} as const;
const KEYFRAMES = {
  name: 'testsrc2-180p25-10s-intra-aac.flv',
  recipe: [
    ...['-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=25:duration=10'],
    ...['-f', 'lavfi', '-i', 'anoisesrc=sample_rate=48000:amplitude=0.1:duration=10:seed=1', '-ac', '2'],
    ...['-c:a', 'aac', '-b:a', '96k', '-c:v', 'libx264', '-preset', 'veryfast', '-tune', 'zerolatency', '-crf', '30'],
    ...['-g', '1', '-pix_fmt', 'yuv420p'],
  ],
} as const;
/** A show whose groups of pictures files are cut out of, from as many places, of up to so many groups. */
const [PLACES, GROUPS, GROUP_SECONDS] = [40, 6, 2];
const show = (noise: number): Recipe => ({
  name: `testsrc2-noise${String(noise)}-1080p30-92s-gop60-crf23.mp4`,
  recipe: [...noisy((PLACES + GROUPS) * GROUP_SECONDS, noise), '-sc_threshold', '0'],
});
/** What a phone records has 12 Mbit/s and keyframes of 290 KB; what platforms deliver has 6 Mbit/s and keyframes of 90 KB. */
const NOISE = { recorded: 8, delivered: 4 } as const;
/** A slow machine encodes 300 frames of 1080p in a minute, and the longest clip has 2,760. */
const ENCODE_DEADLINE = 1_200_000;

/** How videos come: from those who record them, or to those who watch them. */
export type ClipKind = keyof typeof NOISE;

/** The caller's clip, or the generated one. */
export async function findClip(input: string | undefined): Promise<Clip> {
  return describe(input ?? (await made(SAMPLE)));
}

/** The caller's clip, or the generated one of ten minutes with a keyframe every two seconds; it takes 860 MB. */
export async function findLongClip(input: string | undefined): Promise<Clip> {
  if (input !== undefined) return describe(input);
  const piece = await made(PIECE);
  return describe(await made({ name: LONG, recipe: ['-stream_loop', '29', '-i', piece, '-c', 'copy'] }));
}

/** A show of a minute and a half in 1080p, with a keyframe every two seconds. */
export async function findShow(): Promise<Clip> {
  return describe(await made(show(NOISE.recorded)));
}

/** An MP4 of 100 MB with its index behind the media, as ffmpeg writes it, or before it, as `-movflags faststart` does. */
export async function findLargeMp4(index: 'front' | 'end'): Promise<string> {
  const piece = await made(PIECE);
  const recipe = ['-stream_loop', '-1', '-i', piece, '-c', 'copy', '-fs', '100M'];
  return made({
    name: `index-at-${index}-100M-of-${PIECE.name}`,
    recipe: [...recipe, ...(index === 'front' ? ['-movflags', 'faststart'] : [])],
  });
}

/**
 * Different files of 1080p, as a platform has them by the thousand: 4 to 12 s, a group of pictures every two seconds. They
 * are cut out of one show at 40 places, so that encoding it takes a minute and not ten.
 * @returns their paths
 */
export async function findManyClips(count: number, kind: ClipKind): Promise<string[]> {
  const paths: string[] = [];
  const source = show(NOISE[kind]);
  for (let i = 0; i < count; i++) {
    const [place, groups] = [i % PLACES, 2 + Math.floor(i / PLACES)];
    const whole = await made(source);
    const range = ['-ss', String(place * GROUP_SECONDS), '-i', whole, '-t', String(groups * GROUP_SECONDS)];
    paths.push(await made({ name: `${String(i)}-of-${source.name}`, recipe: [...range, '-c', 'copy'] }));
  }
  return paths;
}

/** A live stream as a camera sends it: no picture is reordered, in FLV. */
export function findLiveClip(): Promise<string> {
  return made(LIVE);
}

/** What an encoder sends to a live platform: 720p at 30 a second with sound, 600 kb/s, a keyframe every two seconds, in FLV. */
export function findBroadcast(): Promise<string> {
  return made(BROADCAST);
}

/** A small stream with sound of which every picture is a keyframe, 25 a second, and no frame is like another one; in FLV. */
export function findKeyframes(): Promise<string> {
  return made(KEYFRAMES);
}

async function describe(path: string): Promise<Clip> {
  await using engine = new Engine();
  const { video, duration = 0 } = await engine.probe(path, { scan: false });
  const rate = video.frameRate === undefined ? '' : `, ${String(Math.round(video.frameRate * 100) / 100)} fps`;
  const text = `${basename(path)}: ${video.codec} ${String(video.stored.width)}x${String(video.stored.height)}${rate}, ${duration.toFixed(1)} s`;
  return { path, duration, text };
}

async function made({ name, recipe }: Recipe): Promise<string> {
  const path = join(CACHE, name);
  if (existsSync(path)) return path;
  await mkdir(CACHE, { recursive: true });
  const unfinished = join(CACHE, `${String(process.pid)}${extname(name)}`);
  try {
    await runChild('ffmpeg', ['-v', 'error', '-y', ...recipe, unfinished], { deadline: ENCODE_DEADLINE });
    await rename(unfinished, path);
  } finally {
    await rm(unfinished, { force: true });
  }
  return path;
}
