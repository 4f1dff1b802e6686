// An origin without a relay around it: what it tells, in a journal.
import { onTestFinished } from 'vitest';
import type { FramerailError } from '#dist/base/index.js';
import { type Origin, type OriginHints, type OriginSource } from '#dist/relay/origin.js';
import { parseOrigin } from '#dist/relay/parse-origin.js';
import { Journal } from './journal.js';
import { DATA, type Tag } from './tags.js';

/** What an origin told. */
export type Told =
  | { readonly what: 'open' | 'turn' }
  | { readonly what: 'hints'; readonly hints: OriginHints }
  | { readonly what: 'tag'; readonly tag: Tag }
  | { readonly what: 'warning'; readonly message: string }
  | { readonly what: 'end'; readonly error: FramerailError | undefined };

/** A running origin. */
export interface OpenedOrigin {
  readonly origin: Origin;
  readonly journal: Journal<Told>;
  /** Of sound and pictures: metadata is made of them where a protocol has none. */
  readonly tags: () => Tag[];
  readonly warnings: () => string[];
  /** Waits for its end, and gives its error. */
  readonly ended: () => Promise<FramerailError | undefined>;
  readonly opened: () => Promise<unknown>;
}

/** Opens an origin, which is closed with the running test. */
export function openOrigin(from: string | OriginSource, timeout = 10_000): OpenedOrigin {
  const journal = new Journal<Told>();
  const source = typeof from === 'string' ? parseOrigin('from', from) : from;
  const origin = source.open(
    {
      onOpen: () => journal.push({ what: 'open' }),
      onTurn: () => journal.push({ what: 'turn' }),
      onHints: (hints) => journal.push({ what: 'hints', hints }),
      onTag: (type, timestamp, payload) =>
        journal.push({ what: 'tag', tag: { type, timestamp, payload: Buffer.from(payload) } }),
      onWarning: (message) => journal.push({ what: 'warning', message }),
      onEnd: (error) => journal.push({ what: 'end', error }),
    },
    { timeout, verify: true, allowHosts: [] },
  );
  onTestFinished(() => origin.close());
  return {
    ...{ origin, journal },
    tags: () => journal.items.flatMap((item) => (item.what === 'tag' && item.tag.type !== DATA ? [item.tag] : [])),
    warnings: () => journal.items.flatMap((item) => (item.what === 'warning' ? [item.message] : [])),
    ended: async () => {
      const item = await journal.find(({ what }) => what === 'end', 'the end of the origin');
      return item.what === 'end' ? item.error : undefined;
    },
    opened: () => journal.find(({ what }) => what === 'open', 'the origin to open'),
  };
}
