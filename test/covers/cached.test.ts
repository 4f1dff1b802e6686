// Covers that are kept: the same as made ones, for the same version of the same input, and never in anybody's way.
import { copyFileSync, readFileSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { createCovers, type Cover, type Covers, type CoversOptions } from '#dist/index.js';
import { failure } from '../support/failure.js';
import { fixture } from '../support/fixtures.js';
import { content, give, remoteServer } from '../support/remote-server.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const SIZE = [96, 54] as const;

function engine(cache: CoversOptions['cache'] = true, more: CoversOptions = { backend: 'inline' }): Covers {
  const covers = createCovers({ ...more, cache });
  onTestFinished(() => covers.close());
  return covers;
}

/** A copy of a clip that has been left alone for a while. */
function clip(name = 'plain.mp4', folder = temporaryFolder()): string {
  const path = join(folder, 'in.mp4');
  copyFileSync(fixture(name), path);
  utimesSync(path, 1_000_000_000, 1_000_000_000);
  return path;
}

/** What a cover is, without how it went. */
function made({ timings: _, cache: __, log: ___, receipt: ____, ...cover }: Cover): object {
  return cover;
}

const tierOf = ({ cache }: Pick<Cover, 'cache'>): string | null | undefined => cache?.tier;

function count(covers: Covers, name: string, labels: Readonly<Record<string, string>> = {}): number {
  const series = covers.telemetry.metrics.read().find((metric) => metric.name === name)?.series ?? [];
  return (
    series.find((one) => Object.entries(labels).every(([label, value]) => one.labels[label] === value))?.value ?? 0
  );
}

describe('in memory', () => {
  test('the second time they are there, and belong to their caller', async () => {
    const [covers, path] = [engine(), clip()];
    const options = { at: 'best', size: SIZE, format: 'webp' } as const;
    const first = await covers.make(path, options);
    expect(first.cache).toEqual({
      tier: null,
      key: expect.stringMatching(/^[0-9a-f]{64}$/),
      lookup: expect.any(Number),
    });
    const second = await covers.make(path, options);
    expect(made(second)).toEqual(made(first));
    expect(second.cache).toMatchObject({ tier: 'memory', key: first.cache?.key });
    expect(second.timings).toMatchObject({ open: 0, decode: 0, encode: 0, total: second.cache?.lookup });
    second.data.fill(0);
    first.data.fill(0);
    const plain = createCovers({ backend: 'inline' });
    onTestFinished(() => plain.close());
    expect(made(await covers.make(path, options))).toEqual(made(await plain.make(path, options)));
    expect((await plain.make(path, options)).cache).toBeUndefined();
    expect(count(covers, 'framerail_cache_requests_total', { tier: 'memory', outcome: 'hit' })).toBe(2);
    expect(covers.cacheTiers.map(({ name, entries }) => [name, entries])).toEqual([
      ['memory', 1],
      ['device', 0],
    ]);
  });

  test('sets are kept as a whole, and every option makes another one', async () => {
    const [covers, path] = [engine(), clip()];
    const wishes = [
      {},
      { at: [0, 1] },
      { sizes: [SIZE, [54, 54]] as const },
      { quality: 50 },
      { limits: { maxSide: 999 } },
    ];
    const sets = [];
    for (const wish of wishes) sets.push(await covers.makeAll(path, wish));
    expect(new Set(sets.map(({ cache }) => cache?.key)).size).toBe(wishes.length);
    for (const [i, wish] of wishes.entries()) {
      const { images, shots, cache } = await covers.makeAll(path, wish);
      expect(cache?.tier).toBe('memory');
      expect(images).toEqual(sets[i]?.images);
      expect(shots).toEqual(sets[i]?.shots);
    }
    // A single cover is a set of one.
    expect(tierOf(await covers.make(path))).toBe('memory');
  });

  test('`cache: false` goes past it, `refresh` replaces what it has', async () => {
    const [covers, path] = [engine(), clip()];
    await covers.make(path, { size: SIZE });
    expect((await covers.make(path, { size: SIZE, cache: false })).cache).toBeUndefined();
    expect(tierOf(await covers.make(path, { size: SIZE, refresh: true }))).toBeNull();
    expect(tierOf(await covers.make(path, { size: SIZE }))).toBe('memory');
    expect(tierOf(await covers.make(path, { size: [54, 54], cache: true, refresh: false }))).toBeNull();
  });
});

describe('which input it is', () => {
  test('a file is its version: by name, by content, by time, by another file', async () => {
    const [covers, path] = [engine(), clip()];
    const first = await covers.make(path, { size: SIZE });
    symlinkSync(path, join(path, '../link.mp4'));
    expect(tierOf(await covers.make(join(path, '../link.mp4'), { size: SIZE }))).toBeNull();
    utimesSync(path, 1_000_000_001, 1_000_000_001);
    expect(tierOf(await covers.make(path, { size: SIZE }))).toBeNull();
    rmSync(path);
    copyFileSync(fixture('bars.mp4'), path);
    utimesSync(path, 1_000_000_000, 1_000_000_000);
    const other = await covers.make(path, { size: SIZE });
    expect(tierOf(other)).toBeNull();
    expect(other.data).not.toEqual(first.data);
    // What changed just now may change again within the same tick of the clock.
    writeFileSync(path, readFileSync(fixture('plain.mp4')));
    for (let i = 0; i < 2; i++) {
      const { mtimeMs } = statSync(path);
      const fresh = await covers.make(path, { size: SIZE });
      expect(fresh.data).toEqual(first.data);
      if (Date.now() - mtimeMs < 50) expect(fresh.cache).toBeUndefined();
    }
  });

  test('what is kept is given to nobody who may not read it', async () => {
    const [covers, path] = [engine(), clip()];
    await covers.make(path, { size: SIZE });
    expect((await failure(() => covers.make(path, { size: SIZE, roots: [temporaryFolder()] }))).code).toBe(
      'FR_INPUT_OUTSIDE_ROOT',
    );
    expect((await failure(() => covers.make(path, { size: SIZE, roots: ['/nowhere'] }))).code).toBe('FR_ARG_INVALID');
    expect(tierOf(await covers.make(path, { size: SIZE, roots: [join(path, '..')] }))).toBe('memory');
    rmSync(path);
    expect((await failure(() => covers.make(path, { size: SIZE }))).code).toBe('FR_INPUT_NOT_FOUND');
  });

  test('bytes are what they hold, blocks what they say', async () => {
    const covers = engine();
    const bytes = readFileSync(fixture('plain.mp4'));
    await covers.make(bytes, { size: SIZE });
    expect(tierOf(await covers.make(Uint8Array.from(bytes), { size: SIZE }))).toBe('memory');
    const blocks = { size: bytes.byteLength, read: (at: number, length: number) => bytes.subarray(at, at + length) };
    for (let i = 0; i < 2; i++) expect((await covers.make(blocks, { size: SIZE })).cache).toBeUndefined();
    await covers.make({ ...blocks, identity: 'v1' }, { size: SIZE });
    expect(tierOf(await covers.make({ ...blocks, identity: 'v1' }, { size: SIZE }))).toBe('memory');
    expect(tierOf(await covers.make({ ...blocks, identity: 'v2' }, { size: SIZE }))).toBeNull();
  });

  test('an address is asked whether it is the same version, in one request', async () => {
    const [bytes, others] = [readFileSync(fixture('plain.mp4')), readFileSync(fixture('bars.mp4'))];
    let answer = give(content(bytes));
    const server = await remoteServer((request, response) => {
      answer(request, response);
    });
    const folder = temporaryFolder();
    const covers = engine({ folder });
    const first = await covers.make(server.url(), { size: SIZE });
    const asked = server.requests.length;
    const second = await covers.make(server.url(), { size: SIZE });
    expect(made(second)).toEqual(made(first));
    expect([tierOf(first), tierOf(second), server.requests.length - asked]).toEqual([null, 'memory', 1]);
    expect(second.receipt).toMatchObject({ requests: 1, bytes: 1 });
    answer = give(content(others, { etag: '"two"' }));
    const third = await covers.make(server.url(), { size: SIZE });
    expect(tierOf(third)).toBeNull();
    expect(third.data).not.toEqual(first.data);
    await covers.close();
    const next = engine({ folder });
    expect(made(await next.make(server.url(), { size: SIZE }))).toEqual(made(third));
    expect(count(next, 'framerail_cache_requests_total', { tier: 'disk', outcome: 'hit' })).toBe(1);
    // A validator that is weak says nothing about bytes.
    answer = give(content(bytes, { etag: 'W/"three"' }));
    for (let i = 0; i < 2; i++) expect((await next.make(server.url('weak.mp4'), { size: SIZE })).cache).toBeUndefined();
  });
});

describe('on a disk', () => {
  test('other engines find them, and what happens to the folder stops nobody', async () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    onTestFinished(() => {
      warn.mockRestore();
    });
    const [path, folder] = [clip(), join(temporaryFolder(), 'cache')];
    const writer = engine({ folder });
    const first = await writer.make(path, { size: SIZE });
    await writer.close();
    const reader = engine({ folder, memoryBytes: 0 });
    const second = await reader.make(path, { size: SIZE });
    expect([tierOf(second), made(second)]).toEqual(['disk', made(first)]);
    rmSync(folder, { recursive: true });
    expect(tierOf(await reader.make(path, { size: SIZE }))).toBeNull();
    rmSync(folder, { recursive: true, force: true });
    writeFileSync(folder, 'in the way');
    for (let i = 0; i < 3; i++) expect(made(await reader.make(path, { size: SIZE }))).toEqual(made(first));
    expect(
      warn.mock.calls.filter(([, options]) => (options as { code?: string }).code === 'FRAMERAIL_CACHE'),
    ).toHaveLength(1);
    expect(count(reader, 'framerail_cache_errors_total', { tier: 'disk' })).toBeGreaterThan(0);
    expect(reader.cacheTiers.find(({ name }) => name === 'disk')?.absence).toMatch(/is no folder\.$/);
  });
});

