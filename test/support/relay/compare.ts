// What arrived against what was sent: payloads by their checksums, times by their differences.
import { expect } from 'vitest';
import type { Journal } from './journal.js';
import type { Arrival } from './sink.js';
import { isHeader, isKeyframe } from './stream.js';
import { AUDIO, crcOf, DATA, VIDEO, type Tag } from './tags.js';

/** A tag of media as it is compared. */
export interface Sum {
  readonly type: number;
  readonly crc: number;
}

/** The media among tags, without headers and metadata. */
export function mediaOf(tags: readonly Tag[]): Tag[] {
  return tags.filter((tag) => tag.type !== DATA && !isHeader(tag));
}

/** Checksums in their order. */
export function sums(tags: readonly Pick<Tag, 'type' | 'payload'>[]): Sum[] {
  return tags.map(({ type, payload }) => ({ type, crc: crcOf(payload) }));
}

/**
 * Every payload that was sent from a keyframe on has arrived, once and in order.
 * @param from - which keyframe is the first one that may be forwarded, from 0
 */
export function expectSame(arrived: readonly Arrival[], sent: readonly Tag[], from = 0): void {
  const media = mediaOf(sent);
  const keyframes = media.flatMap((tag, i) => (isKeyframe(tag) ? [i] : []));
  expect(sums(arrived)).toEqual(sums(media.slice(keyframes[from] ?? 0)));
}

/** The difference between arrival and origin of each tag: where one offset was used, they are all the same. */
export function offsets(arrived: readonly Arrival[], sent: readonly Tag[], type?: number): number[] {
  const times = new Map(mediaOf(sent).map(({ payload, timestamp }) => [crcOf(payload), timestamp]));
  return arrived
    .filter((one) => times.has(one.crc) && (type === undefined || one.type === type))
    .map(({ crc, timestamp }) => timestamp - (times.get(crc) ?? 0));
}

/** Times go back on no track. */
export function expectMonotonic(arrived: readonly Arrival[]): void {
  for (const type of [AUDIO, VIDEO]) {
    const times = arrived.filter((one) => one.type === type).map(({ timestamp }) => timestamp);
    expect(times).toEqual([...times].sort((a, b) => a - b));
  }
}

/** What arrived is the end of what was sent, without a gap: nothing is missing from where it began. */
export function expectUnbroken(arrived: readonly Arrival[], sent: readonly Tag[]): void {
  expect(arrived.length).toBeGreaterThan(0);
  expect(sums(arrived)).toEqual(sums(sent.slice(-arrived.length)));
}

/** Waits until a tag has arrived. */
export async function arrival(arrivals: Journal<Arrival>, tag: Tag | undefined): Promise<Arrival> {
  if (tag === undefined) throw new Error('There is no such tag');
  const crc = crcOf(tag.payload);
  return await arrivals.find((one) => one.crc === crc, `the tag of ${String(tag.timestamp)} ms`);
}
