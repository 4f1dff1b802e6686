// The job behind `covers.make()` where commands run: one ffmpeg finds the keyframe, shapes it and writes the image.
import type { VideoStreamInfo } from '../../av/index.js';
import { FramerailError } from '../../base/index.js';
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
import type { Cover } from '../cover-job.js';
import type { CoverParams } from '../cover-params.js';
import { planCover, type CoverPlan } from '../plan.js';
import { coverFilters } from './cover-filters.js';

/** Runs the job. */
export default async function spawnedCoverJob(rawParams: unknown, context: JobContext): Promise<Cover> {
  const params = rawParams as CoverParams;
  const session = await CommandSession.open(context);
  try {
    return await makeCover(session, params, context);
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

async function makeCover(session: CommandSession, params: CoverParams, context: JobContext): Promise<Cover> {
  const started = performance.now();
  const headers = await readHeaders(session);
  const { name } = session.source;
  const stream = pickVideo(name, headers.streams, params.stream ?? undefined);
  const allowed = decoderOf(name, stream);
  const search = { session, context, headers, stream, time: await targetTime(session, headers, stream, params) };
  const opened = performance.now();
  const whole = { x: 0, y: 0, ...stream.stored };
  const plan = planCover(stream.crop ?? whole, stream.pixelAspect, stream.orientation, params);
  const found = await takeKeyframe(search, plan, params);
  const ended = performance.now();
  // One command does all the rest: nobody knows how long each stage of it took.
  const timings = { open: opened - started, seek: 0, decode: ended - opened, scale: 0, encode: 0 };
  return {
    data: found.image,
    ...plan.box,
    pts: found.time,
    damaged: false,
    decoder: found.decoder ?? allowed,
    timings: { ...timings, total: ended - started },
    log: [...headers.log, ...found.log],
  };
}

/** The wanted time in seconds; one after the end that the header gives is only believed wrong by the packets. */
async function targetTime(
  session: CommandSession,
  headers: Headers,
  stream: VideoStreamInfo,
  { at }: CoverParams,
): Promise<number> {
  const duration = stream.duration ?? headers.duration;
  // A file that does not say how long it is has a first frame all the same.
  if (at.kind === 'fraction') return (duration ?? 0) * at.fraction;
  const { seconds } = at;
  if (duration === undefined || seconds <= duration) return seconds;
  const end = await lastEnd(session, headers, stream);
  if (seconds <= end) return seconds;
  throw new FramerailError(
    'FR_TIME_BEYOND_END',
    `The time ${String(seconds)} s lies beyond the end of ${session.source.name} (it lasts ${end.toFixed(3)} s).`,
    { details: { time: seconds, duration: end } },
  );
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
async function takeKeyframe(search: Search, plan: CoverPlan, params: CoverParams): Promise<Taken> {
  const { headers, time } = search;
  if (EXACT.test(headers.container)) {
    const taken = await take(search, plan, params, { seek: time, select: undefined });
    if (taken !== undefined && taken.time <= time + EPSILON) return taken;
  }
  const seekable = !headers.untimed;
  for (let back = STEP_BACK; seekable && back < time; back *= 4) {
    const found = await lastKeyframe(search, time - back);
    if (found !== undefined) return orNext(search, plan, params, time - back, found);
  }
  return orNext(search, plan, params, undefined, await lastKeyframe(search, undefined));
}

/** The keyframe at a time, or the first that can be decoded. */
async function orNext(
  search: Search,
  plan: CoverPlan,
  params: CoverParams,
  seek: number | undefined,
  at: bigint | undefined,
): Promise<Taken> {
  const select = at === undefined ? undefined : `gte(pts,${String(at)})`;
  const taken = await take(search, plan, params, { seek, select });
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
  plan: CoverPlan,
  { quality, background }: CoverParams,
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