describe('equal calls at the same time', () => {
  test('are one job, whoever of them leaves, and nothing that failed is kept', async () => {
    const covers = engine(true, { backend: 'process', workers: 2 });
    const path = clip('big.mp4');
    const wish = { size: [320, 180], at: 1.9, precision: 'exact' } as const;
    await covers.make(path, { ...wish, at: 0 });
    const leaver = new AbortController();
    const calls = [
      covers.make(path, { ...wish, signal: leaver.signal }),
      covers.make(path, wish),
      covers.make(path, wish),
    ];
    const left = failure(() => calls[0]!);
    const late = failure(() => covers.make(path, { ...wish, timeout: 1 }));
    leaver.abort();
    expect((await left).code).toBe('FR_ABORTED');
    expect((await late).code).toBe('FR_TIMEOUT');
    const [one, two] = await Promise.all([calls[1]!, calls[2]!]);
    expect(made(two)).toEqual(made(one));
    one.data.fill(0);
    expect(two.data.some((byte) => byte !== 0)).toBe(true);
    expect(count(covers, 'framerail_cache_joins_total')).toBe(2);
    expect(count(covers, 'framerail_worker_starts_total')).toBe(1);
    expect(tierOf(await covers.make(path, wish))).toBe('memory');
    const bad = { ...wish, at: 9999 };
    for (let i = 0; i < 2; i++) expect((await failure(() => covers.make(path, bad))).code).toBe('FR_TIME_BEYOND_END');
    expect(covers.cacheTiers[0]?.entries).toBe(2);
  });
});

