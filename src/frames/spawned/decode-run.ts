// One ffmpeg that decodes: raw pictures on standard output, what they are on standard error, packets on descriptor 3.
import type { Command, CommandSession } from '../../spawned/index.js';
import { PictureNotes, SHOW_PICTURES, type PictureNote } from './picture-notes.js';

export type { PictureNote } from './picture-notes.js';

/** What an ffmpeg is told. */
export interface RunPlan {
  /** The number of the video stream. */
  readonly stream: number;
  /** Seconds from the start of the file; the keyframe at or before it is the first picture. Undefined for the start. */
  readonly seek: number | undefined;
  /** What is done to each picture before its time and shape are noted, in FFmpeg's spelling. */
  readonly first?: readonly string[];
  /** What is done to each picture, in FFmpeg's spelling; empty for nothing. */
  readonly filters: readonly string[];
  /** What `first` takes off the times of pictures, in ticks of the stream. */
  readonly shift?: bigint;
  /** Whether packets are read beside the pictures, for their durations. @defaultValue true */
  readonly packets?: boolean;
  /** Seconds by the clock of the file after which nobody wants packets. */
  readonly until?: number | undefined;
  readonly keyframesOnly: boolean;
  /** Decoder threads; 0 for as many as there are cores. */
  readonly threads: number;
  /** Pixels of one picture at most. */
  readonly maxPixels: number;
}

/** How long the packet of a picture is waited for, once the picture itself has been announced. Milliseconds. */
const PACKET_PATIENCE = 20;
/** The same for the first packet of all, which every duration falls back to. */
const FIRST_PATIENCE = 500;
/** How AV_NOPTS_VALUE is printed. */
const NO_TIME = '-9223372036854775808';
/** After so many pictures in a row without their packet nobody waits any more: their times do not match. */
const STRANGERS = 8;
/** Packets that are remembered while their pictures are not yet decoded. */
const PACKETS_KEPT = 4096;

/** A decoding ffmpeg. */
export class DecodeRun {
  readonly command: Command;
  /** What was said of all pictures so far. */
  readonly said = new PictureNotes();
  readonly #shift: bigint;
  readonly #packets: boolean;
  readonly #notes: PictureNote[] = [];
  readonly #durations = new Map<bigint, bigint>();
  #lastDuration: bigint | undefined;
  #strangers = 0;
  #ended = false;
  #wake: (() => void) | undefined;

  constructor(session: CommandSession, plan: RunPlan) {
    this.#shift = plan.shift ?? 0n;
    this.#packets = plan.packets ?? true;
    this.command = session.startReading('whole', {
      command: 'ffmpeg',
      args: argsOf(session, plan),
      onReport: (text) => {
        if (text === undefined) this.#ended = true;
        else this.#hear(text);
        this.#wake?.();
      },
      onRow: (row) => {
        if (row !== undefined) this.#hearPacket(row);
        this.#wake?.();
      },
    });
  }

  /** FFmpeg's name of the decoder; undefined until the first picture. */
  get decoder(): string | undefined {
    return this.said.decoder;
  }

  /** Seconds of one tick of `pts`; undefined until the first picture. */
  get tick(): number | undefined {
    const { timeBase } = this.said;
    return timeBase === undefined ? undefined : timeBase.num / timeBase.den;
  }

