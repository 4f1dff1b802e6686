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
import { pickVideo } from '../../sources/index.js';
import { CommandSession, type CommandLine } from '../../spawned/index.js';
import type { JobContext } from '../../workers/index.js';
import { beyondEnd } from '../choice/beyond-end.js';
import { isStill } from '../choice/still.js';
import type { CoverLimits, CoverParams, CoverPlace, TimedPlace } from '../cover-params.js';
import type { CoverSet, CoverShot, SetImage } from '../cover.js';
import { KeyframeImages } from './keyframe-images.js';
import { lookOf, type PictureLook } from './picture-look.js';

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
  readonly look: PictureLook;
  readonly limits: CoverLimits;
  /** Whether the picture on display is wanted, and not the keyframe at or before it. */
  readonly exact: boolean;
  /** Where the picture is looked for, in seconds. */
  readonly time: number;
}

/** What is made of a picture. */
interface Wanted {
  readonly filters: readonly string[];
  /** How what comes out of the filters is written to standard output. */
  readonly output: readonly string[];
}

async function makeCovers(session: CommandSession, params: CoverParams, context: JobContext): Promise<CoverSet> {
  const started = performance.now();
  const headers = await readHeaders(session);
  const { name } = session.source;
  const { limits, precision } = params;
  const stream = pickVideo(name, headers.streams, params.stream ?? undefined, limits);
  const small = params.shapes.every(({ size }) => size !== null && size.height * 3 <= stream.stored.height);
  const look = lookOf(stream, headers.samples.get(stream.index), small);
  let decoder = decoderOf(name, stream);
  const opened = performance.now();
  const [images, shots, log]: [SetImage[], CoverShot[], CommandLine[]] = [[], [], [...headers.log]];
  for (const [shot, place] of params.places.entries()) {
    const time = await targetTime(session, headers, stream, timed(place));
    const search = { session, context, headers, stream, look, limits, exact: precision === 'exact', time };
    let found: Taken | undefined;
    const maker = new KeyframeImages({
      session,
      stream,
      look,
      chroma: headers.timings.get(stream.index)?.chromaLocation,
      image: params.image,
      breathe: () => context.breathe(),
      // Each is the work of a command of its own, which decodes the picture again.
      take: async (filters, output) => {
        found = await takePicture(search, { filters, output });
        decoder = found.decoder ?? decoder;
        log.push(...found.log);
        return found.bytes;
      },
    });
    for (const shape of params.shapes) images.push({ ...(await maker.make(shape)), shot });
    const pts = isStill(stream, headers.container) ? 0 : (found?.time ?? time);
    shots.push({ pts, damaged: false, toneMapped: look.toneMapped });
  }
  const ended = performance.now();
  // One command does all the rest: nobody knows how long each stage of it took.
  const timings = { open: opened - started, seek: 0, decode: ended - opened, analyse: 0, scale: 0, encode: 0 };
  const decoding = { backend: 'software', reason: 'Commands decode in software.', attempts: [] } as const;
  return { images, shots, decoder, decoding, timings: { ...timings, total: ended - started }, log };
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
  // A single picture is on display at all times.
  if (isStill(stream, headers.container)) return 0;
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

/** What a command gave. */
interface Taken {
  readonly bytes: Uint8Array;
  readonly time: number;
  readonly decoder: string | undefined;
  readonly log: readonly CommandLine[];
}

/** Containers that are sought by the times of pictures: elsewhere ffmpeg seeks a little earlier, and lands a group early. */
const EXACT = /^(mov|matroska|gif|apng)/;
/** How far the search for the last keyframe steps back at first, where a seek may land anywhere. Seconds. */
const STEP_BACK = 10;
const EPSILON = 1e-6;

/** The wanted picture at or before the time; the first one after it where there is none. */
async function takePicture(search: Search, wanted: Wanted): Promise<Taken> {
  const { headers, time, exact } = search;
  if (EXACT.test(headers.container) && exact) {
    const found = await lastPicture(search, time);
    if (found !== undefined) return orNext(search, wanted, time, found);
  } else if (EXACT.test(headers.container)) {
    const taken = await take(search, wanted, { seek: time, select: undefined });
    if (taken !== undefined && taken.time <= time + EPSILON) return taken;
  }
  const seekable = !headers.untimed;
  for (let back = STEP_BACK; seekable && back < time; back *= 4) {
    const found = await lastPicture(search, time - back);
    if (found !== undefined) return orNext(search, wanted, time - back, found);
  }
  return orNext(search, wanted, undefined, await lastPicture(search, undefined));
}

/** The picture at a time, or the first that can be decoded. */
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

/** Decodes from a place on, keyframes alone where only those are wanted; times stay those of the file. */
function decodeArgs(search: Search, seek: number | undefined): string[] {
  const { session, headers, stream, look, limits, exact } = search;
  const place = seek === undefined || headers.untimed ? [] : ['-noaccurate_seek', '-ss', (seek + EPSILON).toFixed(6)];
  return [
    ...['-hide_banner', '-nostdin', '-nostats', '-loglevel', 'level+info', '-copyts', '-noautorotate'],
    ...[...(session.build.release >= 7.1 ? ['-apply_cropping', 'codec'] : []), ...place],
    // Pictures can only be counted when all of them are decoded.
    ...(headers.untimed || exact ? [] : ['-skip_frame', 'nokey']),
    ...['-threads', '1', '-max_pixels', String(limits.maxPixels), ...look.decoderArgs],
    ...[...session.inputArgs, '-map', `0:${String(stream.index)}`],
    ...(session.build.release >= 5.1 ? ['-fps_mode', 'passthrough'] : ['-vsync', 'passthrough']),
  ];
}

/** ffmpeg makes times up for a bare stream; ours count its pictures. */
const COUNT = 'setpts=N/FRAME_RATE/TB';

/** The timestamp of the last wanted picture at or before the time, from a place on; undefined where there is none. */
async function lastPicture(search: Search, seek: number | undefined): Promise<bigint | undefined> {
  const { session, headers, time, context, limits } = search;
  const notes = new PictureNotes();
  let [last, passed, heard]: [bigint | undefined, boolean, number] = [undefined, false, 0];
  const command = session.start({
    command: 'ffmpeg',
    args: [...decodeArgs(search, seek), '-filter:v', filtersOf(search, [SHOW_PICTURES]), '-f', 'null', '-'],
    onReport: (text) => {
      const note = text === undefined ? undefined : notes.hear(text);
      const at = note === undefined ? undefined : timeOf(note, notes, headers);
      if (at === undefined || note === undefined || passed) return;
      passed = at > time + EPSILON || ++heard > limits.maxDecodedFrames;
      if (passed) command.kill();
      else last = note.pts;
    },
  });
  await command.end();
  session.rethrow();
  await context.breathe();
  if (heard > limits.maxDecodedFrames) throw tooMany(session.source.name, limits.maxDecodedFrames);
  return last;
}

function tooMany(name: string, most: number): FramerailError {
  return new FramerailError(
    'FR_INPUT_LIMIT',
    `${name} has its keyframes so far apart that more than ${String(most)} frames would have to be decoded for what is wanted; take keyframes, or raise the limit.`,
    { details: { maxDecoded: most } },
  );
}

function filtersOf({ headers, exact }: Search, filters: readonly string[]): string {
  return [...(headers.untimed ? [COUNT] : []), ...(exact ? [] : ["select='eq(key,1)'"]), ...filters].join(',');
}

function timeOf({ pts }: PictureNote, { timeBase }: PictureNotes, { untimed, startTime }: Headers): number | undefined {
  if (pts === undefined || timeBase === undefined) return undefined;
  return (Number(pts) * timeBase.num) / timeBase.den - (untimed ? 0 : startTime);
}

/** What the first wanted picture from a place on becomes; undefined where none can be decoded. */
async function take(
  search: Search,
  wanted: Wanted,
  from: { readonly seek: number | undefined; readonly select: string | undefined },
): Promise<Taken | undefined> {
  const { session, context, headers } = search;
  const notes = new PictureNotes();
  let first: PictureNote | undefined;
  const chosen = from.select === undefined ? [] : [`select='${from.select}'`];
  const filters = filtersOf(search, [...chosen, SHOW_PICTURES, ...wanted.filters]);
  const command = session.start({
    command: 'ffmpeg',
    args: [...decodeArgs(search, from.seek), '-filter:v', filters, '-frames:v', '1', ...wanted.output],
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
  return { bytes: Uint8Array.from(Buffer.concat(pieces)), time, decoder: notes.decoder, log: command.log.lines };
}
