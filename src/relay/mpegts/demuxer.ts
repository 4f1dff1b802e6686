// MPEG transport streams (ISO/IEC 13818-1) into tags.
import { Unwrapper } from '../elementary/unwrapper.js';
import type { TagSink } from '../elementary/video-tagger.js';
import { Continuity } from './continuity.js';
import { Notices } from './notices.js';
import { NULL_PID, PacketHeader } from './packet.js';
import { PacketFinder } from './packet-finder.js';
import { PesReader } from './pes-reader.js';
import { isOwnPid, PAT_PID, readPat, readPmt, type Program, type ProgramTable, type StreamEntry } from './psi.js';
import { SectionReader } from './sections.js';
import { SoundTrack } from './sound-track.js';
import { streamKind, type StreamKind } from './stream-types.js';
import { VideoTrack } from './video-track.js';

/** Who hears of what a transport stream holds. */
export interface TsDemuxerHandlers {
  /** What its tables announce; again when they change. */
  readonly onHints: (hints: { readonly audio: boolean; readonly video: boolean }) => void;
  readonly onTag: TagSink;
  /** One sentence on what is left out or lost; said once, and on losses again when there were ten times as many. */
  readonly onWarning: (message: string) => void;
}

/** How a transport stream is read. */
export interface TsDemuxerOptions {
  /** The number of the program; the first one of the table unless told. */
  readonly program?: number | undefined;
  /** Of 33 bits; one for several transport streams that belong together, as renditions of HLS do. */
  readonly clock?: Unwrapper | undefined;
}

/** A stream that is carried. */
interface Track {
  readonly pid: number;
  readonly kind: Exclude<StreamKind, { kind: 'other' }>;
  readonly reader: PesReader;
  readonly taker: VideoTrack | SoundTrack;
}

/** Who takes the payloads of one packet number. */
interface Listener {
  readonly continuity: Continuity;
  readonly take: (bytes: Buffer, header: PacketHeader) => void;
  readonly lost: () => void;
  /** What is said when its packets are scrambled. */
  readonly scrambled: string;
}

/**
 * Reads one program of a transport stream: its first video and its first sound that tags can carry, whenever they appear.
 * Nothing is thrown, whatever comes; what is kept is bounded: one picture, one frame of sound, one section.
 */
export class TsDemuxer {
  readonly #handlers: TsDemuxerHandlers;
  readonly #wanted: number | undefined;
  readonly #clock: Unwrapper;
  readonly #notices: Notices;
  readonly #finder: PacketFinder;
  readonly #header = new PacketHeader();
  readonly #listeners = new Map<number, Listener>();
  readonly #sections = new Map<number, ProgramTable>();
  readonly #tracks = new Map<'audio' | 'video', Track>();
  /** Numbers of streams whose frames turned out to be none that can be carried. */
  readonly #refused = new Set<number>();
  #program: Program | undefined;
  /** The last table of streams, to see whether one is new. */
  #table = Buffer.alloc(0);
  #entries: readonly StreamEntry[] = [];
  #lost = 0;
  #packets = 0;

