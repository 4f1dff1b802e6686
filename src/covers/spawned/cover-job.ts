// The job behind `covers.make()` where commands run: one ffmpeg finds the keyframe, shapes it and writes the image.
import type { VideoStreamInfo } from '../../av/index.js';
import { argumentError, FramerailError } from '../../base/index.js';
import {
  decoderOf,
  PictureNotes,
  readHeaders,
  SHOW_PICTURES,
  type Headers,
  type PictureNote,
} from '../../frames/index.js';
import { DEFAULT_LIMITS, pickVideo } from '../../sources/index.js';
import { jpegQuantiser } from '../../spelling/index.js';
import { CommandSession, type CommandLine } from '../../spawned/index.js';
import type { JobContext } from '../../workers/index.js';
import { beyondEnd } from '../choice/beyond-end.js';
import type { CoverParams, CoverPlace, CoverShape, TimedPlace } from '../cover-params.js';
import type { CoverSet, CoverShot, SetImage } from '../cover.js';
import type { ImageWish } from '../images/index.js';
import { planCover, type CoverPlan } from '../shape/plan.js';
import { coverFilters } from './cover-filters.js';

/** Runs the job. */
export default async function spawnedCoverJob(rawParams: unknown, context: JobContext): Promise<CoverSet> {
  const params = rawParams as CoverParams;
  const session = await CommandSession.open(context);
  try {
    return await makeCovers(session, params, context);
  } catch (error) {
    // Killed by a cancellation, a command looks as if it had failed.
    await context.breathe();
    throw error;
  } finally {
    await session.close();
  }
}

/** What a search works on. */
interface Search {
  readonly session: CommandSession;
  readonly context: JobContext;
  readonly headers: Headers;
  readonly stream: VideoStreamInfo;
  /** Where the keyframe is looked for, in seconds. */
  readonly time: number;
}

/** What is made of a keyframe. */
interface Wanted extends ImageWish {
  readonly plan: CoverPlan;
  readonly background: CoverShape['background'];
}

async function makeCovers(session: CommandSession, params: CoverParams, context: JobContext): Promise<CoverSet> {
  const started = performance.now();
  const headers = await readHeaders(session);
  const { name } = session.source;
  const stream = pickVideo(name, headers.streams, params.stream ?? undefined);
  let decoder = decoderOf(name, stream);
  const opened = performance.now();
  const [images, shots, log]: [SetImage[], CoverShot[], CommandLine[]] = [[], [], [...headers.log]];
  for (const [shot, place] of params.places.entries()) {
    const search = {
      session,
      context,
      headers,
      stream,
      time: await targetTime(session, headers, stream, timed(place)),
    };
    // Each image is the work of a command of its own, which decodes the keyframe again.
    for (const [index, shape] of params.shapes.entries()) {
      const whole = { x: 0, y: 0, ...stream.stored };
      const plan = planCover(stream.crop ?? whole, stream.pixelAspect, stream.orientation, shape);
      const found = await takeKeyframe(search, { ...params.image, plan, background: shape.background });
      if (index === 0) shots.push({ pts: found.time, damaged: false });
      images.push({ data: found.image, format: params.image.format, ...plan.box, shot });
      decoder = found.decoder ?? decoder;
      log.push(...found.log);
    }
  }
  const ended = performance.now();
  // One command does all the rest: nobody knows how long each stage of it took.
  const timings = { open: opened - started, seek: 0, decode: ended - opened, analyse: 0, scale: 0, encode: 0 };
  return { images, shots, decoder, timings: { ...timings, total: ended - started }, log };
}

/** A place that commands can find: they hand over images, and no pictures to compare. */
function timed(place: CoverPlace): TimedPlace {
  if (place.kind !== 'best') return place;
  throw argumentError('at', "seconds, a percentage or 'middle' where commands decode (`backend: 'spawn'`)", 'best');
}

