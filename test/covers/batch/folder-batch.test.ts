// Covers of a folder or a manifest: what is finished is kept from run to run, and made again where anything changed.
import { execFileSync } from 'node:child_process';
import {
  createWriteStream,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { createCovers } from '#dist/index.js';
import {
  FolderBatch,
  type BatchHandlers,
  type BatchSummary,
  type FailedCover,
  type FolderBatchOptions,
} from '#dist/covers/batch/index.js';
import { failure } from '../../support/failure.js';
import { fixture } from '../../support/fixtures.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const covers = createCovers({ backend: 'inline' });
afterAll(() => covers.close());

/** What one run did. */
interface Ran extends Pick<BatchSummary, 'made' | 'kept' | 'failed' | 'passedOver'> {
  readonly names: readonly string[];
  readonly failedCovers: readonly FailedCover[];
  readonly notes: readonly string[];
}

async function run(inputs: readonly string[], options: FolderBatchOptions, handlers: BatchHandlers = {}): Promise<Ran> {
  const [names, failedCovers, notes]: [string[], FailedCover[], string[]] = [[], [], []];
  const batch = await FolderBatch.open(
    covers,
    inputs,
    { ...options, options: { sizes: [[32, 18]], ...options.options } },
    {
      onMade: (made) => {
        names.push(...made.files.map(({ name }) => name));
        return handlers.onMade?.(made);
      },
      onFailed: (one) => {
        failedCovers.push(one);
        handlers.onFailed?.(one);
      },
      onNote: (note) => {
        notes.push(note);
        handlers.onNote?.(note);
      },
    },
  );
  const { made, kept, failed, passedOver } = await batch.run();
  return { made, kept, failed, passedOver, names: names.sort(), failedCovers, notes };
}

/** Files below a folder, without what is remembered. */
function filesBelow(folder: string): string[] {
  const all = readdirSync(folder, { recursive: true, withFileTypes: true });
  return all
    .filter((one) => one.isFile() && !one.parentPath.includes('.framerail'))
    .map((one) => join(one.parentPath, one.name).slice(folder.length + 1))
    .sort();
}

function clips(...names: string[]): string {
  const folder = temporaryFolder();
  for (const name of names) {
    mkdirSync(join(folder, name, '..'), { recursive: true });
    writeFileSync(join(folder, name), readFileSync(fixture('plain.mp4')));
  }
  return folder;
}

test('a second run makes what is missing or has changed, and keeps the rest', async () => {
  const folder = clips('a.mp4', 'b/c.mp4', 'b/D.MOV', 'b/note.txt', '.hidden.mp4');
  symlinkSync('/etc/hostname', join(folder, 'away.mp4'));
  symlinkSync('a.mp4', join(folder, 'within.mp4'));
  const out = join(temporaryFolder(), 'new', 'out');
  const all = ['a.mp4.jpg', 'b/D.MOV.jpg', 'b/c.mp4.jpg', 'within.mp4.jpg'];
  expect(await run([folder], { out })).toMatchObject({ made: 4, kept: 0, failed: 0, names: all });
  expect(filesBelow(out)).toEqual(all);
  expect(readdirSync(join(out, '.framerail')).sort()).toEqual(['failures.jsonl', 'state.db']);
  expect(await run([folder], { out })).toMatchObject({ made: 0, kept: 4 });

  utimesSync(join(folder, 'b/c.mp4'), 1, 1);
  rmSync(join(out, 'b/D.MOV.jpg'));
  expect(await run([folder], { out })).toMatchObject({ made: 2, kept: 2, names: ['b/D.MOV.jpg', 'b/c.mp4.jpg'] });
  // Half a file, as after a power cut, is not the one that was made.
  writeFileSync(join(out, 'a.mp4.jpg'), 'half');
  expect(await run([folder], { out })).toMatchObject({ made: 1, kept: 3, names: ['a.mp4.jpg'] });
  expect(await run([folder], { out, options: { quality: 50 } })).toMatchObject({ made: 4, kept: 0 });
  expect(await run([folder], { out, options: { quality: 50 }, force: true })).toMatchObject({ made: 4, kept: 0 });
  expect(filesBelow(out)).toEqual(all);
});

test('patterns, videos and folders together; what is named twice is made once, what clashes gets a name of its own', async () => {
  const [one, other] = [clips('x.mp4', 'sub/y.mp4'), clips('x.mp4')];
  const out = temporaryFolder();
  const inputs = [join(one, '**/*.mp4'), join(one, 'x.mp4'), other];
  const first = await run(inputs, { out });
  expect(first).toMatchObject({ made: 3, passedOver: 1, failed: 0 });
  expect(first.names).toEqual(['sub/y.mp4.jpg', expect.stringMatching(/^x\.mp4-[0-9a-f]{8}\.jpg$/), 'x.mp4.jpg']);
  // The other way round each keeps its name.
  expect(await run(inputs.toReversed(), { out })).toMatchObject({ made: 0, kept: 3, passedOver: 1 });
  expect(await run([join(one, 'nothing-*.mp4')], { out })).toMatchObject({
    failed: 1,
    failedCovers: [{ code: 'FR_INPUT_NOT_FOUND' }],
  });
  expect((await failure(() => run([join(one, 'nothing')], { out }))).code).toBe('FR_INPUT_NOT_FOUND');
});

test('rows of a manifest are data: each that is wrong fails alone, with its line, and nothing leaves the folders', async () => {
  const folder = clips('in/a.mp4', 'in/b.mp4', 'outside.mp4');
  symlinkSync(join(folder, 'outside.mp4'), join(folder, 'in/link.mp4'));
  const list = join(folder, 'in/list.csv');
  const rows = [
    'path;name;at;size',
    ...['a.mp4;;1;', 'b.mp4;../../up;;16x16,8x8', 'a.mp4;;1;', '../outside.mp4;;;', 'link.mp4;;;', 'a.mp4;x;soon;'],
    ...['http://127.0.0.1/v.mp4;;;', 'http://10.0.0.1/v.mp4;;;', 'concat:a.mp4;;;', ';x;;', 'a.mp4;pic.png;;'],
  ];
  writeFileSync(list, `\uFEFF${rows.join('\r\n')}`);
  const out = temporaryFolder();
  const { made, failed, names, failedCovers } = await run([list], { out });
  expect([made, failed]).toEqual([3, 8]);
  expect(names).toEqual(['__/__/up.16x16.jpg', '__/__/up.8x8.jpg', 'a.mp4.jpg', 'pic.png']);
  expect(failedCovers.map(({ line, code }) => [line, code]).toSorted(([a], [b]) => Number(a) - Number(b))).toEqual([
    [4, 'FR_MANIFEST_ROW'],
    [5, 'FR_INPUT_OUTSIDE_ROOT'],
    [6, 'FR_INPUT_OUTSIDE_ROOT'],
    [7, 'FR_MANIFEST_ROW'],
    [8, 'FR_ADDRESS_REFUSED'],
    [9, 'FR_ADDRESS_REFUSED'],
    [10, 'FR_INPUT_NOT_FOUND'],
    [11, 'FR_MANIFEST_ROW'],
  ]);
  for (const { message, line } of failedCovers) expect(message).toContain(`list.csv:${String(line)}: `);
  const listed = readFileSync(join(out, '.framerail/failures.jsonl'), 'utf8').trimEnd().split('\n');
  expect(listed.map((text) => (JSON.parse(text) as FailedCover).message).sort()).toEqual(
    failedCovers.map(({ message }) => message).sort(),
  );
  // Roots open what they name, and no more.
  expect(await run([list], { out: temporaryFolder(), roots: [folder] })).toMatchObject({ made: 5, failed: 6 });
});

test('a link in the folder of covers does not lead out of it', async () => {
  const folder = clips('a.mp4');
  const [out, elsewhere] = [temporaryFolder(), temporaryFolder()];
  symlinkSync(elsewhere, join(out, 'link'));
  writeFileSync(join(folder, 'list.jsonl'), '{"input":"a.mp4","name":"link/a"}\n');
  const { failedCovers } = await run([join(folder, 'list.jsonl')], { out });
  expect(failedCovers).toMatchObject([{ code: 'FR_OUTPUT_FAILED' }]);
  expect(readdirSync(elsewhere)).toEqual([]);
});

test('an address is kept as long as its ETag is the same; what the operator sends goes to hosts that he named', async () => {
  const bytes = readFileSync(fixture('plain.mp4'));
  let etag = '"one"';
  const seen: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    seen.push(request.headers.authorization);
    const [, from = '0', to = ''] = /bytes=(\d+)-(\d*)/.exec(request.headers.range ?? '') ?? [];
    const end = Math.min(to === '' ? bytes.length - 1 : Number(to), bytes.length - 1);
    response.writeHead(206, { etag, 'content-range': `bytes ${from}-${String(end)}/${String(bytes.length)}` });
    response.end(bytes.subarray(Number(from), end + 1));
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  try {
    const { port } = server.address() as AddressInfo;
    const [folder, out] = [temporaryFolder(), temporaryFolder()];
    const address = `http://127.0.0.1:${String(port)}/v.mp4`;
    const list = (...rows: readonly object[]): void =>
      writeFileSync(join(folder, 'l.jsonl'), rows.map((row) => JSON.stringify(row)).join('\n'));
    list({ input: `${address}?key=secret` });
    const options = { headers: { authorization: 'mine' }, allowHosts: ['127.0.0.1'] };
    const again = () => run([join(folder, 'l.jsonl')], { out, options });
    expect(await again()).toMatchObject({ made: 1, names: [`127.0.0.1_${String(port)}/v.mp4.jpg`] });
    expect(new Set(seen)).toEqual(new Set(['mine']));
    expect(await again()).toMatchObject({ made: 0, kept: 1 });
    etag = '"two"';
    expect(await again()).toMatchObject({ made: 1, kept: 0 });
    // Signed anew: with an id it is the same video, and without one another.
    list({ input: `${address}?key=1`, id: 'v' });
    expect(await again()).toMatchObject({ made: 1, names: ['v.jpg'] });
    list({ input: `${address}?key=2`, id: 'v' }, { input: `${address}?key=2` });
    expect(await again()).toMatchObject({
      made: 1,
      kept: 1,
      names: [expect.stringMatching(/v\.mp4-[0-9a-f]{8}\.jpg$/)],
    });
  } finally {
    server.close();
    server.closeAllConnections();
  }
});

test('rules that change hold from the next row on; wrong ones are not taken', async () => {
  const folder = clips('a.mp4');
  const [rules, fifo] = [join(folder, 'rules.yaml'), join(folder, 'rows.jsonl')];
  execFileSync('mkfifo', [fifo]);
  writeFileSync(rules, 'fields: { input: one, name: "one-{n}" }\n');
  const rows = createWriteStream(fifo);
  let n = 0;
  const write = (): void => void rows.write(`{"one":"a.mp4","other":"a.mp4","n":${String(++n)}}\n`);
  let wasRefused = false;
  const ran = run(
    [fifo],
    { out: temporaryFolder(), rules },
    {
      onMade: ({ files: [file] }) => {
        if (file?.name === 'one-1.jpg') writeFileSync(rules, 'fields: { inptu: other }\n');
        if (file?.name.startsWith('other-') === true) rows.end();
        // One row after the other: whether the change was heard is seen by what it makes of them.
        else write();
      },
      onNote: () => {
        if (!wasRefused) writeFileSync(rules, 'fields: { input: other, name: "other-{n}" }\n');
        wasRefused = true;
      },
    },
  );
  write();
  const { notes, failed, names } = await ran;
  expect(failed).toBe(0);
  expect(notes).toEqual([
    'rules.yaml:1: Expected `input` in `fields` but received `inptu`; the rules from before it go on.',
    expect.stringMatching(/^rules\.yaml has changed: rows from line \d+ on follow it\.$/),
  ]);
  expect(names.filter((name) => name.startsWith('other-')).length).toBeGreaterThan(0);
});

test('memory does not grow with the number of rows', async () => {
  const folder = clips('a.mp4');
  const [list, rules] = [join(folder, 'list.csv'), join(folder, 'rules.yaml')];
  const count = 60_000;
  const lines = Array.from({ length: count }, (_, i) => `missing-${String(i)}.mp4,${i % 30 === 0 ? 'yes' : 'no'}`);
  writeFileSync(list, `input,wanted\n${lines.join('\n')}\n`);
  writeFileSync(rules, "fields: { input: input }\nwhen: { wanted: 'yes' }\n");
  const heap: number[] = [];
  let failures = 0;
  const handlers = {
    onFailed: (): void => {
      failures += 1;
      if (failures % 200 !== 0) return;
      gc?.();
      heap.push(process.memoryUsage().heapUsed);
    },
  };
  const batch = await FolderBatch.open(covers, [list], { out: temporaryFolder(), rules }, handlers);
  lines.length = 0;
  const summary = await batch.run();
  expect(summary).toMatchObject({
    failed: count / 30,
    passedOver: (count / 30) * 29,
    failures: { FR_INPUT_NOT_FOUND: 2000 },
  });
  // The first tenth has loaded what is loaded once.
  const [early, late] = [heap[0]!, heap.at(-1)!];
  expect(late - early).toBeLessThan(3 * 1024 * 1024);
});

test('a hard link is another video, as it has another name', async () => {
  const folder = clips('a.mp4');
  linkSync(join(folder, 'a.mp4'), join(folder, 'b.mp4'));
  expect(await run([folder], { out: temporaryFolder(), name: '{stem}-{hash}' })).toMatchObject({ made: 2 });
});

test('a table without a column of inputs fails once, and one without other columns of the rules says so once', async () => {
  const folder = temporaryFolder();
  const table = join(folder, 'list.csv');
  writeFileSync(table, `clip,title\n${`${fixture('plain.mp4')},a\n`.repeat(500)}`);
  const none = await run([table], { out: join(folder, 'none') });
  expect(none).toMatchObject({ made: 0, failed: 1 });
  expect(none.failedCovers[0]!.message).toMatch(/^\S+list\.csv cannot be read .* it has "clip", "title"\.$/);
  const rules = join(folder, 'rules.yaml');
  writeFileSync(rules, 'fields: { input: clip }\nwhen: { statsu: live, deleted: { present: false } }\n');
  const passed = await run([table], { out: join(folder, 'passed'), rules });
  expect(passed).toMatchObject({ made: 0, failed: 0, passedOver: 500 });
  expect(passed.notes).toEqual([`${table} has no column "statsu" of the rules; it has "clip", "title".`]);
});
