// When the parent dies, its workers end by themselves and nothing stays behind.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { fixture } from '../support/fixtures.js';
import { some } from '../support/long.js';
import { isAlive } from '../support/resources.js';
import { temporaryFolder } from '../support/temporary-folder.js';

/** A program that reads one batch, tells its worker's process, and then waits for ever. */
const PROGRAM = `
  import { Engine } from '#dist/index.js';
  const engine = new Engine({ workers: 1, transport: process.argv[2] });
  const video = await engine.open(process.argv[1]);
  const stream = video.frames({ slots: 2 });
  await stream.next();
  console.log(engine.pids[0]);
  setInterval(() => undefined, 1000);
`;

it.each(some(2, ['memfd', 'shm', 'copy']))('workers follow a parent that was killed (%s)', async (transport) => {
  const named = (): string[] => readdirSync('/dev/shm').filter((name) => name.includes('framerail'));
  const before = named();
  const parent = spawn(process.execPath, ['--input-type=module', '-e', PROGRAM, fixture('big.mp4'), transport], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(createInterface({ input: parent.stdout }), 'line')) as [string];
  const worker = Number(line);
  expect(isAlive(worker)).toBe(true);
  parent.kill('SIGKILL');
  await once(parent, 'exit');
  await eventually(() => {
    expect(isAlive(worker)).toBe(false);
  });
  expect(named()).toEqual(before);
});

/** A program that records a file by a command that nothing but itself waits for, and tells the command's process. */
const RECORDER = `
  import { Engine } from '#dist/index.js';
  const engine = new Engine({ backend: 'spawn', workers: 1 });
  const filters = ['scale=64:-2', 'realtime'];
  engine.process(process.argv[1], process.argv[2], { filters, onProgress: () => console.log(engine.pids.join()) });
`;

it.each(some(2, ['SIGKILL', 'SIGINT', 'SIGTERM', 'SIGHUP']))('commands follow a parent that got %s', async (signal) => {
  const args = ['--input-type=module', '-e', RECORDER, fixture('big.mp4'), join(temporaryFolder(), 'out.mp4')];
  const parent = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(createInterface({ input: parent.stdout }), 'line')) as [string];
  const commands = line.split(',').map(Number);
  expect(commands.map(isAlive)).toEqual([true]);
  parent.kill(signal);
  await once(parent, 'exit');
  await eventually(() => {
    expect(commands.map(isAlive)).toEqual([false]);
  });
});

it('a program that never closes its engine ends by itself', async () => {
  const program = `
    import { open } from '#dist/index.js';
    const video = await open(process.argv[1]);
    let count = 0;
    for await (const batch of video.frames()) count += batch.length;
    console.log(count);
  `;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program, fixture('plain.mp4')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let printed = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (printed += text));
  const [code] = (await once(child, 'exit')) as [number];
  expect({ code, printed }).toEqual({ code: 0, printed: '100\n' });
});
