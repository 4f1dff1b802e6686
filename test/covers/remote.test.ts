// Covers, storyboards and previews of addresses: the same as those of the file, of which hardly more than they show is read.
import { readFileSync } from 'node:fs';
import { copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createCovers, type Cover, type CoverOptions, type Covers, type RemoteReceipt } from '#dist/index.js';
import { sharedCovers } from '../support/covers.js';
import { failure } from '../support/failure.js';
import { farMp4 } from '../support/far-mp4.js';
import { fixture } from '../support/fixtures.js';
import { filesIn, packets } from '../support/process.js';
import { nginxFiles, type NginxFiles } from '../support/relay/nginx-files.js';
import { askedBytes, content, give, remoteServer, type RemoteServer } from '../support/remote-server.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const inProcess = sharedCovers({ backend: 'process', workers: 1 });
const inThread = sharedCovers({ backend: 'thread', workers: 1 });
const inline = sharedCovers({ backend: 'inline' });
const spawned = sharedCovers({ backend: 'spawn', workers: 1 });

const SIZE = [96, 54] as const;

/** nginx that serves clips. */
async function serve(...clips: readonly string[]): Promise<NginxFiles> {
  const root = temporaryFolder();
  for (const clip of clips) await copyFile(fixture(clip), join(root, clip));
  return nginxFiles(root);
}

/** What a cover is, without how it went. */
function made({ timings: _, log: __, receipt: ___, ...cover }: Cover): object {
  return cover;
}

async function remoteCover(
  covers: Covers,
  url: string,
  options: CoverOptions,
): Promise<Cover & { readonly receipt: RemoteReceipt }> {
  const { receipt, ...cover } = await covers.make(url, options);
  if (receipt === undefined) throw new Error('There is no receipt');
  return { ...cover, receipt };
}

/** Bytes of the box of an index. */
function indexBytes(clip: string): number {
  const bytes = readFileSync(fixture(clip));
  return bytes.readUInt32BE(bytes.lastIndexOf('moov', undefined, 'latin1') - 4);
}

/** The size of the keyframe at a whole second. */
async function keyframeBytes(clip: string, second: number): Promise<number> {
  const keyframe = (await packets(fixture(clip), 'v:0')).find(({ pts, key }) => key && Math.abs(pts - second) < 0.01);
  if (keyframe === undefined) throw new Error('There is no keyframe');
  return keyframe.size;
}

describe.each([
  ['at its end', 'noise.mp4', 3],
  ['at its front', 'noise-front.mp4', 2],
])('a file with its index %s', (_, clip, requests) => {
  test('gives the cover of the local file, for little more than index and keyframe', async () => {
    const server = await serve(clip);
    const index = indexBytes(clip);
    const [keyframe, next] = [await keyframeBytes(clip, 2), await keyframeBytes(clip, 3)];
    const size = readFileSync(fixture(clip)).byteLength;
    expect(size).toBeGreaterThan(25 * (index + keyframe));
    for (const covers of [inProcess, inThread, inline]) {
      const { receipt, ...cover } = await remoteCover(covers, server.url(clip), { at: 2.5, size: SIZE });
      expect(made(cover)).toEqual(made(await inline.make(fixture(clip), { at: 2.5, size: SIZE })));
      expect(receipt).toMatchObject({ requests, retries: 0, redirects: 0, fromCache: false, size });
      expect(receipt.bytes).toBeLessThanOrEqual(1.25 * (index + keyframe));
      expect(receipt.url).toBe(server.url(clip));
      const second = await remoteCover(covers, server.url(clip), { at: 3.5, size: SIZE });
      expect(second.pts).toBeCloseTo(3, 5);
      expect(second.receipt).toMatchObject({ requests: 1, fromCache: true, bytes: next, etag: receipt.etag });
    }
  });
});

test('a file in fragments costs a request for each of them, and none of them again', async () => {
  const clip = 'noise-fragments.mp4';
  const server = await remoteServer(give(content(await readFile(fixture(clip)))));
  const { receipt, ...cover } = await remoteCover(inProcess, server.url(), { at: 2.5, size: SIZE });
  expect(made(cover)).toEqual(made(await inProcess.make(fixture(clip), { at: 2.5, size: SIZE })));
  // The head with the first one, three others, the end, and the keyframe.
  expect(receipt).toMatchObject({ requests: 6, fromCache: false });
  expect(receipt.bytes).toBeLessThanOrEqual(1.25 * (await keyframeBytes('noise.mp4', 2)));
  const second = await remoteCover(inProcess, server.url(), { at: 3.5, size: SIZE });
  expect(second.receipt).toMatchObject({ requests: 1, fromCache: true });
});

