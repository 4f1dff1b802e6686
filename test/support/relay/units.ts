// Access units of a clip as encoders write them, to be packed in unusual ways.
import { readFileSync } from 'node:fs';
import { joinAnnexB, splitAnnexB } from '#dist/relay/elementary/annex-b.js';
import { NAL_CODECS } from '#dist/relay/elementary/nal-codecs.js';
import { fixture } from '../fixtures.js';

/** One access unit. */
export interface Unit {
  /** Without start codes. */
  readonly nals: readonly Buffer[];
  /** With them. */
  readonly bytes: Buffer;
}

/** The delimiter that transport streams have ahead of each unit. */
export const DELIMITER = Buffer.from([0, 0, 0, 1, 9, 0xf0]);

/** The access units of `raw.h264`, without delimiters, at most so many. */
export function unitsOf(count: number): Unit[] {
  const { role, beginsPicture } = NAL_CODECS.h264;
  const units: Buffer[][] = [];
  let open: Buffer[] = [];
  let pictured = false;
  for (const view of splitAnnexB(readFileSync(fixture('raw.h264')))) {
    const nal = Buffer.from(view);
    const picture = role(nal) === 'picture';
    if (pictured && (!picture || beginsPicture(nal))) {
      units.push(open);
      open = [];
      pictured = false;
    }
    open.push(nal);
    pictured ||= picture;
  }
  units.push(open);
  return units.slice(0, count).map((nals) => ({ nals, bytes: joinAnnexB(nals) }));
}
