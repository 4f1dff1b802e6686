// The samples of a movie fragment: where each of them lies and when it is decoded (ISO/IEC 14496-12, 8.8).
import { BoxReader, boxesIn, findBox, MalformedBoxes, type Box } from './boxes.js';

/** What samples have of which fragments say nothing. */
export interface SampleDefaults {
  /** Ticks. */
  readonly duration: number;
  /** Bytes. */
  readonly size: number;
  readonly flags: number;
}

/** What a fragment has to know of a track. */
export interface FragmentTrack {
  readonly id: number;
  readonly defaults: SampleDefaults;
}

/** One sample. */
export interface Sample<Track extends FragmentTrack> {
  readonly track: Track;
  /** Bytes from the beginning of the resource. */
  readonly offset: number;
  readonly size: number;
  /** Ticks of its track. */
  readonly dts: number;
  /** Ticks from decoding to showing; may be below zero. */
  readonly composition: number;
  /** Whether decoding can begin with it. */
  readonly sync: boolean;
}

const MOST_SAMPLES = 200_000;
const TFHD = {
  baseOffset: 1,
  description: 2,
  duration: 8,
  size: 16,
  flags: 32,
  baseIsMoof: 0x2_0000,
} as const;
const TRUN = { offset: 1, firstFlags: 4, duration: 0x100, size: 0x200, flags: 0x400, composition: 0x800 } as const;
/** Bits of a sample: that it is no point to begin at, and that it depends on others. */
const NON_SYNC = 0x1_0000;
const DEPENDS = 0x100_0000;

/** What is known of one track fragment. */
interface Header<Track> {
  readonly track: Track;
  readonly defaults: SampleDefaults;
  /** Where its data is counted from. */
  readonly base: number;
}

/** The defaults of each track by its number, as the `mvex` of a `moov` says. */
export function readDefaults(moov: readonly Box[]): Map<number, SampleDefaults> {
  const defaults = new Map<number, SampleDefaults>();
  const extending = findBox(moov, 'mvex');
  for (const { type, data } of extending === undefined ? [] : boxesIn(extending)) {
    if (type !== 'trex') continue;
    const reader = new BoxReader(data).skip(4);
    const id = reader.u32();
    defaults.set(id, { duration: reader.skip(4).u32(), size: reader.u32(), flags: reader.u32() });
  }
  return defaults;
}

/** Reads fragments, one after the other; throws MalformedBoxes. */
export class FragmentReader<Track extends FragmentTrack> {
  /** When the next sample of each track is decoded, where a fragment does not say. */
  readonly #next = new Map<number, number>();

  /**
   * The samples of one `moof`, in the order in which they lie.
   * @param moof - its content
   * @param position - of the box within its resource
   * @param tracks - of the initialization section; samples of other tracks are left out
   */
  read(moof: Buffer, position: number, tracks: ReadonlyMap<number, Track>): Sample<Track>[] {
    const samples: Sample<Track>[] = [];
    /** Where the data of the track fragment ahead ended: the next one goes on there, where nothing else is said. */
    let end = position;
    for (const { type, data } of boxesIn(moof)) {
      if (type !== 'traf') continue;
      const boxes = boxesIn(data);
      const tfhd = findBox(boxes, 'tfhd');
      if (tfhd === undefined) throw new MalformedBoxes('a track fragment has no header');
      const header = headerOf(tfhd, position, end, tracks);
      if (header === undefined) continue;
      const { id } = header.track;
      const tfdt = findBox(boxes, 'tfdt');
      const run = { at: header.base, dts: tfdt === undefined ? (this.#next.get(id) ?? 0) : decodeTime(tfdt) };
      for (const box of boxes) if (box.type === 'trun') readRun(box.data, header, run, samples);
      end = run.at;
      this.#next.set(id, run.dts);
    }
    return samples.sort((a, b) => a.offset - b.offset);
  }
}

function headerOf<Track extends FragmentTrack>(
  tfhd: Buffer,
  position: number,
  end: number,
  tracks: ReadonlyMap<number, Track>,
): Header<Track> | undefined {
  const reader = new BoxReader(tfhd);
  const { flags } = reader.full();
  const track = tracks.get(reader.u32());
  if (track === undefined) return undefined;
  const has = (bit: number): boolean => (flags & bit) !== 0;
  const base = has(TFHD.baseOffset) ? reader.u64() : has(TFHD.baseIsMoof) ? position : end;
  if (has(TFHD.description)) reader.skip(4);
  const defaults = {
    duration: has(TFHD.duration) ? reader.u32() : track.defaults.duration,
    size: has(TFHD.size) ? reader.u32() : track.defaults.size,
    flags: has(TFHD.flags) ? reader.u32() : track.defaults.flags,
  };
  return { track, defaults, base };
}

function decodeTime(tfdt: Buffer): number {
  const reader = new BoxReader(tfdt);
  return reader.full().version === 1 ? reader.u64() : reader.u32();
}

/** Reads one run, and moves to where the next one begins. */
function readRun<Track extends FragmentTrack>(
  trun: Buffer,
  { track, defaults, base }: Header<Track>,
  run: { at: number; dts: number },
  samples: Sample<Track>[],
): void {
  const reader = new BoxReader(trun);
  const { flags } = reader.full();
  const has = (bit: number): boolean => (flags & bit) !== 0;
  const count = reader.u32();
  if (samples.length + count > MOST_SAMPLES) throw new MalformedBoxes('a fragment has too many samples');
  if (has(TRUN.offset)) run.at = base + reader.i32();
  const first = has(TRUN.firstFlags) ? reader.u32() : undefined;
  for (let i = 0; i < count; i++) {
    const duration = has(TRUN.duration) ? reader.u32() : defaults.duration;
    const size = has(TRUN.size) ? reader.u32() : defaults.size;
    const own = has(TRUN.flags) ? reader.u32() : defaults.flags;
    // Version 0 has no sign, and yet is written with one.
    const composition = has(TRUN.composition) ? reader.i32() : 0;
    const sync = ((i === 0 ? (first ?? own) : own) & (NON_SYNC | DEPENDS)) === 0;
    if (size > 0) samples.push({ track, offset: run.at, size, dts: run.dts, composition, sync });
    run.at += size;
    run.dts += duration;
  }
}
