// Processes of links that are started ahead of need: taken once and while they live, and never left behind.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { afterEach, expect, onTestFinished, test } from 'vitest';
import { dropEarlyWorker, LINKS_PER_PROCESS, startEarlyWorker, takeWorker } from '#dist/relay/srt/start-worker.js';
import { childPids, isAlive } from '../../support/resources.js';

afterEach(dropEarlyWorker);

/** Takes a process, which ends with the running test. */
function take(links: number): ReturnType<typeof takeWorker> {
  const child = takeWorker(links);
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  return child;
}

/** What the kernel knows of how a process was started. */
function startOf(pid: number | undefined): string[] {
  return ['cmdline', 'environ'].map((name) => readFileSync(`/proc/${String(pid)}/${name}`, 'latin1'));
}

test('the early one is started once, and taken once', () => {
  const before = childPids();
  startEarlyWorker();
  startEarlyWorker();
  const [early, ...more] = childPids().filter((pid) => !before.includes(pid));
  expect(more).toEqual([]);
  expect(take(LINKS_PER_PROCESS).pid).toBe(early);
  expect(take(LINKS_PER_PROCESS).pid).not.toBe(early);
});

test('it is the same process as one that is started when it is needed', async () => {
  startEarlyWorker();
  const [early, needed] = [take(LINKS_PER_PROCESS), take(LINKS_PER_PROCESS)];
  // Until it runs its own program it is still a copy of this one.
  await Promise.all([early, needed].map(async (child) => once(child, 'spawn')));
  expect(startOf(early.pid)).toEqual(startOf(needed.pid));
  expect(startOf(early.pid)[0]).toMatch(/relay.srt.worker\.js/);
  expect(early.stdio.map((stream) => stream?.constructor.name)).toEqual(
    needed.stdio.map((stream) => stream?.constructor.name),
  );
});

test('one that has died meanwhile is not taken', async () => {
  const before = childPids();
  startEarlyWorker();
  const [early = 0] = childPids().filter((pid) => !before.includes(pid));
  process.kill(early, 'SIGKILL');
  // Reaped is what is no zombie any more; its exit was heard in the same turn.
  while (childPids().includes(early)) await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => setImmediate(resolve));
  const taken = take(LINKS_PER_PROCESS);
  expect(taken.pid).not.toBe(early);
  expect(isAlive(taken.pid ?? 0)).toBe(true);
});

test('one for another number of links is a process of its own; the early one is dropped when nobody took it', async () => {
  const before = childPids();
  startEarlyWorker();
  const [early = 0] = childPids().filter((pid) => !before.includes(pid));
  expect(take(1).pid).not.toBe(early);
  expect(isAlive(early)).toBe(true);
  dropEarlyWorker();
  while (isAlive(early)) await new Promise((resolve) => setImmediate(resolve));
});

const PROGRAM = `
  import { startEarlyWorker } from '#dist/relay/srt/start-worker.js';
  import { readFileSync } from 'node:fs';
  startEarlyWorker();
  console.log(readFileSync('/proc/self/task/' + process.pid + '/children', 'utf8'));
`;

test.each([
  ['ends by itself, which the early one does not hold up', '', (code: number | null) => code === 0],
  ['is killed', 'setInterval(() => undefined, 1000);', (_: unknown, signal: string | null) => signal === 'SIGKILL'],
])('it is gone with a program that %s', async (_, rest, ended) => {
  const parent = spawn(process.execPath, ['--input-type=module', '-e', PROGRAM + rest], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exit = once(parent, 'exit');
  const [line] = (await once(createInterface({ input: parent.stdout }), 'line')) as [string];
  expect(Number(line)).toBeGreaterThan(0);
  if (rest !== '') parent.kill('SIGKILL');
  const [code, signal] = (await exit) as [number | null, string | null];
  expect(ended(code, signal)).toBe(true);
  const end = performance.now() + 15_000;
  while (isAlive(Number(line)) && performance.now() < end) await new Promise((resolve) => setImmediate(resolve));
  expect(isAlive(Number(line))).toBe(false);
});