/** The wanted time in seconds; one after the end that the header gives is only believed wrong by the packets. */
async function targetTime(
  session: CommandSession,
  headers: Headers,
  stream: VideoStreamInfo,
  place: TimedPlace,
): Promise<number> {
  const duration = stream.duration ?? headers.duration;
  // A file that does not say how long it is has a first frame all the same.
  if (place.kind === 'fraction') return (duration ?? 0) * place.fraction;
  const { seconds } = place;
  if (duration === undefined || seconds <= duration) return seconds;
  const end = await lastEnd(session, headers, stream);
  if (seconds <= end) return seconds;
  throw beyondEnd(session.source.name, seconds, end);
}

/** Where the last packet ends: headers leave out that a video may start late. */
async function lastEnd(session: CommandSession, { startTime }: Headers, { index }: VideoStreamInfo): Promise<number> {
  const show = ['-select_streams', String(index), '-show_entries', 'packet=pts_time,duration_time', '-of', 'csv=p=0'];
  const probe = session.start({
    command: 'ffprobe',
    args: ['-loglevel', 'level+error', '-hide_banner', ...show, ...session.inputArgs],
  });
  let [end, rest] = [0, ''];
  await probe.during(
    probe.out.take(Number.POSITIVE_INFINITY, (bytes) => {
      const lines = (rest + Buffer.from(bytes).toString('latin1')).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const [time = Number.NaN, duration = Number.NaN] = line.split(',').map(Number);
        if (Number.isFinite(time)) end = Math.max(end, time - startTime + (Number.isFinite(duration) ? duration : 0));
      }
    }),
  );
  await probe.end();
  session.rethrow();
  return end;
}

/** A finished image. */
interface Taken {
  readonly image: Uint8Array;
  readonly time: number;
  readonly decoder: string | undefined;
  readonly log: readonly CommandLine[];
}

/** Containers that are sought by the times of pictures: elsewhere ffmpeg seeks a little earlier, and lands a group early. */
const EXACT = /^(mov|matroska|gif|apng)/;
/** How far the search for the last keyframe steps back at first, where a seek may land anywhere. Seconds. */
const STEP_BACK = 10;
const EPSILON = 1e-6;

/** The keyframe at or before the time; the first one after it where there is none. */
async function takeKeyframe(search: Search, wanted: Wanted): Promise<Taken> {
  const { headers, time } = search;
  if (EXACT.test(headers.container)) {
    const taken = await take(search, wanted, { seek: time, select: undefined });
    if (taken !== undefined && taken.time <= time + EPSILON) return taken;
  }
  const seekable = !headers.untimed;
  for (let back = STEP_BACK; seekable && back < time; back *= 4) {
    const found = await lastKeyframe(search, time - back);
    if (found !== undefined) return orNext(search, wanted, time - back, found);
  }
  return orNext(search, wanted, undefined, await lastKeyframe(search, undefined));
}

/** The keyframe at a time, or the first that can be decoded. */
async function orNext(
  search: Search,
  wanted: Wanted,
  seek: number | undefined,
  at: bigint | undefined,
): Promise<Taken> {
  const select = at === undefined ? undefined : `gte(pts,${String(at)})`;
  const taken = await take(search, wanted, { seek, select });
  if (taken !== undefined) return taken;
  const { session, stream } = search;
  throw new FramerailError(
    'FR_DECODE_NO_FRAME',
    `${session.source.name} has a video stream (${stream.codec}) but no keyframe of it could be decoded.`,
    { details: { damagedPackets: 0 } },
  );
}

