// A configuration of many relays: what one is told, whose mistake costs whom, and where it is said to be.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findProblems, readConfigObject, readConfigText } from '#dist/relay/many/read-config.js';
import { changeOf } from '#dist/relay/many/plan-change.js';
import type { RelayOptions, RelaysConfig } from '#dist/relay/index.js';
import { checkRelay } from '#dist/relay/options.js';
import { failure } from '../../support/failure.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const read = async (text: string, environment: Record<string, string> = {}) =>
  await readConfigText(text, 'relays.yaml', environment);

test('times, sizes, single destinations and variables are read; what is not said is as the defaults say', async () => {
  const { plans, problems, ...rest } = await read(
    `
http: 8080
token: \${TOKEN}
processes: 2
defaults: { waitExpected: 300ms, queueBytes: 8M, idleTimeout: 1m, onDemand: true }
relays:
  studio:
    from: rtmp://origin/live/\${KEY}
    to: rtmp://one/live/a
    queueBytes: 64k
  radio: { from: 'http://origin/radio.flv', to: [rtmp://one/live/b], onDemand: false, idleTimeout: 1500, gopBytes: 0 }
`,
    { KEY: 'k1', TOKEN: 'a-token-of-some-length' },
  );
  expect(problems).toEqual([]);
  expect(rest).toEqual({
    ...{ http: { host: '127.0.0.1', port: 8080 }, token: 'a-token-of-some-length' },
    ...{ cors: false, maxViewers: 1000, processes: 2 },
  });
  expect(plans.get('studio')).toEqual({
    ...{ name: 'studio', onDemand: true, idleTimeout: 60_000 },
    options: { from: 'rtmp://origin/live/k1', to: ['rtmp://one/live/a'], waitExpected: 300, queueBytes: 65_536 },
  });
  expect(plans.get('radio')).toMatchObject({ onDemand: false, idleTimeout: 1500, options: { gopBytes: 0 } });
});

test('an origin is taken back never, as it is written, also by a relay of another process', async () => {
  const { plans, problems } = await read(
    'relays:\n  a: { from: rtmp://a/b/c, failbackAfter: never }\n  b: { from: rtmp://a/b/c, failbackAfter: .inf }\n',
  );
  expect(problems).toEqual([]);
  const written = { a: { from: 'rtmp://a/b/c', failbackAfter: 'never' } } as const;
  const object = await readConfigObject({ relays: written } satisfies RelaysConfig);
  for (const { options } of [...plans.values(), ...object.plans.values()]) {
    const sent = JSON.parse(JSON.stringify(options)) as RelayOptions;
    expect(checkRelay(sent).failover.failbackAfter).toBe(Infinity);
  }
  const wrong = await read('relays:\n  a: { from: rtmp://a/b/c, failbackAfter: always }\n');
  expect(wrong.problems).toMatchObject([{ relay: 'a', line: 2, code: 'FR_ARG_INVALID' }]);
});

test('one wrong relay of 200 is told with its name and line, and the others are read', async () => {
  const lines = Array.from({ length: 200 }, (_, i) => `  r${String(i)}: { from: rtmp://origin/live/${String(i)} }`);
  lines[120] =
    '  r120:\n    from: rtmp://origin/live/120\n    to:\n      - rtmp://sink/live/x\n      - ftp://sink/secret-key';
  const { plans, problems } = await read(`relays:\n${lines.join('\n')}\n`);
  expect(plans.size).toBe(199);
  expect(problems).toEqual([
    {
      relay: 'r120',
      line: 126,
      code: 'FR_ARG_INVALID',
      message: expect.stringMatching(/^Expected an address .*`to\[1\]`/),
    },
  ]);
  expect(JSON.stringify(problems)).not.toContain('secret-key');
});

test.each([
  ['from: rtmp://a/b/c\n    frm: 1', 4, 'Expected `from` in the relay r but received `frm`.'],
  ['from: 7', 3, '`from`'],
  ['to: [rtmp://a/b/c]', 2, '`from`'],
  ['from: rtmp://a/b/c\n    idleTimeout: "10"', 4, 'Expected a time with its unit, such as 1s or 300ms'],
  ['from: rtmp://a/b/c\n    queueBytes: much', 4, 'Expected bytes, such as 8M or 512k for `queueBytes`'],
  ['from: rtmp://a/b/c\n    onDemand: yes', 4, 'Expected true or false for `onDemand` but received "yes".'],
  ['from: rtmp://a/b/${NONE}', 3, 'The variable NONE of `from` is not set.'],
  ['from: rtmp://a/b/c\n    onEnd: ${KEY}', 4, 'Expected one of retry, exit for `onEnd` but received "${KEY}".'],
  ['from: rtmp://a/b/c\n    from: rtmp://a/b/d', 4, 'The name `from` stands twice, at lines 3 and 4.'],
])('%j is wrong at line %i', async (entry, line, said) => {
  const { plans, problems } = await read(`relays:\n  r:\n    ${entry}\n  other: { from: rtmp://a/b/c }\n`, {
    KEY: 'top-secret',
  });
  expect([...plans.keys()]).toEqual(['other']);
  expect(problems).toMatchObject([{ relay: 'r', line, code: 'FR_ARG_INVALID' }]);
  expect(problems[0]?.message).toContain(said);
  expect(JSON.stringify(problems)).not.toContain('top-secret');
});

