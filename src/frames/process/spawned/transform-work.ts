// The loop of a process job on two commands: pictures out of one into JavaScript, changed ones into the other.
import { FramerailError, type Ratio } from '../../../base/index.js';
import { planLayout, type PictureLayout } from '../../../pixels/index.js';
import type { CommandSession } from '../../../spawned/index.js';
import type { JobContext, Mail, WritableSlot } from '../../../workers/index.js';
import type { LayoutEvent } from '../../frame-facts.js';
import type { Lateness } from '../../lateness.js';
import type { FrameFacts } from '../../selection.js';
import type { DecodeRun, PictureNote } from '../../spawned/decode-run.js';
import type { ColorNames } from '../../spawned/picture-notes.js';
import { PlaneFiller } from '../../spawned/plane-filler.js';
import type { ProcessCommand, ProcessEvent, ProcessParams, ReturnFacts } from '../process-params.js';

/** The first picture of a job and what is known of all of them. */
export interface FirstPicture {
  readonly layout: PictureLayout;
  readonly note: PictureNote;
  readonly color: ColorNames;
  /** The unit of its times. */
  readonly timeBase: Ratio;
  /** Frames per second; 0/1 when unknown. */
  readonly frameRate: Ratio;
}

/** Where changed pictures go. */
export interface PictureTarget {
  /** Bytes of the output so far. */
  readonly bytes: number;
  /** Takes a picture, whose memory may be used again when this resolves. */
  write(pixels: Buffer, timestamp: bigint, duration: bigint): Promise<void>;
}

/** What the loop works on. */
export interface TransformSetup {
  readonly session: CommandSession;
  readonly context: JobContext;
  readonly params: ProcessParams;
  readonly run: DecodeRun;
  /** The size of the pictures; undefined where the first one decides. */
  readonly size: { readonly width: number; readonly height: number } | undefined;
  /** What is known of the frame rate where the filters do not say it; 0/1 for nothing. */
  readonly frameRate: Ratio;
  readonly lateness: Lateness | undefined;
  /** Opens the encoder for pictures like the first one; undefined without an output. */
  readonly begin: (first: FirstPicture) => PictureTarget | undefined;
  readonly notify: (event: ProcessEvent) => void;
}

/** When a frame is shown, in ticks. */
interface Times {
  readonly timestamp: bigint;
  readonly duration: bigint;
}

/** Milliseconds that a picture is waited for before what is pending goes to the consumer. */
const PATIENCE = 10;
const PROGRESS_INTERVAL = 200;

/** Runs the loop once. */
export class TransformWork {
  decoded = 0;
  encoded = 0;
  dropped = 0;
  /** Whether it was told to change what a running command cannot change. */
  updates = 0;
  readonly #setup: TransformSetup;
  #finishing = false;
  readonly #inJavaScript = new Map<number, Times>();
  readonly #returned: (Mail & { readonly kind: 'slot' })[] = [];
  #first: FirstPicture | undefined;
  #target: PictureTarget | undefined;
  #bytes = 0;
  #ended = false;
  #shown = 0;
  #start: number | undefined;
  #end = 0;
  #lastProgress = performance.now();

  constructor(setup: TransformSetup) {
    this.#setup = setup;
  }

  /** Seconds from the first frame to the end of the last one. */
  get duration(): number {
    return this.#end - (this.#start ?? this.#end);
  }