test('the best frame, several sizes and exact pictures are those of the local file', async () => {
  const server = await serve('planted-flashes.mp4', 'plain.ts');
  for (const clip of ['planted-flashes.mp4', 'plain.ts']) {
    const wishes = { at: ['best', 1.5, 'best'], precision: 'exact', sizes: [SIZE, [54, 96]] } as const;
    const { images, shots, receipt } = await inProcess.makeAll(server.url(clip), wishes);
    const local = await inProcess.makeAll(fixture(clip), wishes);
    expect({ images, shots }).toEqual({ images: local.images, shots: local.shots });
    expect(receipt).toMatchObject({ fromCache: false, size: readFileSync(fixture(clip)).byteLength });
  }
});

test('commands read the same addresses', async () => {
  const server = await serve('noise.mp4');
  const options = { at: 2.5, size: SIZE };
  const { receipt, ...cover } = await remoteCover(spawned, server.url('noise.mp4'), options);
  expect(made(cover)).toEqual(made(await spawned.make(fixture('noise.mp4'), options)));
  expect(receipt.bytes).toBeLessThan(receipt.size);
});

test('a storyboard has the files of the local one', async () => {
  const server = await serve('noise.mp4');
  const [near, far] = [join(temporaryFolder(), 'near'), join(temporaryFolder(), 'far')];
  const options = { every: 1, tileWidth: 64, bif: true, precision: 'keyframe' } as const;
  await inProcess.storyboard(fixture('noise.mp4'), { out: near, ...options });
  const { receipt, tiles } = await inProcess.storyboard(server.url('noise.mp4'), { out: far, ...options });
  expect(tiles.length).toBeGreaterThanOrEqual(4);
  expect(filesIn(far)).toEqual(filesIn(near));
  for (const file of filesIn(near)) expect(readFileSync(join(far, file))).toEqual(readFileSync(join(near, file)));
  expect(receipt).toMatchObject({ fromCache: false, retries: 0 });
  // Keyframes alone, but for the last group of pictures: the end of the video is learnt from its packets.
  const all = await packets(fixture('noise.mp4'), 'v:0');
  const lastGroup = all.slice(all.findLastIndex(({ key }) => key));
  const shown = all.filter(({ key }) => key).slice(0, -1);
  const needed = [...shown, ...lastGroup].reduce((sum, { size }) => sum + size, indexBytes('noise.mp4'));
  expect(receipt!.bytes).toBeLessThan(1.05 * needed);
});

test('a preview has the bytes of the local one', async () => {
  const server = await serve('noise.mp4');
  const options = { at: 1, seconds: 1, width: 64, frameRate: 5, format: 'webp' } as const;
  const { data, receipt } = await inProcess.preview(server.url('noise.mp4'), options);
  expect(data).toEqual((await inProcess.preview(fixture('noise.mp4'), options)).data);
  expect(receipt).toMatchObject({ fromCache: false, retries: 0 });
  expect(receipt!.bytes).toBeLessThan(receipt!.size);
});

test('a file of 100 GB costs what a small one does', async () => {
  const far = farMp4(await readFile(fixture('noise.mp4')), 100e9);
  const server = await remoteServer(give(far));
  const budget = 1.25 * (indexBytes('noise.mp4') + (await keyframeBytes('noise.mp4', 2)));
  const options = { at: 2.5, size: SIZE, maxReadBytes: Math.floor(budget) };
  const { receipt, ...cover } = await remoteCover(inProcess, server.url(), options);
  expect(made(cover)).toEqual(made(await inProcess.make(fixture('noise.mp4'), options)));
  expect(receipt.size).toBeGreaterThan(100e9);
  expect(receipt.requests).toBeLessThanOrEqual(4);
  expect(receipt.bytes).toBe(askedBytes(server.requests, far.size));
});

test('a picture of 30,000 columns is refused before any of it is read', async () => {
  const bytes = await readFile(fixture('wide-side.mp4'));
  const server = await remoteServer(give(content(bytes)));
  const error = await failure(() => inProcess.make(server.url(), { size: SIZE }));
  expect(error).toMatchObject({ code: 'FR_INPUT_LIMIT', details: { width: 30_000, height: 270 } });
  expect(askedBytes(server.requests, bytes.byteLength)).toBeLessThan(20_000);
});

test('a server without ranges is read to the end, once', async () => {
  const bytes = await readFile(fixture('noise.mp4'));
  const server = await remoteServer((_, response) =>
    response.writeHead(200, { 'content-length': bytes.byteLength, etag: '"one"' }).end(bytes),
  );
  const options = { at: 2.5, size: SIZE };
  const { receipt, ...cover } = await remoteCover(inProcess, server.url(), options);
  expect(made(cover)).toEqual(made(await inProcess.make(fixture('noise.mp4'), options)));
  expect(receipt).toMatchObject({ requests: 1, bytes: bytes.byteLength, size: bytes.byteLength });
  const { code } = await failure(() => inProcess.make(server.url(), { ...options, maxReadBytes: 1_000_000 }));
  expect(code).toBe('FR_REMOTE_NO_RANGES');
});

