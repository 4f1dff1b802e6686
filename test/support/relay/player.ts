// What a scripted origin is played by: a script sends tags, waits, and breaks off, for whoever connected.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Tag } from './tags.js';

/** What a script may do to one client. Everything it awaits ends when the client is gone, and the script with it. */
export interface Player {
  /** Which connection of the origin it is, from 1. */
  readonly connection: number;
  /** Every tag that was sent on this connection. */
  readonly sent: Tag[];
  /** Sends tags at once. */
  send(...tags: readonly Tag[]): void;
  /** Sends tags at the pace of their timestamps, from now on; `speed` 4 is four times as fast. */
  pace(tags: readonly Tag[], speed?: number): Promise<void>;
  /** Waits in milliseconds, or for something that a test does. */
  wait(what: number | Promise<unknown>): Promise<void>;
  /** Sends bytes as they are, such as half a tag. */
  raw(bytes: Uint8Array): void;
  /** Breaks the connection off. */
  cut(how?: 'fin' | 'rst'): void;
}

/** Plays to one client. What it was connected to is kept when it returns: an origin that has nothing to say. */
export type Script = (player: Player) => Promise<void> | void;

/** How an origin sends. */
export interface Outlet {
  readonly connection: number;
  readonly tag: (tag: Tag) => void;
  /** All of a turn was given. */
  readonly flush: () => void;
  readonly raw: (bytes: Uint8Array) => void;
  readonly cut: (how: 'fin' | 'rst') => void;
}

/** Runs a script for one client. */
export function play(script: Script, { connection, tag, flush, raw, cut }: Outlet, gone: AbortSignal): void {
  const sent: Tag[] = [];
  const send = (...tags: readonly Tag[]): void => {
    if (gone.aborted) return;
    for (const one of tags) {
      sent.push(one);
      tag(one);
    }
    flush();
  };
  const wait = async (what: number | Promise<unknown>): Promise<void> => {
    if (typeof what === 'number') await sleep(what, undefined, { signal: gone });
    else await Promise.race([what, leaving(gone)]);
  };
  const pace = async (tags: readonly Tag[], speed = 1): Promise<void> => {
    const began = performance.now();
    const first = tags[0]?.timestamp ?? 0;
    for (const one of tags) {
      const due = began + (one.timestamp - first) / speed - performance.now();
      if (due > 1) await wait(due);
      send(one);
    }
  };
  const run = async (): Promise<void> => {
    await script({ connection, sent, send, pace, wait, raw, cut: (how = 'fin') => cut(how) });
  };
  run().catch((error: unknown) => {
    if (!gone.aborted) throw error;
  });
}

async function leaving(gone: AbortSignal): Promise<never> {
  return await new Promise((_, reject) => {
    const leave = (): void => reject(new Error('The client is gone'));
    if (gone.aborted) leave();
    else gone.addEventListener('abort', leave, { once: true });
  });
}
