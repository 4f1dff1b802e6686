// When silence is trouble: at the pace of the stream itself, told tag by tag with times of the test's own.
import { expect, test } from 'vitest';
import { Progress } from '#dist/relay/failover/progress.js';

const PATIENCE = 400;
const FIRST = 2000;

/** Tags of one track at a steady pace; gives when the last one came. */
function flow(progress: Progress, kind: 'audio' | 'video', from: number, to: number, step: number): number {
  let last = from;
  for (let at = from; at < to; at += step) progress.tag(kind, at, (last = at));
  return last;
}

const look = (progress: Progress, now: number): string | undefined => progress.trouble(now, PATIENCE, FIRST);

test('the first media may take longer than a pause within it', () => {
  const progress = new Progress(1000);
  expect(look(progress, 2900)).toBeUndefined();
  expect(look(progress, 3001)).toBe('silent');
  progress.tag('audio', 0, 3100);
  expect(look(progress, 3200)).toBeUndefined();
  expect(look(progress, 3501)).toBe('silent');
});

test('a stream of 25 pictures a second is silent when its patience is over, and flows anew from its next tag on', () => {
  const progress = new Progress(0);
  const last = flow(progress, 'video', 0, 5000, 40);
  expect(progress.flowingSince).toBe(0);
  expect(look(progress, last + 390)).toBeUndefined();
  expect(look(progress, last + 401)).toBe('silent');
  expect(progress.flowingSince).toBeUndefined();
  progress.tag('video', last + 1000, last + 1000);
  expect(progress.flowingSince).toBe(last + 1000);
  expect(look(progress, last + 1100)).toBeUndefined();
});

test('trouble is near after a fifth of the patience, not where it has not begun or is sparse by nature', () => {
  const progress = new Progress(0);
  expect(progress.doubtful(1999, PATIENCE)).toBe(false);
  const last = flow(progress, 'video', 0, 2000, 20);
  expect(progress.doubtful(last + 80, PATIENCE)).toBe(false);
  expect(progress.doubtful(last + 81, PATIENCE)).toBe(true);
  expect(progress.flowingSince).toBe(0);
  const sparse = new Progress(0);
  const end = flow(sparse, 'video', 0, 5000, 100);
  expect(sparse.doubtful(end + 300, PATIENCE)).toBe(false);
  expect(sparse.doubtful(end + 301, PATIENCE)).toBe(true);
});

test.each(['audio', 'video'] as const)('%s that stops while the other goes on is stalled', (stopped) => {
  const progress = new Progress(0);
  const other = stopped === 'audio' ? 'video' : 'audio';
  for (let at = 0; at < 4000; at += 40) {
    progress.tag(other, at, at);
    if (at < 3000) progress.tag(stopped, at, at);
  }
  expect(look(progress, 3700)).toBeUndefined();
  expect(progress.stalled(3900, PATIENCE)).toBe(stopped);
  expect(look(progress, 3900)).toBe('stalled');
});

test('a track that has been away for a minute is missed no more', () => {
  const progress = new Progress(0);
  flow(progress, 'audio', 0, 3000, 23);
  const last = flow(progress, 'video', 0, 70_000, 40);
  expect(look(progress, 50_000)).toBe('stalled');
  expect(look(progress, last)).toBeUndefined();
});

test('where both stop together no track is at fault', () => {
  const progress = new Progress(0);
  flow(progress, 'video', 0, 3000, 40);
  const last = flow(progress, 'audio', 0, 3000, 23);
  expect(look(progress, last + 395)).toBeUndefined();
  expect(look(progress, last + 500)).toBe('silent');
});

test('a track that never was steady does not stall', () => {
  const progress = new Progress(0);
  flow(progress, 'video', 0, 200, 40);
  const last = flow(progress, 'audio', 0, 9000, 23);
  expect(look(progress, last)).toBeUndefined();
});

test('pictures of one each ten seconds beside sound are sparse, and no trouble', () => {
  const progress = new Progress(0);
  for (let at = 0; at < 300_000; at += 20) {
    progress.tag('audio', at, at);
    if (at % 10_000 === 0) progress.tag('video', at, at);
    if (at % 500 === 0) expect(look(progress, at)).toBeUndefined();
  }
});

test('what a link held up does not make the stream count as sparse', () => {
  const progress = new Progress(0);
  const last = flow(progress, 'video', 0, 5000, 40);
  // Two seconds of it come together.
  for (let i = 1; i <= 50; i++) progress.tag('video', last + 40 * i, last + 2000);
  const again = flow(progress, 'video', last + 2040, last + 12_000, 40);
  expect(look(progress, again + 395)).toBeUndefined();
  expect(look(progress, again + 500)).toBe('silent');
});

test('segments that come ahead of their time are waited for as long as they last', () => {
  const progress = new Progress(0);
  // Four seconds of media at once, each four seconds.
  for (let segment = 0; segment < 20; segment++) {
    const at = segment * 4000;
    for (let i = 0; i < 100; i++) progress.tag('video', at + i * 40, at + i / 10);
    for (let passed = 100; passed < 4000; passed += 100) expect(look(progress, at + passed)).toBeUndefined();
  }
  expect(look(progress, 20 * 4000 + 20_000)).toBe('silent');
});

test('a burst is one while it lasts', () => {
  const progress = new Progress(0);
  flow(progress, 'video', 0, 2000, 40);
  expect(progress.bursts(2000)).toBe(false);
  for (let i = 0; i < 50; i++) progress.tag('video', 2000 + i * 40, 2000 + i);
  expect(progress.bursts(2050)).toBe(true);
  expect(progress.bursts(2200)).toBe(false);
  flow(progress, 'video', 4040, 4500, 40);
  expect(progress.bursts(4500)).toBe(false);
});

test('timestamps that wrap are no burst', () => {
  const progress = new Progress(0);
  for (let at = 0; at < 4000; at += 40) {
    progress.tag('video', (2 ** 32 - 2000 + at) % 2 ** 32, at);
    expect(progress.bursts(at)).toBe(false);
  }
});

test('time in which this process slept is nobody else’s silence', () => {
  const progress = new Progress(0);
  const last = flow(progress, 'video', 0, 2000, 40);
  progress.forgive(3000, last + 3200);
  expect(look(progress, last + 3300)).toBeUndefined();
  expect(look(progress, last + 3500)).toBe('silent');
});