test('all that is wrong is told, each thing once, and what follows from it is not', async () => {
  const text = `http: 127.0.0.1:99999
token: short
defaults: { lateStream: never, gopBytes: much }
relays:
  a:
    frm: rtmp://a/b/c
    onDemand: perhaps
  b:
    from: rtmp://a/b/\${NONE}
    to: [ftp://x]
    queueBytes: 1
    record: x.mkv
    recordEvery: 1h
`;
  const problems = await findProblems(text, 'relays.yaml', {});
  expect(problems.map(({ relay, line, message }) => [relay, line, /`\w+(\[\d])?`/.exec(message)?.[0]])).toEqual([
    [null, 1, '`http`'],
    [null, 2, '`token`'],
    [null, 3, '`gopBytes`'],
    [null, 3, '`lateStream`'],
    ['a', 5, '`from`'],
    ['a', 6, '`from`'],
    ['a', 7, '`onDemand`'],
    ['b', 9, '`from`'],
    ['b', 10, '`to[0]`'],
    ['b', 11, '`queueBytes`'],
    ['b', 12, '`record`'],
  ]);
});

test.each([
  [
    'from: rtmp://0.0.0.0/live/secret-key?listen',
    'from: rtmp://0.0.0.0:1935/live/secret-key?listen',
    'waits for the key',
  ],
  ['from: rtmp://127.0.0.1/live/key?listen', 'from: rtmp://0.0.0.0/live/key?listen=1', 'waits for the key'],
  ['from: srt://:9000', 'from: srt://:9000?mode=listener', 'listens on srt://:9000'],
  ['from: srt://:9000', 'from: rtmp://a/b/c\n    to: srt://:9000?mode=listener', 'listens on srt://:9000'],
  ['from: udp://0.0.0.0:5000', 'from: udp://0.0.0.0:5000?timeout=1', 'listens on udp://0.0.0.0:5000'],
  ['from: rtmp://a/b/c\n    record: out/show.mp4', 'from: rtmp://a/b/d\n    record: ./out/show.mp4', 'records to'],
  ['from: rtmp://a/b/c\n    to: out/a.m3u8', 'from: rtmp://a/b/d\n    to: [rtmp://x/y/z, ./out/a.m3u8]', 'writes'],
])('%j and %j cannot both be had: the second relay is refused', async (one, other, what) => {
  const { plans, problems } = await read(
    `relays:\n  a:\n    ${one}\n  b:\n    ${other}\n  c: { from: rtmp://a/b/c }\n`,
  );
  expect([...plans.keys()]).toEqual(['a', 'c']);
  const line = 4 + one.split('\n').length + other.split('\n').length - 1;
  expect(problems).toMatchObject([{ relay: 'b', line, code: 'FR_ARG_INVALID' }]);
  expect(problems[0]?.message).toMatch(/^The relay `a` /);
  expect(problems[0]?.message).toContain(what);
  expect(problems[0]?.message).not.toContain('secret-key');
});

test('what several may have is shared: a port by other keys, a group of UDP, a server', async () => {
  const { problems } = await read(`relays:
  a: { from: rtmp://0.0.0.0/live/a?listen, to: [rtmp://x/y/z, a/live.m3u8, srt://x:9000], record: a.mp4 }
  b: { from: rtmp://0.0.0.0/live/b?listen, to: [rtmp://x/y/z, b/live.m3u8, srt://x:9000], record: a.ts }
  c: { from: udp://239.1.2.3:5000 }
  e: { from: rtmp://127.0.0.1:1936/live/a?listen }
  f: { from: rtmp://127.0.0.2:1936/live/a?listen }
  d: { from: udp://239.1.2.3:5000 }
`);
  expect(problems).toEqual([]);
});

test('a relay that wants one thing twice is wrong, and takes nothing from others', async () => {
  const { plans, problems } = await read(
    'relays:\n  a: { from: rtmp://a/b/c, to: [x/a.m3u8, x/a.m3u8] }\n  b: { from: rtmp://a/b/c, to: x/a.m3u8 }\n',
  );
  expect([[...plans.keys()], problems.map(({ relay }) => relay)]).toEqual([['b'], ['a']]);
});

