// Processing on one command: it decodes, filters, encodes and brings the sound, and nothing passes through JavaScript.
import { FramerailError, type Ratio } from '../../../base/index.js';
import { isRgb } from '../../../pixels/index.js';
import { DEFAULT_LIMITS } from '../../../sources/index.js';
import { passthrough } from '../../spawned/decode-run.js';
import { PictureNotes, SHOW_PICTURES, type ColorNames, type PictureNote } from '../../spawned/picture-notes.js';
import type { JobContext } from '../../../workers/index.js';
import type { ProcessCommand, ProcessJobResult } from '../process-params.js';
import { blamesFilters, filterFailure } from './command-failure.js';
import { timingOf } from './decode-plan.js';
import { DRAWN, NO_DURATION, planEncode } from './encode-plan.js';
import { EncodeRun } from './encode-run.js';
import type { ProcessStart } from './process-start.js';
import { expectedDuration, jobResult, NOT_CHANGED } from './process-result.js';

/** What the filters give. */
interface Sample {
  readonly note: Pick<PictureNote, 'format' | 'width' | 'height'>;
  readonly color: ColorNames;
  readonly timeBase: Ratio;
  readonly frameRate: Ratio;
}

const PROGRESS_INTERVAL = 200;

/** Runs it. */
export async function runAlone(start: ProcessStart): Promise<ProcessJobResult> {
  const { session, context, params, headers, stream, output } = start;
  if (output === undefined || params.output === null)
    throw new FramerailError('FR_INTERNAL', 'A command alone needs an output.');
  const sample = await sampleOf(start);
  const { note } = sample;
  const plan = planEncode(
    output.encoder,
    {
      ...sample,
      size: params.size ?? note,
      format: note.format,
      original: note.format,
      color: isRgb(note.format) ? DRAWN : sample.color,
      chromaLocation: timingOf(headers, stream).chromaLocation,
    },
    { container: output.container, threads: params.threads },
  );
  const sides = params.size === null ? '' : `${String(params.size.width)}:${String(params.size.height)}:`;
  const scale = params.size === null ? [] : [`scale=${sides}flags=bicubic`];
  const args = [
    ...inputArgs(start),
    ...output.beside.maps(stream.index, { video: `0:${String(stream.index)}`, source: 0 }),
    ...(params.from > 0 ? ['-copypriorss', '0'] : []),
    ...NO_DURATION,
    ...[
      '-map_chapters',
      '-1',
      '-filter:v',
      [...ownFilters(start), SHOW_PICTURES, ...scale, ...plan.filters, 'null'].join(','),
    ],
    ...[...passthrough(session.build), ...plan.args],
  ];
  context.notify({ kind: 'started', duration: expectedDuration(params, headers), encoder: plan.report });
  let finishing = false;
  const counter = new Counter((frames, time) => {
    context.notify({ kind: 'progress', frames, time, bytes: run.bytes });
  });
  const run: EncodeRun = new EncodeRun({
    ...{ session, context, args, container: output.container, fed: false },
    output: params.output,
    onReport: (text) => {
      counter.hear(text);
      // Not before there is a frame: a video of none is nothing.
      if (finishing && counter.frames > 0) run.command.finish();
    },
  });
  const commands = new Commands(context, () => {
    finishing = true;
    if (counter.frames > 0) run.command.finish();
  });
  await run.finish();
  const { lines } = run.command.log;
  if (counter.frames === 0) throw noFrame(start, lines);
  return jobResult(start, {
    decoded: counter.notes.decoded ?? counter.frames,
    // Pictures that were on their way into the encoder when it was stopped did not get there.
    encoded: counter.notes.encoded ?? counter.frames,
    dropped: 0,
    late: 0,
    damagedPackets: run.command.log.refusedPackets,
    decoder: counter.notes.decoder ?? start.decoder,
    encoder: plan.report,
    bytes: run.bytes,
    duration: counter.duration,
    log: [...headers.log, ...lines, ...(commands.updates > 0 ? [NOT_CHANGED] : [])],
  });
}

/** Hears what the parent wants while the command runs. */
class Commands {
  /** Changes that were asked for. */
  updates = 0;

  constructor(context: JobContext, finish: () => void) {
    // A job that was cancelled has its command killed, and learns of it there.
    this.#listen(context, finish).catch(() => undefined);
  }

