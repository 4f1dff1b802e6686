// framerail relay --config: many relays from a file, followed as it changes, in one process or several.
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { stringify } from 'yaml';
import { cli, startCli, type Running } from '../support/cli.js';
import { ffprobe } from '../support/ffmpeg.js';
import { filesIn } from '../support/process.js';
import { Journal } from '../support/relay/journal.js';
import { rtmpOrigin, type Origin } from '../support/relay/origin.js';
import { rtmpSink } from '../support/relay/sink.js';
import { stream } from '../support/relay/stream.js';
import { audioHeader, metadata, videoHeader } from '../support/relay/tags.js';
import { isAlive } from '../support/resources.js';
import { temporaryFolder } from '../support/temporary-folder.js';

interface Line extends Readonly<Record<string, unknown>> {
  readonly event: string;
}

async function endless(): Promise<Origin> {
  return await rtmpOrigin(async (player) => {
    player.send(metadata(), videoHeader(), audioHeader());
    await player.pace(stream({ length: 40_000 }));
  });
}

function file(config: object | string): string {
  const path = join(temporaryFolder(), 'relays.yaml');
  writeFileSync(path, typeof config === 'string' ? config : stringify(config));
  return path;
}

/** Starts it with --json; its lines as they come. */
function running(path: string): { readonly run: Running; readonly lines: Journal<Line> } {
  const run = startCli(['relay', '--config', path, '--json'], { detached: true });
  onTestFinished(() => void run.child.kill('SIGKILL'));
  const lines = new Journal<Line>();
  let rest = '';
  run.child.stdout.on('data', (bytes: Buffer) => {
    const parts = (rest + bytes.toString()).split('\n');
    rest = parts.pop() ?? '';
    for (const part of parts) lines.push(JSON.parse(part) as Line);
  });
  return { run, lines };
}

test('--check says what is wrong, line by line, and dials nobody', async () => {
  const origin = await endless();
  const path = file(`http: 127.0.0.1:0
relays:
  good: { from: '${origin.url}' }
  studio:
    from: ${origin.url}
    quueBytes: 8M
  cam:
    from: rtmp://\${CAMERA_HOST}/live/key
`);
  const { code, stdout, stderr, orphans } = await cli('relay', '--config', path, '--check');
  expect([code, stdout.toString(), orphans]).toEqual([1, '', []]);
  expect(stderr.split('\n')).toEqual([
    `${path}:6: studio: Expected \`queueBytes\` in the relay studio but received \`quueBytes\`.`,
    `${path}:8: cam: The variable CAMERA_HOST of \`from\` is not set.`,
    '',
  ]);
  const json = await cli('relay', '--config', path, '--check', '--json');
  expect(json.code).toBe(1);
  expect(JSON.parse(json.stdout.toString())).toMatchObject({
    problems: [{ relay: 'studio', line: 6 }, { relay: 'cam' }],
  });
  const twice = { from: 'rtmp://127.0.0.1:1999/live/KEY?listen', record: 'show.mp4' };
  writeFileSync(path, stringify({ relays: { one: twice, other: { ...twice } } }, { aliasDuplicateObjects: false }));
  const shared = await cli('relay', '--config', path, '--check');
  expect([shared.code, shared.stderr.split('\n')]).toEqual([
    1,
    [
      `${path}:6: other: The relay \`one\` waits for the key of rtmp://127.0.0.1:1999/live/*** already.`,
      `${path}:7: other: The relay \`one\` records to show.mp4 already.`,
      '',
    ],
  ]);
  writeFileSync(path, stringify({ relays: { good: { from: origin.url } } }));
  const good = await cli('relay', '--config', path, '--check');
  expect([good.code, good.stdout.toString(), good.stderr]).toEqual([0, `${path} is all right.\n`, '']);
  writeFileSync(path, 'relays: [');
  expect(await cli('relay', '--config', path, '--check')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining(':1: '),
  });
  expect(origin.connections).toHaveLength(0);
});

