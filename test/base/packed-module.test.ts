// Programs are packed, and what is packed loads nothing that is not.
import { cpSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { packedModule, packedProgram } from '#dist/base/index.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const DIST = fileURLToPath(new URL('.', import.meta.resolve('#dist/index.js')));
const address = (path: string): string => pathToFileURL(join(DIST, path)).href;
const JOBS = readdirSync(DIST, { recursive: true, encoding: 'utf8' }).filter((path) =>
  /^(covers|frames|relay)\/.*-job\.js$/.test(path),
);

test.each([
  'index.js',
  'cli/main.js',
  'relay/early-dial.js',
  'relay/srt/worker.js',
  'workers/main-process.js',
  ...JOBS,
])('%s is packed', (path) => {
  expect(packedModule(address(path))).toBe(address(`packed/${path.replaceAll('/', '.')}`));
});

test('what is packed imports packages and what is packed alone', () => {
  const folder = join(DIST, 'packed');
  for (const file of readdirSync(folder)) {
    const text = readFileSync(join(folder, file), 'utf8');
    const imports = [...text.matchAll(/^(?:import|export)\b[^'"]*from "([^"]+)"|\bimport\("([^"]+)"\)/gm)];
    for (const [, named, loaded] of imports)
      expect(named ?? loaded, file).toMatch(/^(\.\/[\w.-]+|node:[\w/]+|(@[a-z-]+\/)?[a-z][\w/-]+)$/);
  }
});

test('a module that is not of this package, or not packed, is itself', () => {
  for (const url of ['file:///elsewhere/job.mjs', address('base/index.js'), 'data:text/javascript,1'])
    expect(packedModule(url)).toBe(url);
});

test('a program is packed if all that it loads is', () => {
  const main = address('workers/main-process.js');
  expect(packedProgram(main, JOBS.map(address))).toBe(packedModule(main));
  expect(packedProgram(main, [address(JOBS[0]!), 'file:///elsewhere/job.mjs'])).toBe(main);
});

test('a pack that is older than the modules is not used', async () => {
  const root = join(temporaryFolder(), 'dist');
  mkdirSync(join(root, 'packed'), { recursive: true });
  cpSync(join(DIST, 'base'), join(root, 'base'), { recursive: true });
  for (const file of ['.tsbuildinfo', 'packed/cli.main.js']) writeFileSync(join(root, file), '');
  const copy = (await import(pathToFileURL(join(root, 'base/packed-module.js')).href)) as {
    packedModule: typeof packedModule;
  };
  const main = pathToFileURL(join(root, 'cli/main.js')).href;
  const built = (time: number): void => {
    utimesSync(join(root, '.tsbuildinfo'), time, time);
  };
  built(1000);
  expect(copy.packedModule(main)).toBe(pathToFileURL(join(root, 'packed/cli.main.js')).href);
  built(Date.now() / 1000 + 60);
  expect(copy.packedModule(main)).toBe(main);
});
