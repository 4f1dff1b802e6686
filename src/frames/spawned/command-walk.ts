// Walks the pictures that ffmpeg decodes, in order, and jumps ahead with another ffmpeg when that saves decoding.
import type { VideoStreamInfo } from '../../av/index.js';
import { FramerailError } from '../../base/index.js';
import {
  isRgb,
  needsTurn,
  oriented,
  planLayout,
  turnFilters,
  UPRIGHT,
  type PictureLayout,
  type Turn,
} from '../../pixels/index.js';
import { DEFAULT_LIMITS } from '../../sources/index.js';
import type { CommandLine, CommandSession } from '../../spawned/index.js';
import type { Walk } from '../choose.js';
import type { FramesParams } from '../selection.js';
import type { Step } from '../walker.js';
import { DecodeRun, type PictureNote } from './decode-run.js';
import type { Headers } from './headers.js';
import { BrokenPicture, RawPicture } from './raw-picture.js';

/** Distances below this are decoded through: another ffmpeg takes about as long to start. Seconds. */
const JUMP_WORTH = 2;
/** The first picture may be reached by a seek from here on, as an ffmpeg must be started anyway. Seconds. */
const FIRST_JUMP = 0.5;
/** How far the search first steps back where a seek lands between keyframes. Seconds. */
const FIRST_STEP_BACK = 1;
const EPSILON = 1e-6;

/** What a walk works on. */
export interface WalkOptions {
  readonly session: CommandSession;
  readonly headers: Headers;
  readonly stream: VideoStreamInfo;
  readonly params: FramesParams;
  /** Called for every picture; throws to stop. */
  readonly breathe: () => undefined | Promise<void>;
}

/** Decodes and jumps; one per job. */
export class CommandWalk implements Walk<RawPicture> {
  /** Pictures that ffmpeg announced so far. */
  decoded = 0;
  readonly #options: WalkOptions;
  /** Whether a picture may be wanted after the next one was looked at: then it is held, and else left out. */
  readonly #looksAhead: boolean;
  // Two pictures in turn, so that a caller may compare a step with the one before.
  readonly #pictures: [RawPicture, RawPicture] = [new RawPicture(), new RawPicture()];
  #turn: 0 | 1 = 0;
  #run: DecodeRun | undefined;
  #peeked: PictureNote | undefined;
  #lastTime: number | undefined;
  #lastDuration = 0;
  #layout: PictureLayout | undefined;
  #decoder: string | undefined;
  #refusedPackets = 0;
  readonly #log: CommandLine[] = [];

  constructor(options: WalkOptions) {
    this.#options = options;
    const { kind } = options.params.selection;
    this.#looksAhead = kind === 'times' || kind === 'every';
  }