describe('preheating', () => {
  test('brings up what was used in such surroundings, and what looks like it', async () => {
    const folder = join(temporaryFolder(), 'cache');
    const names = ['plain.mp4', 'bars.mp4', 'noise.mp4'];
    const paths = names.map((name) => clip(name, temporaryFolder()));
    const writer = engine({ folder });
    const keys: string[] = [];
    for (const [i, path] of paths.entries()) {
      const use = { template: 'home', segment: i === 0 ? 'young' : 'old' };
      for (let times = 0; times < [6, 1, 2][i]!; times++)
        keys[i] = (await writer.make(path, { size: SIZE, use })).cache?.key ?? '';
    }
    await writer.close();
    const covers = engine({ folder });
    const report = await covers.preheat({ template: 'home', segment: 'young', topK: 2 });
    expect(report.items.map(({ key, outcome }) => [key, outcome])).toEqual([
      [keys[0], 'memory'],
      [keys[2], 'memory'],
    ]);
    expect(report).toMatchObject({ ended: 'done', bytes: report.items.reduce((sum, { bytes }) => sum + bytes, 0) });
    expect(report.items[0]).toMatchObject({ uses: 6, score: 1, similarity: null });
    expect(tierOf(await covers.make(paths[0]!, { size: SIZE }))).toBe('memory');
    expect(tierOf(await covers.make(paths[1]!, { size: SIZE }))).toBe('disk');
    expect(count(covers, 'framerail_cache_preheated_hits_total')).toBe(1);
    expect(count(covers, 'framerail_cache_preheats_total', { outcome: 'memory' })).toBe(2);
    const like = await covers.preheat({ like: { key: keys[1]! }, topK: 1 });
    expect(like.items).toMatchObject([{ key: keys[1], outcome: 'present' }]);
    expect(like.items[0]?.similarity).toBeCloseTo(1, 3);
    const seen = await covers.preheat({ segment: 'nobody', like: { input: paths[1]! }, topK: 10 });
    expect(seen.items.find(({ key }) => key === keys[1])?.similarity).toBeGreaterThan(0.9);
    await covers.close();
    rmSync(folder, { recursive: true });
    const gone = engine({ folder });
    expect((await gone.preheat({ template: 'home' })).items).toEqual([]);
  });

  test('keeps to its budget and its signal', async () => {
    const [folder, path] = [join(temporaryFolder(), 'cache'), clip()];
    const writer = engine({ folder });
    for (const size of [
      [96, 54],
      [80, 45],
      [64, 36],
    ] as const)
      await writer.make(path, { size, use: { segment: 'a' } });
    await writer.close();
    const covers = engine({ folder });
    const { items, bytes } = await covers.preheat({ segment: 'a', bytes: 4000 });
    expect(items.map(({ outcome }) => outcome).sort()).toEqual(expect.arrayContaining(['budget', 'memory']));
    expect(bytes).toBeLessThanOrEqual(4000);
    expect(await covers.preheat({ segment: 'a', within: 0 })).toMatchObject({ ended: 'time', items: [] });
    expect((await failure(() => covers.preheat({ signal: AbortSignal.abort(), segment: 'a' }))).code).toBe(
      'FR_ABORTED',
    );
    await covers.close();
  });
});

