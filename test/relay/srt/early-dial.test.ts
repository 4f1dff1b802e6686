// An origin that is dialled ahead of its relay: nothing of it is lost, and nobody takes what was dialled otherwise.
import { readFileSync } from 'node:fs';
import { afterEach, expect, onTestFinished, test } from 'vitest';
import type { DialHandlers, SrtDial } from '#dist/relay/srt/dial.js';
import { dialEarlyOrigin, dropEarlyDial, takeEarlyDial } from '#dist/relay/srt/early-dial.js';
import { srtLinks } from '#dist/relay/srt/link-group.js';
import { fixture } from '../../support/fixtures.js';
import { freePort } from '../../support/live.js';
import { Journal } from '../../support/relay/journal.js';
import { bound, feed, refusingPeer, silentPeer, type Feed } from '../../support/relay/srt.js';

const ts = readFileSync(fixture('plain.ts'));
const TIMEOUT = 10_000;
const FORBIDDEN = 1403;

afterEach(async () => {
  dropEarlyDial();
  for (const pid of srtLinks.pids) process.kill(pid, 'SIGKILL');
  while (srtLinks.pids.length > 0) await new Promise((resolve) => setImmediate(resolve));
});

/** Who hears of a connection, and what was told. */
interface Heard {
  readonly handlers: DialHandlers;
  readonly told: Journal<string>;
  readonly bytes: () => number;
}

function listener(): Heard {
  const told = new Journal<string>();
  let count = 0;
  const handlers: DialHandlers = {
    onAccepted: () => {
      told.push('accepted');
    },
    onBytes: (bytes) => {
      count += bytes.byteLength;
      told.push('bytes');
    },
    onTurn: () => {
      told.push('turn');
    },
    onWarning: (message) => {
      told.push(message);
    },
    onEnd: ({ code }) => {
      told.push(code);
    },
  };
  return { handlers, told, bytes: () => count };
}

function take(address: string, timeout: number, { handlers }: Heard): SrtDial | undefined {
  const dial = takeEarlyDial(address, timeout, handlers);
  onTestFinished(async () => await dial?.close(false));
  return dial;
}

/** A peer that waits for one caller, and goes when that has gone. */
async function peer(): Promise<{ readonly address: string; readonly run: Feed }> {
  const port = await freePort('udp');
  const address = `srt://127.0.0.1:${String(port)}`;
  const run = await feed(`${address}?mode=listener`);
  await bound(port);
  return { address, run };
}

test('what came before it was taken comes first, and then the rest', async () => {
  const { address, run } = await peer();
  dialEarlyOrigin(address, TIMEOUT);
  await run.lines.find((line) => line.startsWith('Accepted'));
  await run.send(ts.subarray(0, 20 * 1316));
  const heard = listener();
  const dial = take(address, TIMEOUT, heard);
  expect(dial).toBeDefined();
  // Whoever takes it has it before he hears of it.
  expect(heard.told.items).toEqual([]);
  await heard.told.find(() => heard.bytes() >= 20 * 1316);
  expect(heard.told.items[0]).toBe('accepted');
  expect(dial?.marks.accepted).toBeGreaterThan(dial?.marks.dialled ?? Infinity);
  await run.send(ts.subarray(0, 20 * 1316));
  await heard.told.find(() => heard.bytes() >= 40 * 1316);
  expect(new Set(heard.told.items)).toEqual(new Set(['accepted', 'bytes', 'turn']));
  // There was one of it.
  expect(take(address, TIMEOUT, listener())).toBeUndefined();
});

test.each([
  ['for another time', '', TIMEOUT - 1],
  ['at another address', '?latency=50000', TIMEOUT],
])('what is wanted %s is not what was dialled, which ends', async (_, query, timeout) => {
  const { address, run } = await peer();
  dialEarlyOrigin(address, TIMEOUT);
  await run.lines.find((line) => line.startsWith('Accepted'));
  const heard = listener();
  expect(take(address + query, timeout, heard)).toBeUndefined();
  await run.ended;
  expect(take(address, TIMEOUT, heard)).toBeUndefined();
  expect(heard.told.items).toEqual([]);
});

test('one that nobody takes ends when it is dropped', async () => {
  const { address, run } = await peer();
  dialEarlyOrigin(address, TIMEOUT);
  await run.lines.find((line) => line.startsWith('Accepted'));
  dropEarlyDial();
  await run.ended;
});

test('that it was refused is told to who takes it', async () => {
  const address = `srt://127.0.0.1:${String(await refusingPeer(FORBIDDEN))}`;
  dialEarlyOrigin(address, TIMEOUT);
  const heard = listener();
  take(address, TIMEOUT, heard);
  await heard.told.find((what) => what === 'FR_RELAY_AUTH');
  expect(heard.told.items).toEqual(['FR_RELAY_AUTH']);
});

test('nobody answers: its time counts from when it was dialled', async () => {
  const called = new Journal<number>();
  const port = await silentPeer(() => {
    called.push(performance.now());
  });
  const address = `srt://127.0.0.1:${String(port)}`;
  dialEarlyOrigin(address, 1500);
  await called.find(() => true);
  const heard = listener();
  const dial = take(address, 1500, heard);
  await heard.told.find((what) => what === 'FR_RELAY_TIMEOUT');
  expect(performance.now() - (dial?.marks.dialled ?? 0)).toBeLessThan(2500);
});

test.each([['srt://127.0.0.1:9000?mode=listener'], ['srt://127.0.0.1:9000?nonsense=1'], ['srt://127.0.0.1']])(
  'nobody is dialled for %s',
  (address) => {
    dialEarlyOrigin(address, TIMEOUT);
    expect(take(address, TIMEOUT, listener())).toBeUndefined();
    expect(srtLinks.pids).toEqual([]);
  },
);
