// Many relays as a terminal shows them: those in trouble first, and no more lines than it is high.
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { manyEventText, manyLines } from '#dist/cli/relays-text.js';
import type { ManagedRelayStatus, RelaysStatus, RelayStatus } from '#dist/relay/index.js';

const track = { codec: 'h264', tags: 1, bytes: 1, bitsPerSecond: 2_000_000, tagsPerSecond: 25 };
const destination = {
  ...{ id: 1, address: 'rtmp://a/b/***', state: 'live', tags: 1, bytes: 1, dropped: 0, queuedBytes: 0 },
  ...{ connections: 1, lastError: null },
} as const;

function run(open: boolean, state: 'live' | 'slow' = 'live'): RelayStatus {
  // What of a feed is shown.
  const feed = {
    ...{ audio: null, video: track, size: null, gopSeconds: 2, gopBytes: 0, mediaSeconds: 1, driftSeconds: -0.04 },
  } as unknown as RelayStatus['feed'];
  return {
    ...{
      origin: { address: 'x', open, connections: 1 },
      origins: [],
      slate: null,
      recording: null,
      ready: 'both streams',
      feed,
    },
    ...{ destinations: [{ ...destination, state }], timings: { origin: {}, destinations: {} } },
  };
}

function relay(name: string, more: Partial<ManagedRelayStatus> = {}): ManagedRelayStatus {
  return {
    ...{ name, state: 'running', onDemand: false, viewers: 0, viewersDropped: 0, runs: 1, error: null, pid: 1 },
    ...{ relay: run(true), ...more },
  };
}

function status(relays: readonly ManagedRelayStatus[]): RelaysStatus {
  const one = { pid: 1, relays: relays.length, cpu: 0.123, memoryBytes: 1, deaths: 0 };
  return { uptimeSeconds: 1, http: null, viewers: 3, processes: [one, { ...one, pid: null }], problems: [], relays };
}

test('trouble comes first, then what is live, then what rests', () => {
  const lines = manyLines(
    status([
      relay('fine'),
      relay('idle', { state: 'idle', relay: null }),
      relay('lost', { relay: run(false) }),
      relay('slow', { relay: run(true, 'slow'), viewers: 3 }),
      relay('wrong', { state: 'wrong', relay: null, error: { code: 'FR_ARG_INVALID', message: 'No.' } }),
    ]),
    24,
  );
  expect(lines).toEqual([
    '2 of 5 relays live  3 viewers  1 process, 12 % of a core',
    'wrong  wrong  No.',
    'lost   lost  h264  2000 kb/s  drift -0.04 s  1 of 1 destinations live',
    'slow   live  h264  2000 kb/s  drift -0.04 s  0 of 1 destinations live  3 viewers',
    'fine   live  h264  2000 kb/s  drift -0.04 s  1 of 1 destinations live',
    'idle   idle',
  ]);
});

test.each([1, 5, 24, 300])('200 relays fit a terminal of %i rows', (rows) => {
  const lines = manyLines(status(Array.from({ length: 200 }, (_, i) => relay(`r${String(i)}`))), rows);
  expect(lines.length).toBeLessThan(Math.max(rows, 4));
  if (rows < 200) expect(lines.at(-1)).toMatch(/^and \d+ more$/);
  else expect(lines).toHaveLength(201);
});

test('events say which relay they are of, and what ended one', () => {
  const error = { code: 'FR_OUTPUT_FAILED', message: 'The disk is full.' };
  expect(manyEventText({ event: 'end', relay: 'a', sinceStartMs: 5, error })).toBe('a: The disk is full.');
  expect(manyEventText({ event: 'end', relay: 'a', sinceStartMs: 5, error: null })).toBe(
    'a: 5.0 ms  the relay is over',
  );
  expect(manyEventText({ event: 'process', pid: 7, state: 'died', how: 'SIGKILL' })).toContain('7 died (SIGKILL)');
  const none = { added: 0, removed: 0, restarted: 0, adapted: 0, untouched: 0, problems: [] };
  expect(manyEventText({ event: 'configured', ...none })).toBe('configured: no relays');
  expect(manyEventText({ event: 'configured', ...none, added: 1, untouched: 199 })).toBe(
    'configured: 1 added, 199 untouched',
  );
});

test.each([
  ['both streams', 'h264', 'pcm_alaw', false, 'both streams (h264, G.711 A-law)'],
  ['video alone', 'h264', null, false, 'video alone (h264)'],
  ['video alone', 'h264', 'aac', true, 'video alone (h264), beside silence (aac)'],
  ['audio alone', 'hevc', 'opus', false, 'audio alone (opus), ahead of hevc'],
] as const)('ready for %s of %s and %s is said without contradiction', (reason, video, audio, silence, text) => {
  const event = { event: 'ready', relay: 'a', sinceStartMs: 1, reason, video, audio, silence } as const;
  expect(manyEventText(event)).toBe(`a: 1.0 ms  ready: ${text}`);
});

test('files are written as people would type them', () => {
  const event = { event: 'recorded', relay: 'a', sinceStartMs: 1 } as const;
  expect(manyEventText({ ...event, file: join(process.cwd(), 'day', 'a.mp4') })).toBe('a: 1.0 ms  recorded day/a.mp4');
  expect(manyEventText({ ...event, file: '/elsewhere/a.mp4' })).toBe('a: 1.0 ms  recorded /elsewhere/a.mp4');
});
