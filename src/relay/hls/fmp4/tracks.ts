// The tracks of an initialization section (ISO/IEC 14496-12: moov, trak, mdhd, stsd, trex).
import {
  BoxReader,
  boxesIn,
  findBox,
  readDefaults,
  boxWithin,
  type FragmentTrack,
  type SampleDefaults,
} from '../../../sources/index.js';
import { malformed } from './malformed.js';
import { readSampleEntry, type LeftOut, type TrackCodec } from './sample-entry.js';

/** One track. */
export interface Track extends FragmentTrack {
  /** Ticks a second. */
  readonly timescale: number;
  /** Milliseconds that its edit list adds to all of its times. */
  readonly shift: number;
  readonly content: TrackCodec | LeftOut;
}

const MOST_TRACKS = 64;

/** Reads the content of a `moov`; throws FR_RELAY_PROTOCOL for a broken one. */
export function readTracks(moov: Buffer): Track[] {
  const boxes = boxesIn(moov);
  const header = findBox(boxes, 'mvhd');
  const scale = header === undefined ? 0 : timescaleOf(header);
  const defaults = readDefaults(boxes);
  const tracks = boxes.filter(({ type }) => type === 'trak');
  if (tracks.length > MOST_TRACKS) throw malformed('it has too many tracks');
  return tracks.map(({ data }) => readTrack(data, scale, defaults));
}

function readTrack(trak: Buffer, movieScale: number, defaults: ReadonlyMap<number, SampleDefaults>): Track {
  const [tkhd, mdhd] = [boxWithin(trak, 'tkhd'), boxWithin(trak, 'mdia', 'mdhd')];
  const stsd = boxWithin(trak, 'mdia', 'minf', 'stbl', 'stsd');
  if (tkhd === undefined || mdhd === undefined || stsd === undefined) throw malformed('a track lacks its description');
  const reader = new BoxReader(tkhd);
  const id = reader.skip(reader.full().version === 1 ? 16 : 8).u32();
  const timescale = timescaleOf(mdhd);
  if (timescale === 0) throw malformed('a track has no timescale');
  const elst = boxWithin(trak, 'edts', 'elst');
  return {
    ...{ id, timescale },
    shift: elst === undefined ? 0 : editShift(elst, movieScale, timescale),
    content: readSampleEntry(stsd),
    defaults: defaults.get(id) ?? { duration: 0, size: 0, flags: 0 },
  };
}

/** Both `mvhd` and `mdhd` have it behind two times, which are longer in version 1. */
function timescaleOf(header: Buffer): number {
  const reader = new BoxReader(header);
  return reader.skip(reader.full().version === 1 ? 16 : 8).u32();
}

/**
 * What a list of edits does to a track that goes on for ever: emptiness ahead of it delays it, and a media time that it
 * begins with is shown at zero, so that sound and pictures fit together in spite of priming and reordering.
 */
function editShift(elst: Buffer, movieScale: number, timescale: number): number {
  const reader = new BoxReader(elst);
  const { version } = reader.full();
  const count = Math.min(reader.u32(), 8);
  let shift = 0;
  for (let i = 0; i < count; i++) {
    const duration = version === 1 ? reader.u64() : reader.u32();
    const time = version === 1 ? reader.i64() : reader.i32();
    reader.skip(4);
    if (time >= 0) return shift - (time / timescale) * 1000;
    if (movieScale > 0) shift += (duration / movieScale) * 1000;
  }
  return shift;
}