  constructor(handlers: TsDemuxerHandlers, { program, clock }: TsDemuxerOptions = {}) {
    this.#handlers = handlers;
    this.#wanted = program;
    this.#clock = clock ?? new Unwrapper(33);
    this.#notices = new Notices(handlers.onWarning);
    this.#finder = new PacketFinder((bytes, at) => {
      this.#packet(bytes, at);
    });
    this.#listen(
      PAT_PID,
      this.#tables((section) => this.#programs(section)),
    );
  }

  /** Packets that were found. */
  get packets(): number {
    return this.#packets;
  }

  /** Gaps in what was read. */
  get lost(): number {
    return this.#lost;
  }

  /** Takes the next bytes, cut anywhere; they are the caller's again when it returns. */
  push(bytes: Uint8Array): void {
    this.#finder.push(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  }

  /**
   * Takes what is here as whole: the end of the stream, or of a segment that is a file of its own. What comes next may
   * count its packets anew; times go on.
   */
  flush(): void {
    this.#finder.flush();
    for (const { reader, taker } of this.#tracks.values()) {
      reader.flush();
      taker.flush();
    }
    for (const { continuity } of this.#listeners.values()) continuity.forget();
  }

  #packet(bytes: Buffer, at: number): void {
    const header = this.#header;
    this.#packets += 1;
    // What is damaged is a gap when the next one comes: its number may be wrong, too.
    if (!header.read(bytes, at) || header.damaged || header.pid === NULL_PID || !header.hasPayload) return;
    const listener = this.#listeners.get(header.pid);
    if (listener === undefined) return;
    const how = listener.continuity.follow(header, bytes, at);
    if (how === 'duplicate') return;
    if (how === 'gap') {
      this.#lost += 1;
      listener.lost();
    }
    if (header.scrambled) this.#notices.once(listener.scrambled);
    else listener.take(bytes, header);
  }

  #listen(pid: number, listener: Omit<Listener, 'continuity'>): void {
    this.#listeners.set(pid, { ...listener, continuity: new Continuity() });
  }

  #tables(onSection: (section: Buffer) => void): Omit<Listener, 'continuity'> {
    const reader = new SectionReader(onSection);
    return {
      take: (bytes, { from, to, starts }) => {
        reader.push(bytes.subarray(from, to), starts);
      },
      lost: () => {
        reader.reset();
      },
      scrambled: 'The tables of the transport stream are scrambled.',
    };
  }

  #programs(section: Buffer): void {
    const table = readPat(section);
    if (table === undefined) return;
    // A new version replaces all sections of the last one.
    if ([...this.#sections.values()].some(({ version }) => version !== table.version)) this.#sections.clear();
    this.#sections.set(table.section, table);
    const programs = [...this.#sections.values()].flatMap((one) => one.programs);
    const wanted = this.#wanted ?? this.#program?.number;
    const chosen = programs.find(({ number }) => number === wanted);
    const whole = this.#sections.size > table.lastSection;
    if (chosen !== undefined) this.#choose(chosen);
    else if (this.#wanted === undefined && programs[0] !== undefined && (whole || this.#program === undefined))
      this.#choose(programs[0]);
    else if (whole && this.#wanted !== undefined) this.#missing(this.#wanted, programs);
  }

  #missing(wanted: number, programs: readonly Program[]): void {
    const numbers = programs.map(({ number }) => String(number)).join(', ');
    this.#notices.once(`The transport stream has no program ${String(wanted)}; it has ${numbers || 'none'}.`);
  }

  #choose(program: Program): void {
    if (this.#program?.number === program.number && this.#program.pid === program.pid) return;
    if (this.#program !== undefined && !this.#isTrack(this.#program.pid)) this.#listeners.delete(this.#program.pid);
    this.#program = program;
    this.#table = Buffer.alloc(0);
    this.#listen(
      program.pid,
      this.#tables((section) => this.#streams(section)),
    );
  }

  #streams(section: Buffer): void {
    if (section.equals(this.#table)) return;
    const table = readPmt(section);
    if (table === undefined || table.program !== this.#program?.number) return;
    this.#table = Buffer.from(section);
    this.#refused.clear();
    const { pid: own } = this.#program;
    this.#entries = table.streams.filter(({ pid }) => isOwnPid(pid) && pid !== own).slice(0, MOST_STREAMS);
    this.#select();
  }

  /** Takes the streams that the table has, keeping those that were there before. */
  #select(): void {
    const streams = this.#entries.map((entry) => ({ pid: entry.pid, kind: streamKind(entry) }));
    for (const name of ['video', 'audio'] as const) {
      const able = streams.filter(({ pid, kind }) => kind.kind === name && !this.#refused.has(pid));
      const track = this.#tracks.get(name);
      const kept = track && able.find(({ pid, kind }) => pid === track.pid && isSame(kind, track.kind));
      const chosen = kept ?? able[0];
      if (kept === undefined) this.#replace(name, chosen);
      for (const other of able) if (other !== chosen) this.#leaveOut(other.pid, `a second one of ${name}`);
    }
    for (const { pid, kind } of streams) if (kind.kind === 'other') this.#leaveOut(pid, kind.name);
    this.#handlers.onHints({ audio: this.#tracks.has('audio'), video: this.#tracks.has('video') });
  }

  #replace(name: 'audio' | 'video', chosen: { readonly pid: number; readonly kind: StreamKind } | undefined): void {
    const track = this.#tracks.get(name);
    if (track !== undefined) {
      track.reader.flush();
      track.taker.flush();
      this.#tracks.delete(name);
      if (!this.#isTrack(track.pid)) this.#listeners.delete(track.pid);
    }
    if (chosen === undefined || chosen.kind.kind === 'other') return;
    this.#tracks.set(name, this.#track(chosen.pid, chosen.kind));
  }

  #track(pid: number, kind: Track['kind']): Track {
    const taker = kind.kind === 'video' ? this.#video(kind.codec) : this.#sound(pid, kind);
    const reader = new PesReader(taker, kind.kind === 'video');
    const name = kind.kind === 'video' ? 'video' : 'sound';
    this.#listen(pid, {
      take: (bytes, { from, to, starts, stuffed }) => {
        reader.push(bytes, from, to, starts, stuffed);
      },
      lost: () => {
        reader.damage();
        this.#notices.count(
          name,
          (times) =>
            `Packets of the ${name} were lost ${times}` +
            (name === 'video' ? ': pictures are left out up to the next keyframe.' : '.'),
        );
      },
      scrambled: `The ${name} is scrambled and left out.`,
    });
    return { pid, kind, reader, taker };
  }

  #video(codec: 'h264' | 'hevc'): VideoTrack {
    return new VideoTrack(codec, this.#clock, this.#handlers.onTag, this.#notices);
  }

  #sound(pid: number, { codec, config }: Extract<StreamKind, { kind: 'audio' }>): SoundTrack {
    return new SoundTrack(codec, config, this.#clock, this.#handlers.onTag, this.#notices, (name) => {
      this.#refused.add(pid);
      this.#leaveOut(pid, name);
      this.#select();
    });
  }

  #isTrack(pid: number): boolean {
    return [...this.#tracks.values()].some((track) => track.pid === pid);
  }

  #leaveOut(pid: number, name: string): void {
    const number = `0x${pid.toString(16)}`;
    this.#notices.once(`Stream ${number} of the transport stream is left out: it is ${name}.`);
  }
}

/** More streams than a program has; a section of the usual length has room for about two hundred. */
const MOST_STREAMS = 256;

function isSame(one: StreamKind, other: StreamKind): boolean {
  if (one.kind === 'other' || other.kind === 'other' || one.kind !== other.kind || one.codec !== other.codec)
    return false;
  const config = one.kind === 'audio' ? one.config : undefined;
  const before = other.kind === 'audio' ? other.config : undefined;
  return config === undefined ? before === undefined : before?.equals(config) === true;
}