describe('an address that came as data', () => {
  const data = { trust: 'data', size: SIZE } as const;

  test('leads nowhere private by a redirect', async () => {
    const target = await remoteServer(give(content(await readFile(fixture('plain.mp4')))));
    const origin = await remoteServer((_, response) => response.writeHead(302, { location: target.url() }).end());
    // The name is opened, and not whatever else lies at its address.
    const url = origin.url().replace('127.0.0.1', 'localhost');
    const error = await failure(() => inProcess.make(url, { ...data, allowHosts: ['localhost'] }));
    expect(error.code).toBe('FR_ADDRESS_REFUSED');
    expect([origin.requests.length, target.requests.length]).toEqual([1, 0]);
    const opened = { ...data, allowHosts: ['localhost', '127.0.0.1'] };
    expect((await remoteCover(inProcess, url, opened)).receipt).toMatchObject({ redirects: 1 });
  });

  test('is not asked itself where it is private', async () => {
    const server = await remoteServer(give(content(await readFile(fixture('plain.mp4')))));
    for (const covers of [inProcess, inline]) {
      const error = await failure(() => covers.make(server.url(), data));
      expect(error.code).toBe('FR_ADDRESS_REFUSED');
    }
    expect(server.requests).toHaveLength(0);
  });
});

test('a file that is another one at the next call gives its own cover', async () => {
  const clips = { now: 'noise.mp4' };
  const versions = new Map<string, Buffer>();
  for (const clip of ['noise.mp4', 'plain.mp4']) versions.set(clip, await readFile(fixture(clip)));
  const server = await remoteServer((request, response) => {
    give(content(versions.get(clips.now)!, { etag: `"${clips.now}"` }))(request, response);
  });
  for (const clip of ['noise.mp4', 'plain.mp4', 'noise.mp4']) {
    clips.now = clip;
    const { receipt, ...cover } = await remoteCover(inProcess, server.url(), { at: 2.5, size: SIZE });
    expect(made(cover)).toEqual(made(await inProcess.make(fixture(clip), { at: 2.5, size: SIZE })));
    expect(receipt).toMatchObject({ fromCache: false, etag: `"${clip}"` });
  }
});

test('a failure says which address, without what is secret in it, and the next cover is made', async () => {
  const text = Buffer.alloc(5000, 'This is no video. ');
  const server = await remoteServer(give(content(text)));
  const url = `${server.url('v.mp4').replace('http://', 'http://me:secret@')}?token=secret`;
  const error = await failure(() => inProcess.make(url, { size: SIZE }));
  expect(error).toMatchObject({ code: 'FR_INPUT_INVALID', message: expect.stringContaining(server.url()) as string });
  expect(`${error.message}${JSON.stringify(error.details)}`).not.toContain('secret');
  expect((await inProcess.make(fixture('plain.mp4'), { size: SIZE })).width).toBe(96);
});

/** A server that falls silent after so many answers. */
async function silentAfter(answers: number): Promise<RemoteServer> {
  const good = give(content(await readFile(fixture('noise.mp4'))));
  const server = await remoteServer((request, response) => {
    if (server.requests.length <= answers) good(request, response);
  });
  return server;
}

/** Waits until a server was asked so often. */
async function asked(server: RemoteServer, times: number): Promise<void> {
  while (server.requests.length < times) await new Promise((resolve) => setImmediate(resolve));
}

describe.each([
  ['process', inProcess],
  ['inline', inline],
] as const)('%s: a server that falls silent', (_, covers) => {
  test.each([
    ['at once', 0],
    ['ahead of the keyframe', 2],
  ])('%s holds no cover beyond its deadline and its signal', async (__, answers) => {
    const late = await silentAfter(answers);
    const error = await failure(() => covers.make(late.url(), { size: SIZE, timeout: 300 }));
    expect(error).toMatchObject({ code: 'FR_TIMEOUT', details: { timeout: 300 } });
    const left = await silentAfter(answers);
    const controller = new AbortController();
    const aborted = failure(() => covers.make(left.url(), { size: SIZE, signal: controller.signal }));
    await asked(left, answers + 1);
    controller.abort();
    expect((await aborted).code).toBe('FR_ABORTED');
    expect((await covers.make(fixture('plain.mp4'), { size: SIZE })).width).toBe(96);
  });
});

test('a server that falls silent is asked again, and then given up', async () => {
  const server = await silentAfter(2);
  const error = await failure(() => inProcess.make(server.url(), { size: SIZE, inputTimeout: 50 }));
  expect(error).toMatchObject({ code: 'FR_INPUT_STALLED', retryable: true });
  expect(server.requests).toHaveLength(2 + 4);
});

test('closing the engine ends a cover that waits for its server', async () => {
  const server = await silentAfter(0);
  const own = createCovers({ backend: 'inline' });
  const error = failure(() => own.make(new URL(server.url()), { size: SIZE }));
  await asked(server, 1);
  await own.close();
  expect((await error).code).toBe('FR_CLOSED');
});
