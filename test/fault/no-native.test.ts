// A machine where neither node-av nor koffi can be loaded: frames come from the command, with one warning.
import { execFile } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fixture } from '../support/fixtures.js';
import { framemd5 } from '../support/ffmpeg.js';

const ROOT = join(import.meta.dirname, '../..');
const REASON = 'Error loading shared library ld-linux-x86-64.so.2';

/** A copy of the package beside natives that throw, as on a system with another C library. */
let home: string;

beforeAll(() => {
  home = mkdtempSync(join(realpathSync(tmpdir()), 'framerail-test-'));
  cpSync(join(ROOT, 'dist'), join(home, 'dist'), { recursive: true });
  cpSync(join(ROOT, 'package.json'), join(home, 'package.json'));
  for (const name of ['node-av', 'koffi']) {
    const folder = join(home, 'node_modules', name);
    mkdirSync(folder, { recursive: true });
    const exports = { '.': './index.js', './*': './index.js' };
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ name, type: 'module', exports }));
    // Whoever is loaded says so, also when the failure is swallowed.
    writeFileSync(
      join(folder, 'index.js'),
      `import { appendFileSync } from 'node:fs';
       if (process.env.LOADED) appendFileSync(process.env.LOADED, '${name} ' + process.pid + '\\n');
       throw new Error('${REASON} (needed by ${name})');
       export let ${namesFromNodeAv().join(', ')};`,
    );
  }
});

/** What is imported by name must exist, or the import fails for another reason than the one that is meant. */
function namesFromNodeAv(): string[] {
  const folder = join(ROOT, 'dist/av');
  const code = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.js'))
    .map((name) => readFileSync(join(folder, name), 'utf8'));
  const imports = code.flatMap((text) => [...text.matchAll(/import \{([^}]*)\} from 'node-av\/[^']*'/g)]);
  return [...new Set(imports.flatMap(([, names = '']) => names.split(',').map((name) => name.trim())))].filter(Boolean);
}

afterAll(() => {
  rmSync(home, { recursive: true, force: true });
});

interface Ended {
  readonly code: number;
  readonly said: Record<string, unknown>;
  readonly stderr: string;
}

/** Runs a program in that copy; it prints one JSON document. */
async function run(program: string, env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  const options = { cwd: home, env: { ...process.env, ...env }, timeout: 40_000 };
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    ['--input-type=module', '-e', `${HELPERS}\n${program}`],
    options,
  );
  return { code: 0, said: JSON.parse(stdout) as Record<string, unknown>, stderr };
}

const HELPERS = `
  import { createHash } from 'node:crypto';
  import { createCovers, createVideo, Engine, open, processVideo } from '#dist/index.js';
  const warnings = [];
  process.on('warning', ({ code, message }) => warnings.push({ code, message }));
  const clip = ${JSON.stringify(fixture('plain.mp4'))};
  const hashes = async (video) => {
    const list = [];
    for await (const batch of video.frames({ format: 'native', packed: true }))
      for (const frame of batch) list.push(createHash('md5').update(frame.data).digest('hex'));
    return list;
  };
  const say = (said) => console.log(JSON.stringify({ ...said, warnings }));
  const failure = (call) => call().then(() => ({}), ({ code, message }) => ({ code, message }));
`;

test('calls that name no backend fall back, with one warning that gives the reason', async () => {
  const loaded = join(home, 'loaded');
  const { said } = await run(
    `
      const engine = new Engine();
      const videos = await Promise.all([engine.open(clip), engine.open(clip), open(clip)].slice(0, 2));
      const lists = await Promise.all(videos.map(hashes));
      const again = await hashes(await engine.open(clip));
      say({ lists: [...lists, again], backend: engine.backend, pid: process.pid });
      await engine.close();
    `,
    { LOADED: loaded },
  );
  const expected = await framemd5(fixture('plain.mp4'));
  expect(said['lists']).toEqual([expected, expected, expected]);
  expect(said['backend']).toBe('spawn');
  const tries = readFileSync(loaded, 'utf8');
  expect(tries).toContain('node-av ');
  expect(tries).not.toContain(`node-av ${String(said['pid'])}\n`);
  expect(said['warnings']).toEqual([{ code: 'FRAMERAIL_FALLBACK', message: expect.stringContaining(REASON) }]);
});

test('videos are processed and drawn, and covers made, with one warning', async () => {
  const { said } = await run(`
    import { mkdtempSync, rmSync } from 'node:fs';
    import { tmpdir } from 'node:os';
    const folder = mkdtempSync(tmpdir() + '/framerail-test-');
    const quick = { encoderOptions: { preset: 'ultrafast' } };
    let seen = 0;
    const alone = await processVideo(clip, folder + '/alone.mp4', { ...quick, filters: 'scale=160:-2' });
    const through = await processVideo(clip, folder + '/through.mp4', {
      ...quick,
      transform: (frames) => void (seen += frames.length),
    });
    const video = await createVideo(folder + '/drawn.mp4', { size: [64, 48], ...quick });
    for (let i = 0; i < 5; i++) await video.write(await video.frame());
    const drawn = await video.finish();
    const covers = createCovers();
    const cover = await covers.make(clip, { size: [64, 36] });
    await covers.close();
    rmSync(folder, { recursive: true });
    say({
      counts: [alone.encoded, through.encoded, seen, drawn.encoded],
      sound: [alone, through].map(({ streams }) => streams[1].action),
      cover: [cover.width, cover.height, cover.pts, cover.data.length > 500],
    });
    process.exit(0);
  `);
  expect(said).toEqual({
    counts: [100, 100, 100, 5],
    sound: ['copy', 'copy'],
    cover: [64, 36, 2, true],
    warnings: [{ code: 'FRAMERAIL_FALLBACK', message: expect.stringContaining(REASON) as unknown }],
  });
});

test('a parent that names the backend loads no native package', async () => {
  const loaded = join(home, 'loaded-by-name');
  writeFileSync(loaded, '');
  const { said } = await run(
    `
      import { readFileSync } from 'node:fs';
      const engine = new Engine({ backend: 'spawn' });
      const list = await hashes(await engine.open(clip));
      await engine.close();
      say({ count: list.length, loaded: readFileSync(process.env.LOADED, 'utf8') });
    `,
    { LOADED: loaded },
  );
  expect(said).toEqual({ count: 100, loaded: '', warnings: [] });
});

test('a backend that was named fails with its own error', async () => {
  const { said } = await run(`
    const engine = new Engine({ backend: 'process' });
    say(await failure(() => engine.open(clip)));
    await engine.close();
  `);
  expect(said).toMatchObject({ code: 'FR_ENGINE_LOAD', message: expect.stringContaining(REASON), warnings: [] });
});

test('without a command either, one sentence names both reasons', async () => {
  const { said } = await run(
    `
      const engine = new Engine();
      say(await failure(() => engine.open(clip)));
      await engine.close();
    `,
    { PATH: dirname(process.execPath) === '/usr/bin' ? '/nowhere' : dirname(process.execPath) },
  );
  expect(said).toMatchObject({ code: 'FR_ENGINE_LOAD', warnings: [] });
  expect(said['message']).toContain(REASON);
  expect(said['message']).toMatch(/no command to use instead: The command ff\w+ could not be run .*ENOENT/);
});