test('a slate that is missing is told, with the line that names it', async () => {
  const folder = temporaryFolder();
  const slate = join(folder, 'away.png');
  writeFileSync(slate, 'a picture');
  const { plans, problems } = await read(
    `relays:\n  a: { from: rtmp://a/b/c, slate: ${slate} }\n  b:\n    from: rtmp://a/b/c\n    slate: ${slate}x\n`,
  );
  expect([...plans.keys()]).toEqual(['a']);
  expect(problems).toMatchObject([{ relay: 'b', line: 5, code: 'FR_INPUT_NOT_FOUND' }]);
  expect(problems[0]?.message).toContain(`${slate}x`);
});

test('two relays of one name are both refused: nobody knows which one is meant', async () => {
  const { plans, problems } = await read('relays:\n  a: { from: rtmp://a/b/c }\n  a: { from: rtmp://a/b/d }\n');
  expect(plans.size).toBe(0);
  expect(problems).toMatchObject([{ relay: 'a', line: 3, message: 'The name `a` stands twice, at lines 2 and 3.' }]);
});

test.each([
  ['relay: {}', 1, 'Expected `relays` in the configuration but received `relay`.'],
  ['relays: [a]', 1, '`relays`'],
  ['http: somewhere\nrelays: {}', 1, 'Expected an address and a port, such as 127.0.0.1:8080 for `http`'],
  ['relays: {}\nprocesses: many', 2, '`processes`'],
  [
    'relays: {}\ntoken: short',
    2,
    'Expected 16 characters or more without spaces for `token` but received "another text".',
  ],
  ['relays: {}\ntoken: ${NONE}', 2, 'The variable NONE of `token` is not set.'],
  ['relays: {}\ndefaults:\n  waitExpected: 1s\n  queueBytes: 8 MB', 4, '`queueBytes`'],
  ['relays: {}\ndefaults:\n  lateStream: never', 3, '`lateStream`'],
  ['relays: {}\ndefaults:\n  record: x.flv', 3, 'in `defaults` but received `record`'],
  ['just a text', null, 'a map of names and values'],
  ['', null, 'a map of names and values'],
  ['relays: {\n', 2, 'cannot be read as YAML'],
])('%j concerns all, and refuses the whole', async (text, line, said) => {
  const error = await failure(async () => await read(text));
  expect(error).toMatchObject({ code: 'FR_ARG_INVALID', details: { line } });
  expect(error.message).toContain(said);
});

test('names may be any text that an address can hold', async () => {
  const names = ['a b', '工作室', 'x.y-z', '__proto__', 'constructor', '7'];
  const text = `relays:\n${names.map((name) => `  "${name}": { from: rtmp://a/b/c }`).join('\n')}\n`;
  const { plans, problems } = await read(text);
  expect(problems).toEqual([]);
  expect([...plans.keys()].sort()).toEqual([...names].sort());
  for (const name of ['', '..', 'a/b', 'a\u0007', 'x'.repeat(200)])
    expect((await readConfigObject({ relays: { [name]: { from: 'rtmp://a/b/c' } } })).problems, name).toHaveLength(1);
});

test('templates may stand anywhere under a name with x- ahead, and are merged', async () => {
  const text = 'x-usual: &usual { gopBytes: 1k, to: rtmp://d/e/f }\nrelays:\n  a: { <<: *usual, from: rtmp://a/b/c }\n';
  const { plans, problems } = await read(text);
  expect(problems).toEqual([]);
  expect(plans.get('a')?.options).toEqual({ from: 'rtmp://a/b/c', to: ['rtmp://d/e/f'], gopBytes: 1024 });
});

test('a program is taken at its word: texts of an object are no templates', async () => {
  const config: RelaysConfig = { relays: { a: { from: 'rtmp://a/b/${KEY}', waitExpected: '2s' } } };
  expect((await readConfigObject(config)).plans.get('a')?.options).toMatchObject({
    from: 'rtmp://a/b/${KEY}',
    waitExpected: 2000,
  });
});

test('what changed decides whether a relay runs on', () => {
  const plan = { name: 'a', options: { from: 'x', to: ['1', '2'], gopBytes: 1 }, onDemand: false, idleTimeout: 1 };
  const { options } = plan;
  expect(changeOf(plan, { ...plan, options: { gopBytes: 1, to: ['1', '2'], from: 'x' } })).toBe('none');
  expect(changeOf(plan, { ...plan, options: { ...options, to: ['2'] } })).toBe('adapt');
  expect(changeOf(plan, { ...plan, idleTimeout: 2 })).toBe('adapt');
  expect(changeOf(plan, { ...plan, onDemand: true })).toBe('adapt');
  expect(changeOf(plan, { ...plan, options: { ...options, from: 'y' } })).toBe('restart');
  expect(changeOf(plan, { ...plan, options: { ...options, record: 'z' } })).toBe('restart');
});