test.each<[string, () => unknown, string]>([
  ['cache', () => createCovers({ cache: 1 as unknown as boolean }), '`cache`'],
  ['an unknown option', () => createCovers({ cache: { memory: 1 } as object }), '`memoryBytes`'],
  ['cache.folder', () => createCovers({ cache: { folder: '' } }), '`cache.folder`'],
  ['cache.memoryBytes', () => createCovers({ cache: { memoryBytes: -1 } }), '`cache.memoryBytes`'],
  ['cache.diskBytes', () => createCovers({ cache: { diskBytes: 1 } }), '`cache.diskBytes`'],
  ['refresh', () => engine().make('in', { refresh: 1 as unknown as boolean }), '`refresh`'],
  ['use', () => engine().make('in', { use: { template: 1 as unknown as string } }), '`use.template`'],
  ['no cache', () => engine(false).preheat(), '`cache`'],
  ['no recall', () => engine({ recall: false }).preheat(), '`cache.recall`'],
  ['like', () => engine().preheat({ like: { key: 'a' } }), '`like.key`'],
  ['topK', () => engine().preheat({ topK: 0 }), '`topK`'],
])('refuses a wrong %s', async (_, call, name) => {
  const error = await failure(call);
  expect(error.code).toBe('FR_ARG_INVALID');
  expect(error.message).toContain(name);
});

test('what one engine keeps of a file is not for another one that may not read there', async () => {
  const [folder, inside] = [temporaryFolder(), temporaryFolder()];
  const path = fixture('plain.mp4');
  const options = { size: [48, 27] } as const;
  const free = createCovers({ backend: 'inline', cache: { folder } });
  expect((await free.make(path, options)).cache?.tier).toBeNull();
  await free.close();
  const other = createCovers({ backend: 'inline', cache: { folder }, roots: [inside] });
  onTestFinished(() => other.close());
  expect((await failure(() => other.make(path, options))).code).toBe('FR_INPUT_OUTSIDE_ROOT');
  const wider = { ...options, roots: ['/'] };
  expect((await failure(() => other.make(path, wider))).code).toBe('FR_INPUT_OUTSIDE_ROOT');
  const allowed = createCovers({ backend: 'inline', cache: { folder }, roots: [join(path, '..')] });
  onTestFinished(() => allowed.close());
  expect((await allowed.make(path, options)).cache?.tier).toBe('disk');
});