  /** The next picture, in the order of standard output; undefined at the end. */
  async next(): Promise<PictureNote | undefined> {
    while (this.#notes.length === 0 && !this.#ended)
      await this.command.during(
        new Promise<void>((resolve) => {
          this.#wake = resolve;
        }),
      );
    const note = this.#notes.shift();
    if (note === undefined || note.duration > 0n || !this.#packets) return note;
    return { ...note, duration: await this.#durationOf(note.pts === undefined ? undefined : note.pts + this.#shift) };
  }

  /** Its packet was written before the picture was announced, but by another pipe. */
  async #durationOf(pts: bigint | undefined): Promise<bigint> {
    if (this.#lastDuration === undefined)
      await this.#waitForRow(FIRST_PATIENCE, () => this.#lastDuration !== undefined);
    if (pts !== undefined && !this.#durations.has(pts) && this.#strangers < STRANGERS) {
      await this.#waitForRow(PACKET_PATIENCE, () => this.#durations.has(pts));
      this.#strangers = this.#durations.has(pts) ? 0 : this.#strangers + 1;
    }
    const known = pts === undefined ? undefined : this.#durations.get(pts);
    if (pts !== undefined) this.#durations.delete(pts);
    return known ?? this.#lastDuration ?? 0n;
  }

  async #waitForRow(patience: number, found: () => boolean): Promise<void> {
    let patient = true;
    const timer = setTimeout(() => {
      patient = false;
      this.#wake?.();
    }, patience);
    while (patient && !this.#ended && !found())
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    clearTimeout(timer);
  }

  #hear(text: string): void {
    const note = this.said.hear(text);
    if (note !== undefined) this.#notes.push(note);
  }

  /** A row of framecrc: stream, decoding time, presentation time, duration, bytes, checksum. */
  #hearPacket(row: string): void {
    const found = /^\d+,\s*-?\d+,\s*(-?\d+),\s*(\d+),/.exec(row);
    if (found === null) return;
    const duration = BigInt(found[2] ?? 0);
    this.#lastDuration = duration;
    // Packets of a bare stream have no times to find them by.
    if (found[1] === NO_TIME) this.#strangers = STRANGERS;
    else this.#durations.set(BigInt(found[1] ?? 0), duration);
    const oldest = this.#durations.keys().next().value;
    if (this.#durations.size > PACKETS_KEPT && oldest !== undefined) this.#durations.delete(oldest);
  }

  /** Stops it; what it has not said yet is lost. */
  kill(): void {
    this.command.kill();
  }
}

/** The output of 8 bits a sample and the copied packets come of one reading of the input. */
function argsOf({ build, inputArgs }: CommandSession, plan: RunPlan): string[] {
  const { stream, seek, first = [], filters, keyframesOnly, threads, maxPixels, packets = true, until } = plan;
  const map = ['-map', `0:${String(stream)}`];
  const wanted = keyframesOnly ? ["select='eq(key,1)'"] : [];
  const end = until === undefined ? [] : ['-to', until.toFixed(6)];
  const copied = ['-c', 'copy', '-copyinkf', '-copypriorss', '1', '-flush_packets', '1', '-f', 'framecrc', 'pipe:3'];
  // Who filters ahead of the times is told in the end how many pictures there were.
  const level = first.length === 0 ? 'level+info' : 'level+verbose';
  return [
    ...['-hide_banner', '-nostdin', '-nostats', '-loglevel', level],
    // Times stay those of the file, and pictures stay as they are stored: both are our own business.
    ...['-copyts', '-noautorotate', ...(build.release >= 7.1 ? ['-apply_cropping', 'codec'] : [])],
    ...(seek === undefined ? [] : ['-noaccurate_seek', '-ss', seek.toFixed(6)]),
    ...(keyframesOnly ? ['-skip_frame', 'nokey'] : []),
    ...['-threads', String(threads), '-max_pixels', String(maxPixels), ...inputArgs],
    ...[...map, '-filter:v', [...wanted, ...first, SHOW_PICTURES, ...filters].join(',')],
    ...passthrough(build),
    ...['-c:v', 'rawvideo', '-f', 'rawvideo', 'pipe:1'],
    ...(packets ? [...map, ...end, ...copied] : []),
  ];
}

/** Every picture with its own time: none is doubled and none left out. */
export function passthrough({ release }: CommandSession['build']): string[] {
  return release >= 5.1 ? ['-fps_mode', 'passthrough'] : ['-vsync', 'passthrough'];
}