  /** Works through the whole source: reading, changing and writing go on beside each other. */
  async run(): Promise<void> {
    const { context } = this.#setup;
    let reading: Promise<void> | undefined;
    let writing: Promise<void> | undefined;
    // Whoever fails first is heard; the other one is ended with its command.
    const begin = (work: Promise<void>): Promise<void> => {
      work.catch(() => undefined);
      return work;
    };
    for (;;) {
      this.#hear();
      const mayRead = this.#first === undefined || !this.#setup.params.transform || context.freeSlots > 0;
      if (reading === undefined && !this.#ended && mayRead)
        reading = begin(this.#read().finally(() => (reading = undefined)));
      const next = writing === undefined ? this.#returned.shift() : undefined;
      if (next !== undefined) writing = begin(this.#write(next).finally(() => (writing = undefined)));
      const idle = reading === undefined && writing === undefined;
      if (idle && this.#ended && this.#inJavaScript.size === 0 && this.#returned.length === 0) return;
      const works = [reading, writing].filter((work) => work !== undefined);
      await (idle ? this.#heard() : Promise.race([...works, this.#patience()]));
      await context.breathe();
    }
  }

  /** A while, then whatever the parent says. */
  async #patience(): Promise<void> {
    const { promise, stop } = delay(PATIENCE);
    try {
      await promise;
    } finally {
      stop();
    }
    await this.#heard();
  }

  /** Anything that the parent says; nobody may be listening any more when the job is cancelled. */
  #heard(): Promise<void> {
    const heard = this.#setup.context.pause();
    heard.catch(() => undefined);
    return heard;
  }

  async #read(): Promise<void> {
    const { run, context, params, lateness } = this.#setup;
    const note = await run.next();
    if (note === undefined) {
      this.#ended = true;
      return;
    }
    const { layout } = this.#first ?? (await this.#meet(note));
    const times = { timestamp: note.pts ?? 0n, duration: this.#durationOf(note) };
    const tick = run.tick ?? 0;
    const time = Number(times.timestamp) * tick;
    if (!params.transform || lateness?.isLate(time) === true) {
      if ((await this.#take(() => undefined)) && !params.transform) this.#count(times);
      return;
    }
    const slot = await context.slot();
    const filler = new PlaneFiller(slot.bytes, layout.planes);
    const whole = await this.#take((bytes) => {
      filler.push(bytes);
    });
    if (!whole) {
      context.recycle(slot);
      return;
    }
    if (this.#shown === 0) this.#open();
    this.#show(slot, note, times, tick);
  }

  #show(slot: WritableSlot, { keyframe }: PictureNote, times: Times, tick: number): void {
    const { context } = this.#setup;
    this.#inJavaScript.set(slot.index, times);
    const facts: FrameFacts = {
      pts: Number(times.timestamp) * tick,
      duration: Number(times.duration) * tick,
      keyframe,
      damaged: false,
      index: this.#shown++,
    };
    context.emit(slot, this.#first?.layout.byteLength ?? 0, facts);
  }

  /** Plans everything by the first picture. */
  async #meet(note: PictureNote): Promise<FirstPicture> {
    const { run, params, size, context, frameRate } = this.#setup;
    const { width, height } = size ?? note;
    const layout = planLayout(params.format ?? nameFed(note.format), width, height, params.packed);
    this.#bytes = layout.planes.reduce((sum, { rowBytes, rows }) => sum + rowBytes * rows, 0);
    const { timeBase = { num: 1, den: 1000 }, frameRate: said, color } = run.said;
    const rate = said.num > 0 ? said : frameRate;
    this.#first = { layout, note, color, timeBase, frameRate: rate };
    if (!params.transform) this.#open();
    else {
      await context.reserve(layout.byteLength);
      context.event({ layout } satisfies LayoutEvent);
    }
    return this.#first;
  }

  /** What the samples mean is said after the picture, but ahead of its pixels: they are here now. */
  #open(): void {
    const { begin, run } = this.#setup;
    if (this.#first === undefined) return;
    this.#target = begin({ ...this.#first, color: run.said.color });
  }

  #durationOf({ duration }: PictureNote): bigint {
    const { timeBase, frameRate } = this.#first ?? { timeBase: { num: 1, den: 1 }, frameRate: { num: 0, den: 1 } };
    if (duration > 0n || frameRate.num === 0) return duration;
    const { num, den } = frameRate;
    return BigInt(Math.round((den * timeBase.den) / (num * timeBase.num)));
  }

  /** Takes the bytes of a picture; false where the video was stopped behind its announcement, and it never came. */
  async #take(sink: (bytes: Uint8Array) => void): Promise<boolean> {
    const { run, session, context } = this.#setup;
    const { command } = run;
    if (await command.during(command.out.take(this.#bytes, sink))) {
      this.decoded += 1;
      return true;
    }
    if (this.#finishing) {
      this.#ended = true;
      return false;
    }
    // Only a command that died stops within a picture.
    await command.end();
    session.rethrow();
    await context.breathe();
    throw new FramerailError(
      'FR_DECODE_FAILED',
      `${session.source.name} could not be decoded: ffmpeg ended within a picture.`,
      { details: { log: command.log.lines } },
    );
  }

  /** Takes everything that came back. */
  #hear(): void {
    const { context } = this.#setup;
    for (let mail = context.takeMail(); mail !== undefined; mail = context.takeMail())
      if (mail.kind === 'slot') this.#returned.push(mail);
      else {
        const { kind } = mail.payload as ProcessCommand;
        if (kind === 'update') this.updates += 1;
        if (kind === 'finish') this.#finishing = true;
      }
    // Not before there is a frame: a video of none is nothing.
    if (this.#finishing && this.decoded > 0) this.#setup.run.command.finish();
  }

  async #write({ slot, facts }: Mail & { readonly kind: 'slot' }): Promise<void> {
    const { context } = this.#setup;
    const times = this.#inJavaScript.get(slot.index);
    if ((facts as ReturnFacts).drop) this.dropped += 1;
    else if (times !== undefined) {
      await this.#target?.write(slot.bytes, times.timestamp, times.duration);
      this.#count(times);
    }
    this.#inJavaScript.delete(slot.index);
    // The command has read it: the next picture may come there.
    context.recycle(slot);
  }

  #count({ timestamp, duration }: Times): void {
    const tick = this.#setup.run.tick ?? 0;
    const time = Number(timestamp) * tick;
    this.encoded += 1;
    this.#start ??= time;
    this.#end = Math.max(this.#end, time + Number(duration) * tick);
    const now = performance.now();
    if (now - this.#lastProgress < PROGRESS_INTERVAL) return;
    this.#lastProgress = now;
    const bytes = this.#target?.bytes ?? 0;
    this.#setup.notify({ kind: 'progress', frames: this.encoded, time: this.#end, bytes });
  }
}

/** What a stream of raw pictures calls a format: full range is said beside it. */
function nameFed(format: string): string {
  const depth = /^p01([026])le$/.exec(format)?.[1];
  if (depth !== undefined) return `yuv420p1${depth}le`;
  return { nv16: 'yuv422p', nv24: 'yuv444p' }[format] ?? format;
}

function delay(milliseconds: number): { readonly promise: Promise<void>; readonly stop: () => void } {
  let timer: NodeJS.Timeout | undefined;
  const promise = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  return {
    promise,
    stop: () => {
      clearTimeout(timer);
    },
  };
}