  async #listen(context: JobContext, finish: () => void): Promise<never> {
    for (;;) {
      for (let mail = context.takeMail(); mail !== undefined; mail = context.takeMail()) {
        if (mail.kind !== 'command') continue;
        const { kind } = mail.payload as ProcessCommand;
        if (kind === 'update') this.updates += 1;
        if (kind === 'finish') finish();
      }
      await context.pause();
    }
  }
}

/** Turning and cutting is ffmpeg's own business here. */
function inputArgs({ session, params }: ProcessStart): string[] {
  const { from, to, upright, threads } = params;
  const stored = ['-noautorotate', ...(session.build.release >= 7.1 ? ['-apply_cropping', 'codec'] : [])];
  return [
    ...(from > 0 ? ['-ss', from.toFixed(6)] : []),
    ...(to === null ? [] : ['-t', (to - from).toFixed(6)]),
    ...(upright ? [] : stored),
    ...['-threads', String(threads), '-max_pixels', String(DEFAULT_LIMITS.maxPixels), ...session.inputArgs],
  ];
}

function ownFilters({ headers, params }: ProcessStart): string[] {
  return [
    // ffmpeg makes times up for a bare stream; ours count its pictures.
    ...(headers.untimed ? ['setpts=N/FRAME_RATE/TB'] : []),
    ...(params.filters === null ? [] : [params.filters]),
  ];
}

/** What the first picture looks like behind the filters; what the headers say, where nothing changes it. */
async function sampleOf(start: ProcessStart): Promise<Sample> {
  const { session, context, params, headers, stream } = start;
  const { timeBase, frameRate } = timingOf(headers, stream);
  const notes = new PictureNotes();
  let first: PictureNote | undefined;
  const command = session.startReading('head', {
    command: 'ffmpeg',
    args: [
      ...['-hide_banner', '-nostdin', '-nostats', '-loglevel', 'level+info', ...inputArgs(start)],
      ...['-map', `0:${String(stream.index)}`, '-filter:v', [...ownFilters(start), SHOW_PICTURES].join(',')],
      ...[...passthrough(session.build), '-frames:v', '1', '-f', 'null', '-'],
    ],
    onReport: (text) => {
      const note = text === undefined ? undefined : notes.hear(text);
      first ??= note;
    },
  });
  const ended = await command.end();
  session.rethrow();
  await context.breathe();
  const { lines } = command.log;
  if (first === undefined && params.filters !== null && ended?.code !== 0 && blamesFilters(lines))
    throw filterFailure(lines, params.filters);
  if (first === undefined) throw noFrame(start, lines);
  return {
    note: first,
    color: notes.color,
    timeBase: notes.timeBase ?? timeBase,
    frameRate: notes.frameRate.num > 0 ? notes.frameRate : frameRate,
  };
}

function noFrame({ session, stream }: ProcessStart, log: ProcessJobResult['log']): FramerailError {
  const cause = log.find(({ level }) => level === 'error')?.text;
  return new FramerailError(
    'FR_DECODE_NO_FRAME',
    `${session.source.name} has a video stream (${stream.codec}) but no frame of it could be decoded in the wanted range.${cause === undefined ? '' : ` FFmpeg says: ${cause}`}`,
    { details: { log } },
  );
}

/** Counts the pictures on their way into the encoder. */
class Counter {
  readonly notes = new PictureNotes();
  frames = 0;
  readonly #progress: (frames: number, time: number) => void;
  #start: number | undefined;
  #end = 0;
  #lastProgress = performance.now();

  constructor(progress: (frames: number, time: number) => void) {
    this.#progress = progress;
  }

  /** Seconds from the first frame to the end of the last one. */
  get duration(): number {
    return this.#end - (this.#start ?? this.#end);
  }

  hear(text: string): void {
    const note = this.notes.hear(text);
    if (note === undefined) return;
    const { timeBase = { num: 0, den: 1 }, frameRate } = this.notes;
    const tick = timeBase.num / timeBase.den;
    const usual = frameRate.num > 0 ? frameRate.den / frameRate.num : 0;
    const time = Number(note.pts ?? 0n) * tick;
    this.frames += 1;
    this.#start ??= time;
    this.#end = Math.max(this.#end, time + (note.duration > 0n ? Number(note.duration) * tick : usual));
    const now = performance.now();
    if (now - this.#lastProgress < PROGRESS_INTERVAL) return;
    this.#lastProgress = now;
    this.#progress(this.frames, this.#end);
  }
}
