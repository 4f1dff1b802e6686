// How one source goes on for another: where its time lies at the destinations, and which of its tags are given first.
// The two are laid side by side by when their tags came: what came at the same moment is shown at the same moment.
import type { TrackKind } from '../clock.js';
import type { Feed, Joining, Shown } from '../feed.js';
import { TAG } from '../flv/tag.js';
import type { Preview, SeenTag } from './preview.js';

/** What a source would give first. */
export interface Takeover {
  readonly joining: Joining;
  /** Tags that were kept, in their order. */
  readonly tags: readonly SeenTag[];
  /** Whether pictures go on at once: with a keyframe that was kept, or amid the very group that is running. */
  readonly pictures: boolean;
  /** Milliseconds by which its time lies ahead of the clock on the wall, so that what was kept has its place. */
  readonly ahead: number;
}

/**
 * Two sources of the same pictures that are further apart go on as if theirs were different: to wait until one that is
 * behind comes to where the other was would be a pause as long. Milliseconds.
 */
const MOST_APART = 500;

/**
 * Plans what a source would give if it took over now.
 * @param mayRunAhead - milliseconds by which its time may lie ahead of the clock on the wall. Where no stream is shown, as the
 *   slate is none, a group that is under way is then shown from its keyframe on: the next one may be as far as a group is long
 */
export function planTakeover(feed: Feed, preview: Preview, mayRunAhead = 0): Takeover {
  const side = besides(feed, preview);
  const same = sameGroup(feed, preview, side);
  if (same !== undefined) return same;
  const timeOf = ({ timestamp }: SeenTag): number => side.time + between(side.timestamp, timestamp);
  const given = feed.shown('video')?.time ?? -Infinity;
  const { tags } = preview;
  const from = tags.findIndex((tag) => tag.keyframe && timeOf(tag) > given);
  const old = from < 0 ? tags.findLast(({ keyframe }) => keyframe) : undefined;
  if (old !== undefined && given + 1 - timeOf(old) <= mayRunAhead) {
    const group = tags.filter((tag, i) => tag.kind === 'audio' || i >= tags.indexOf(old));
    const offset = { timestamp: old.timestamp, time: given + 1 };
    return { joining: joiningAt(group[0], offset), tags: group, pictures: true, ahead: given + 1 - timeOf(old) };
  }
  const kept = tags.filter(({ kind }, i) => kind === 'audio' || (from >= 0 && i >= from));
  return { joining: joiningAt(kept[0], side), tags: kept, pictures: from >= 0, ahead: 0 };
}

/** Has a source go on: its headers, what of its tags was kept, and what it brings from now on. */
export function takeOver(feed: Feed, preview: Preview, { joining, tags }: Takeover): void {
  const { timestamp } = joining;
  feed.join(joining);
  feed.hint(preview.hints);
  if (preview.metadata !== undefined) feed.push(TAG.data, timestamp, preview.metadata);
  for (const { type, payload } of preview.setups) feed.push(type, timestamp, payload);
  for (const tag of tags) feed.push(tag.kind === 'video' ? TAG.video : TAG.audio, tag.timestamp, tag.payload);
}

/**
 * Where a tag lies at the destinations that comes at a moment, whatever its own clock says. Milliseconds.
 * @param now - by the monotonic clock in milliseconds
 */
export function timeAt(feed: Feed, now: number): number {
  const shown = later([feed.shown('video'), feed.shown('audio')]);
  return shown === undefined
    ? feed.clock.latest
    : Math.max(feed.clock.latest + 1, Math.round(shown.time + now - shown.at));
}

/** A moment of a source and where it lies at the destinations. Milliseconds. */
interface Side {
  readonly timestamp: number;
  readonly time: number;
}

/** Lays the last tag of a source beside what was given last: of pictures if both have some, as they set the pace. */
function besides(feed: Feed, preview: Preview): Side {
  const kinds = ['video', 'audio'] as const;
  for (const kind of kinds) {
    const [shown, last] = [feed.shown(kind), preview.last(kind)];
    if (shown !== undefined && last !== undefined) return beside(shown, last);
  }
  const shown = later(kinds.map((kind) => feed.shown(kind)));
  const last = later(kinds.map((kind) => preview.last(kind)));
  if (shown !== undefined && last !== undefined) return beside(shown, last);
  // Nothing was ever given: the first of what is kept is the beginning.
  const first = preview.tags[0] ?? last;
  return { timestamp: first?.timestamp ?? 0, time: feed.clock.latest };
}

function beside(shown: Shown, last: SeenTag): Side {
  const time = Math.round(shown.time + last.at - shown.at);
  // A keyframe for whose sake it takes over now is later than all before, however close it came.
  return { timestamp: last.timestamp, time: last.keyframe ? Math.max(time, shown.time + 1) : time };
}

function later<T extends { readonly at: number }>(all: readonly (T | undefined)[]): T | undefined {
  return all.reduce((a, b) => (b !== undefined && (a === undefined || b.at > a.at) ? b : a), undefined);
}

/**
 * The same group of pictures, as an encoder pushes to two servers, or a server plays once more: it goes on where it
 * stopped, amid the group. Undefined where the pictures are others.
 */
function sameGroup(feed: Feed, preview: Preview, side: Side): Takeover | undefined {
  const running = feed.gop.tags.filter(({ type }) => type === TAG.video);
  const first = running[0];
  if (first === undefined) return undefined;
  const from = preview.tags.findLastIndex(({ keyframe, payload }) => keyframe && payload.equals(first.payload));
  const keyframe = preview.tags[from];
  if (keyframe === undefined) return undefined;
  const others = preview.tags.slice(from).filter(({ kind }) => kind === 'video');
  if (running.some(({ payload }, i) => others[i]?.payload.equals(payload) === false)) return undefined;
  // A still picture looks like itself at all times.
  const there = side.time + between(side.timestamp, keyframe.timestamp);
  if (Math.abs(there - first.time) > MOST_APART) return undefined;
  const tags = preview.tags.filter(({ kind }, i) => kind === 'audio' || i >= from);
  const offset = { timestamp: keyframe.timestamp, time: first.time };
  return { joining: { ...joiningAt(tags[0], offset), continues: true }, tags, pictures: true, ahead: 0 };
}

/** A source joins with its first tag. */
function joiningAt(first: SeenTag | undefined, { timestamp, time }: Side): Joining {
  const from = first?.timestamp ?? timestamp;
  return { timestamp: from, time: time + between(timestamp, from), continues: false };
}

/** From one timestamp to another: a difference of 32 bits, as timestamps wrap there. */
function between(from: number, to: number): number {
  return (to - from) | 0;
}

/** Whether a source has pictures at all, as far as is known. */
export function hasPictures(preview: Preview): boolean {
  return preview.last('video') !== undefined || preview.setups.some(({ type }) => type === TAG.video);
}

/** Which track is which type of tag. */
export function kindOf(type: number): TrackKind | undefined {
  return type === TAG.video ? 'video' : type === TAG.audio ? 'audio' : undefined;
}