  /** How every picture is laid out; the first one decides. */
  get layout(): PictureLayout {
    if (this.#layout === undefined) throw new FramerailError('FR_INTERNAL', 'There is no layout before a picture.');
    return this.#layout;
  }

  /** FFmpeg's name of the decoder; undefined before the first picture. */
  get decoder(): string | undefined {
    return this.#run?.decoder ?? this.#decoder;
  }

  /** Packets that the decoder refused. */
  get refusedPackets(): number {
    return this.#refusedPackets + (this.#run?.command.log.refusedPackets ?? 0);
  }

  /** What FFmpeg said so far. */
  get log(): readonly CommandLine[] {
    return [...this.#log, ...(this.#run?.command.log.lines ?? [])];
  }

  /** The next picture in presentation order; undefined at the end. */
  async next(): Promise<Step<RawPicture> | undefined> {
    await this.#settle();
    await this.#options.breathe();
    const run = (this.#run ??= this.#start(undefined));
    const note = this.#peeked ?? (await run.next());
    this.#peeked = undefined;
    if (note === undefined) {
      await this.#finish(run);
      return undefined;
    }
    this.decoded += 1;
    this.#layout ??= this.#plan(note);
    this.#turn = this.#turn === 0 ? 1 : 0;
    const picture = this.#pictures[this.#turn];
    // Padding is ours alone: ffmpeg writes rows and planes tightly.
    const bytes = this.#layout.planes.reduce((sum, { rowBytes, rows }) => sum + rowBytes * rows, 0);
    picture.announce(run.command, note.keyframe, bytes, this.#looksAhead);
    const time = this.#timeOf(run, note) ?? (this.#lastTime ?? 0) + this.#lastDuration;
    this.#lastTime = time;
    this.#lastDuration = Number(note.duration) * (run.tick ?? 0);
    return { picture, time, duration: this.#lastDuration };
  }

  /**
   * Goes on at the last keyframe at or before `time`, unless decoding straight on is as near: another ffmpeg looks for
   * it, and takes over when it lands further than we are.
   */
  async jumpTo(time: number): Promise<void> {
    const position = this.#lastTime;
    const worth = position === undefined ? FIRST_JUMP : position + JUMP_WORTH;
    if (this.#options.headers.untimed || time < worth) return;
    for (let back = 0; ; back = back === 0 ? FIRST_STEP_BACK : back * 2) {
      const target = time - back;
      if (target <= (position ?? 0)) return;
      const run = this.#start(target + EPSILON);
      const note = await run.next();
      await this.#options.breathe();
      const landed = note === undefined ? undefined : this.#timeOf(run, note);
      if (note !== undefined && landed !== undefined && note.keyframe && landed <= time + EPSILON) {
        // The same group of pictures: who is already further goes on.
        if (position !== undefined && landed <= position) return this.#drop(run);
        await this.#settle();
        if (this.#run !== undefined) await this.#drop(this.#run);
        this.#run = run;
        this.#peeked = note;
        return;
      }
      await this.#drop(run);
    }
  }

  /** What is still in the pipe makes way for what follows. */
  async #settle(): Promise<void> {
    const picture = this.#pictures[this.#turn];
    try {
      await (this.#looksAhead ? picture.hold() : picture.skip());
    } catch (error) {
      throw await this.explain(error);
    }
  }

  #start(seek: number | undefined): DecodeRun {
    const { session, params, stream } = this.#options;
    return new DecodeRun(session, {
      stream: stream.index,
      seek,
      filters: this.#filters(),
      keyframesOnly: params.selection.kind === 'keyframes' || params.precision === 'keyframe',
      threads: params.threads,
      maxPixels: DEFAULT_LIMITS.maxPixels,
    });
  }

  async #drop(run: DecodeRun): Promise<void> {
    this.#remember(run);
    run.kill();
    await run.command.gone;
  }

  #remember({ command, decoder }: DecodeRun): void {
    this.#refusedPackets += command.log.refusedPackets;
    this.#decoder = decoder ?? this.#decoder;
    for (const line of command.log.lines) if (!this.#log.some(({ text }) => text === line.text)) this.#log.push(line);
  }

  /** At the end: throws what ended it too early. */
  async #finish(run: DecodeRun): Promise<void> {
    const ended = await run.command.end();
    this.#options.session.rethrow();
    await this.#options.breathe();
    if (ended !== undefined && ended.code !== 0 && this.decoded > 0) throw this.#failure(ended.code);
  }

  /** The failure behind one that a reader of the pipe ran into. */
  async explain(error: unknown): Promise<unknown> {
    this.#options.session.rethrow();
    await this.#options.breathe();
    return error instanceof BrokenPicture ? this.#failure(undefined) : error;
  }

  #failure(code: number | undefined): FramerailError {
    const { session } = this.#options;
    const { log } = this;
    const reason = log.findLast(({ level }) => level === 'error')?.text ?? 'it gave no reason';
    const how = code === undefined ? 'ended within a picture' : `ended with code ${String(code)}`;
    return new FramerailError(
      'FR_DECODE_FAILED',
      `${session.source.name} could not be decoded: ffmpeg ${how} (${reason}).`,
      {
        details: { exitCode: code, log },
      },
    );
  }

  #timeOf(run: DecodeRun, { pts }: PictureNote): number | undefined {
    const { untimed, startTime } = this.#options.headers;
    // ffmpeg makes times up for a bare stream; ours count its pictures.
    if (pts === undefined || untimed || run.tick === undefined) return undefined;
    return Number(pts) * run.tick - startTime;
  }

  get #turnPlan(): Turn {
    const { params, stream } = this.#options;
    const upright = params.upright && params.format !== null;
    return upright ? { orientation: stream.orientation, crop: stream.crop } : { orientation: UPRIGHT };
  }

  #plan(first: PictureNote): PictureLayout {
    const { params } = this.#options;
    const { orientation, crop } = this.#turnPlan;
    const { width, height } = params.size ?? oriented(crop ?? first, orientation);
    return planLayout(params.format ?? first.format, width, height, params.packed || params.gather !== null);
  }

  /** What is done to each picture: nothing to native ones of the first run. */
  #filters(): string[] {
    const { params } = this.#options;
    const turn = this.#turnPlan;
    const format = params.format ?? this.#layout?.format;
    if (format === undefined) return [];
    const size = params.size ?? this.#layout;
    const sides = size === undefined ? '' : `${String(size.width)}:${String(size.height)}:`;
    // YUV is delivered in limited range, unless it is native.
    const range = params.format === null || isRgb(format) || format === 'gray' ? '' : ':out_range=tv';
    return [
      ...(needsTurn(turn) ? [turnFilters(turn)] : []),
      `scale=${sides}flags=bicubic${range}`,
      `format=${format}`,
      // Packed samples are taken apart, none is converted anew.
      ...(params.gather === 'nchw' ? ['format=gbrp'] : []),
    ];
  }
}