/** Decodes keyframes alone, from a place on; times stay those of the file. */
function keyframeArgs({ session, headers, stream }: Search, seek: number | undefined): string[] {
  const place = seek === undefined || headers.untimed ? [] : ['-noaccurate_seek', '-ss', (seek + EPSILON).toFixed(6)];
  return [
    ...['-hide_banner', '-nostdin', '-nostats', '-loglevel', 'level+info', '-copyts', '-noautorotate'],
    ...[...(session.build.release >= 7.1 ? ['-apply_cropping', 'codec'] : []), ...place],
    // Pictures can only be counted when all of them are decoded.
    ...(headers.untimed ? [] : ['-skip_frame', 'nokey']),
    ...['-threads', '1', '-max_pixels', String(DEFAULT_LIMITS.maxPixels)],
    ...[...session.inputArgs, '-map', `0:${String(stream.index)}`],
    ...(session.build.release >= 5.1 ? ['-fps_mode', 'passthrough'] : ['-vsync', 'passthrough']),
  ];
}

/** ffmpeg makes times up for a bare stream; ours count its pictures. */
const COUNT = 'setpts=N/FRAME_RATE/TB';

/** The timestamp of the last keyframe at or before the time, from a place on; undefined where there is none. */
async function lastKeyframe(search: Search, seek: number | undefined): Promise<bigint | undefined> {
  const { session, headers, time, context } = search;
  const notes = new PictureNotes();
  let [last, passed]: [bigint | undefined, boolean] = [undefined, false];
  const command = session.start({
    command: 'ffmpeg',
    args: [...keyframeArgs(search, seek), '-filter:v', filtersOf(headers, [SHOW_PICTURES]), '-f', 'null', '-'],
    onReport: (text) => {
      const note = text === undefined ? undefined : notes.hear(text);
      const at = note === undefined ? undefined : timeOf(note, notes, headers);
      if (at === undefined || note === undefined || passed) return;
      passed = at > time + EPSILON;
      if (passed) command.kill();
      else last = note.pts;
    },
  });
  await command.end();
  session.rethrow();
  await context.breathe();
  return last;
}

function filtersOf(headers: Headers, filters: readonly string[]): string {
  return [...(headers.untimed ? [COUNT] : []), "select='eq(key,1)'", ...filters].join(',');
}

function timeOf({ pts }: PictureNote, { timeBase }: PictureNotes, { untimed, startTime }: Headers): number | undefined {
  if (pts === undefined || timeBase === undefined) return undefined;
  return (Number(pts) * timeBase.num) / timeBase.den - (untimed ? 0 : startTime);
}

/** Makes the image of the first keyframe from a place on; undefined where none can be decoded. */
async function take(
  search: Search,
  { plan, quality, background }: Wanted,
  from: { readonly seek: number | undefined; readonly select: string | undefined },
): Promise<Taken | undefined> {
  const { session, context, headers, stream } = search;
  const notes = new PictureNotes();
  let first: PictureNote | undefined;
  const chosen = from.select === undefined ? [] : [`select='${from.select}'`];
  const chroma = headers.timings.get(stream.index)?.chromaLocation;
  const filters = [...chosen, SHOW_PICTURES, ...coverFilters(plan, { stored: stream.stored, chroma }, background)];
  const command = session.start({
    command: 'ffmpeg',
    args: [
      ...[...keyframeArgs(search, from.seek), '-filter:v', filtersOf(headers, filters), '-frames:v', '1'],
      ...['-c:v', 'mjpeg', '-qmin', '1', '-q:v', String(jpegQuantiser(quality)), '-f', 'mjpeg', 'pipe:1'],
    ],
    onReport: (text) => {
      const note = text === undefined ? undefined : notes.hear(text);
      first ??= note;
    },
  });
  const pieces: Buffer[] = [];
  await command.during(
    command.out.take(Number.POSITIVE_INFINITY, (bytes) => {
      pieces.push(Buffer.from(bytes));
    }),
  );
  const ended = await command.end();
  session.rethrow();
  await context.breathe();
  if (first === undefined || ended?.code !== 0 || pieces.length === 0) return undefined;
  const time = timeOf(first, notes, headers) ?? 0;
  return { image: Uint8Array.from(Buffer.concat(pieces)), time, decoder: notes.decoder, log: command.log.lines };
}