test('events carry the name of their relay; the file is followed, SIGHUP reads it again, and Ctrl-C ends all cleanly', async () => {
  const [origin, sink, folder] = [await endless(), await rtmpSink(), temporaryFolder()];
  const record = join(folder, 'show.flv');
  const config = {
    ...{ http: 0, processes: 2 },
    relays: { show: { from: origin.url, to: sink.url, record }, wrong: { from: 'secret-key' } } as Record<
      string,
      object
    >,
  };
  const path = file(config);
  const { run, lines } = running(path);
  await lines.find(({ event, relay }) => event === 'picture' && relay === 'show');
  expect(await lines.find(({ event }) => event === 'problem')).toMatchObject({ relay: 'wrong', line: 9 });
  process.kill(run.child.pid!, 'SIGHUP');
  await lines.find(({ event, untouched }) => event === 'configured' && untouched === 1);
  config.relays['second'] = { from: origin.url, to: sink.url.replace('hidden-key', 'second') };
  writeFileSync(path, stringify(config));
  await lines.find(({ event, relay }) => event === 'picture' && relay === 'second');
  const { http } = await lines.find(({ event }) => event === 'serving');
  const page = await fetch(`http://${String(http)}/`);
  expect(await page.text()).toContain('<title>Relays</title>');

  // As a terminal does it: to all of the group at once, of which the processes of the relays are none.
  process.kill(-run.child.pid!, 'SIGINT');
  const { code, signal, stderr, orphans } = await run.ended;
  expect([code, signal, stderr, orphans]).toEqual([0, null, '', []]);
  expect(
    lines.items
      .filter(({ event }) => event === 'end')
      .map(({ relay }) => relay)
      .sort(),
  ).toEqual(['second', 'show']);
  expect(filesIn(folder)).toEqual(['show.flv']);
  await expect(ffprobe('-show_streams', record)).resolves.toBeDefined();
  expect(JSON.stringify(lines.items)).not.toMatch(/secret-key|hidden-key/);
});

test('whatever kills the command, its processes end too, with their recordings whole', async () => {
  const [origin, folder] = [await endless(), temporaryFolder()];
  const record = join(folder, 'show.flv');
  const { run, lines } = running(file({ processes: 2, relays: { show: { from: origin.url, record } } }));
  await lines.find(({ event }) => event === 'ready');
  const children = lines.items.filter(({ event }) => event === 'process').map(({ pid }) => Number(pid));
  expect(children).toHaveLength(2);
  process.kill(run.child.pid!, 'SIGKILL');
  await once(run.child, 'close');
  await expect.poll(() => children.filter(isAlive), { timeout: 10_000 }).toEqual([]);
  expect(filesIn(folder)).toEqual(['show.flv']);
  expect(readFileSync(record).toString('latin1', 0, 3)).toBe('FLV');
});

test('without a terminal there is one line for each event, with the name of the relay', async () => {
  const [origin, sink] = [await endless(), await rtmpSink()];
  const path = file({ relays: { show: { from: origin.url, to: sink.url }, wrong: {} } });
  const run = startCli(['relay', '--config', path, '--duration', '2s']);
  const { code, stdout, orphans } = await run.ended;
  expect([code, orphans]).toEqual([0, []]);
  const text = stdout.toString();
  expect(text).toMatch(/^relays\.yaml:\d+: wrong: Expected an address for `from` but received undefined\.$/m);
  expect(text).toMatch(/^configured: 1 added, 1 wrong$/m);
  expect(text).toMatch(/^show: [\d.]+ ms {2}ready: both streams \(h264, aac\)$/m);
  expect(text).toMatch(/^show: [\d.]+ ms {2}the relay is over$/m);
  expect(text).not.toContain('\u001B');
});

test.each([
  [['rtmp://127.0.0.1/live/a'], 2, 'no address beside --config'],
  [['--queue', '8M'], 2, '`--queue`'],
  [['--record', 'x.flv'], 2, '`--record`'],
])('wrong usage: --config with %j', async (args, exit, named) => {
  const { code, stderr } = await cli('relay', '--config', file({ relays: {} }), ...args);
  expect(code).toBe(exit);
  expect(stderr).toContain(named);
});

test('a file that is not there, or that is wrong as a whole, is one sentence', async () => {
  const missing = await cli('relay', '--config', '/nowhere/relays.yaml');
  expect([missing.code, missing.stderr]).toEqual([
    1,
    'framerail: /nowhere/relays.yaml does not exist. (FR_INPUT_NOT_FOUND)\n',
  ]);
  const wrong = await cli('relay', '--config', file('relay: {}\n'));
  expect([wrong.code, wrong.stderr]).toEqual([
    2,
    'framerail: Expected `relays` in the configuration but received `relay`. (FR_ARG_INVALID)\n',
  ]);
  const nothing = await cli('relay');
  expect([nothing.code, nothing.stderr]).toEqual([2, expect.stringContaining('--config')]);
});
