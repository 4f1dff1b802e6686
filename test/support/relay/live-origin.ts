// An origin that plays a live stream without an end, and has the accidents that a test wants: it freezes, loses a
// track, dies, and comes back.
import { setTimeout as sleep } from 'node:timers/promises';
import { rtmpOrigin, type Origin } from './origin.js';
import { stream, type StreamOptions } from './stream.js';
import { audioHeader, metadata, VIDEO, videoHeader, type Tag } from './tags.js';

/** What it plays and how. */
export interface LiveOptions extends Omit<StreamOptions, 'length'> {
  /** What it says ahead of media; usual headers unless told. */
  readonly headers?: readonly Tag[];
  /** Sends who joins what it has since the last keyframe, as servers with a cache do. */
  readonly cached?: boolean;
  /** Refuses everybody with this code of RTMP. */
  readonly refuse?: string;
  /** The moment of its stream's beginning by `performance.now()`, for several that play the same; else its start. */
  readonly began?: number;
  /** Milliseconds by which it is behind. */
  readonly behind?: number;
  /** Milliseconds by which sound is sent later than pictures of the same time. */
  readonly soundLate?: number;
}

/** A running one. */
export interface LiveOrigin extends Origin {
  /** Everything that it plays, in its order. */
  readonly tags: readonly Tag[];
  /** Sends nothing any more, or no tags of one type, and keeps its connections. */
  freeze(type?: number): void;
  /** Goes on where its stream is by then. */
  thaw(): void;
  /** Waits until its stream has gone on by so many tags, sent or not. */
  sent(count: number): Promise<void>;
  /** Cuts everybody off, and whoever comes. */
  die(how?: 'fin' | 'rst'): void;
  /** Takes clients again. */
  revive(): void;
}

/** Milliseconds of stream that are made ahead; no test plays longer. */
const LENGTH = 60_000;

/** Starts one, which goes away with the running test. */
export async function liveOrigin(options: LiveOptions = {}): Promise<LiveOrigin> {
  const { headers = [metadata(), videoHeader(), audioHeader()], cached = false, refuse, behind = 0 } = options;
  const { soundLate = 0, from = 0 } = options;
  const began = options.began ?? performance.now();
  const tags = stream({ ...options, length: LENGTH });
  const dueAt = ({ type, timestamp }: Tag): number => timestamp - from + behind + (type === VIDEO ? 0 : soundLate);
  const order = [...tags].sort((a, b) => dueAt(a) - dueAt(b));
  let frozen: number | 'all' | undefined;
  let dead: 'fin' | 'rst' | undefined;
  const origin = await rtmpOrigin(
    async (player) => {
      player.send(...headers);
      const passed = (): number => performance.now() - began;
      let at = order.findIndex((tag) => dueAt(tag) > passed());
      if (cached) {
        const key = order.findLastIndex((tag, i) => i < at && isKey(tag));
        if (key >= 0) player.send(...order.slice(key, at).map(wrapped));
      }
      for (; at < order.length; at++) {
        const tag = order[at]!;
        const due = dueAt(tag) - passed();
        if (due > 1) await player.wait(due);
        if (frozen === undefined || (frozen !== 'all' && frozen !== tag.type)) player.send(wrapped(tag));
      }
    },
    () => {
      if (dead !== undefined) return { cut: { at: 'accept', how: dead } };
      return refuse === undefined ? {} : { refuse: { on: 'wish', code: refuse, description: 'No.' } };
    },
  );
  return {
    ...origin,
    tags,
    freeze: (type) => (frozen = type ?? 'all'),
    thaw: () => (frozen = undefined),
    sent: async (count) => {
      const at = order.findIndex((tag) => dueAt(tag) > performance.now() - began);
      const tag = order[at + count];
      if (tag === undefined) throw new Error('The stream is over');
      await sleep(Math.max(0, dueAt(tag) - (performance.now() - began)));
    },
    die: (how = 'rst') => {
      dead = how;
      for (const { link } of origin.connections) if (!link.closed) link.cut(how);
    },
    revive: () => (dead = undefined),
  };
}

/** Timestamps are 32 bits wide. */
function wrapped(tag: Tag): Tag {
  return { ...tag, timestamp: tag.timestamp % 2 ** 32 };
}

function isKey({ type, payload }: Tag): boolean {
  return type === VIDEO && ((payload[0] ?? 0) & 0x70) === 0x10;
}
