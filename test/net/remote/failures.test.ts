// Servers that misbehave: each ends with its own typed error, soon, and without reading what is of no use.
import { createServer } from 'node:net';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { FramerailError } from '#dist/base/index.js';
import type { RemoteOptions } from '#dist/net/remote/index.js';
import { failure } from '../../support/failure.js';
import { readPlaces, remoteFiles, type Read } from '../../support/remote-reading.js';
import { content, give, remoteServer, type RemoteServer, type Reply } from '../../support/remote-server.js';

const BYTES = Buffer.from(Uint32Array.from({ length: 50_000 }, (_, i) => i).buffer);
const FILE = content(BYTES);
const good = give(FILE);
/** The beginning is asked for as the file is opened; then a byte far behind it. */
const FAR: Read = [150_000, 10];
const SOON = { inputTimeout: 300 };

async function failed(
  reply: Reply,
  options: RemoteOptions = {},
): Promise<{ error: FramerailError; server: RemoteServer }> {
  const server = await remoteServer(reply);
  const error = await failure(() =>
    readPlaces(remoteFiles(), server.url('a/v.mp4?token=secret'), [FAR], { ...SOON, ...options }),
  );
  expect(error.message).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/a\/v\.mp4 (cannot be read|is empty)/);
  expect(error.message).toMatch(/\.$/);
  expect(`${error.message}${JSON.stringify(error.details)}`).not.toContain('secret');
  return { error, server };
}

/** Answers well at first, and then otherwise. */
const later =
  (reply: Reply): Reply =>
  (request, response) => {
    (request.range?.[0] === 0 ? good : reply)(request, response);
  };

const part =
  (range: string, headers: Record<string, string | number> = {}, body = Buffer.alloc(10)): Reply =>
  (_, response) => {
    response.writeHead(206, { 'content-range': range, 'content-length': body.byteLength, etag: '"one"', ...headers });
    response.end(body);
  };

describe.each([
  ['at once', (reply: Reply) => reply],
  ['after a good answer', later],
])('%s', (_, when) => {
  test.each([
    [404, 'FR_INPUT_NOT_FOUND'],
    [410, 'FR_INPUT_NOT_FOUND'],
    [401, 'FR_INPUT_UNREADABLE'],
    [403, 'FR_INPUT_UNREADABLE'],
    [400, 'FR_REMOTE_REFUSED'],
    [204, 'FR_REMOTE_REFUSED'],
    [304, 'FR_REMOTE_REFUSED'],
    [501, 'FR_REMOTE_REFUSED'],
  ])('a status of %i is %s, and is not asked again', async (status, code) => {
    const { error, server } = await failed(when((_, response) => response.writeHead(status).end()));
    expect(error).toMatchObject({ code, details: { status } });
    expect(server.requests.filter(({ range }) => range?.[0] === (when === later ? FAR[0] : 0))).toHaveLength(1);
  });

  test.each([429, 500, 502, 503, 504])('a status of %i is FR_REMOTE_BUSY after four attempts', async (status) => {
    const { error, server } = await failed(when((_, response) => response.writeHead(status).end()));
    expect(error).toMatchObject({ code: 'FR_REMOTE_BUSY', retryable: true, details: { status } });
    expect(server.requests).toHaveLength(when === later ? 5 : 4);
  });

  test('an answer that never comes is FR_INPUT_STALLED', async () => {
    const { error } = await failed(
      when(() => undefined),
      { inputTimeout: 100 },
    );
    expect(error).toMatchObject({
      code: 'FR_INPUT_STALLED',
      message: expect.stringContaining('within 100 ms') as string,
    });
  });

  test('a byte now and then is FR_INPUT_STALLED', async () => {
    const drip = when(({ range }, response) => {
      const [first, last] = range ?? [0, 0];
      const where = `bytes ${String(first)}-${String(last)}/200000`;
      response.writeHead(206, { 'content-length': last - first + 1, 'content-range': where, etag: '"one"' });
      const timer = setInterval(() => response.write('x'), 20);
      response.on('close', () => {
        clearInterval(timer);
      });
    });
    const { error } = await failed(drip, { inputTimeout: 100 });
    expect(error).toMatchObject({
      code: 'FR_INPUT_STALLED',
      message: expect.stringMatching(/only \d+ B within 100 ms/) as string,
    });
  });

  test('a connection that ends instead of an answer is FR_REMOTE_LOST', async () => {
    const { error } = await failed(when((_, response) => response.destroy()));
    expect(error.code).toBe('FR_REMOTE_LOST');
  });

  test('an answer that ends too early each time is FR_REMOTE_LOST', async () => {
    const short = when(({ range }, response) => {
      const [first, last] = range ?? [0, 0];
      const where = `bytes ${String(first)}-${String(last)}/200000`;
      response.writeHead(206, { 'content-length': last - first + 1, 'content-range': where, etag: '"one"' });
      response.write('x', () => response.destroy());
    });
    const { error, server } = await failed(short);
    expect(error.code).toBe('FR_REMOTE_LOST');
    // What came is not asked for again.
    const firsts = server.requests.slice(-4).map(({ range }) => range?.[0] ?? 0);
    expect(firsts.map((first) => first - firsts[0]!)).toEqual([0, 1, 2, 3]);
  });

  test.each([
    ['other bytes', 'bytes 5-14/200000'],
    ['none', 'bytes 150000-149999/200000'],
    ['what is no range', 'bytes from 150000'],
    ['another unit', 'items 150000-150009/200000'],
    ['bytes beyond its own end', 'bytes 150000-150009/150005'],
    ['two lengths', 'bytes 150000-150009/200000', {}, Buffer.alloc(4)],
    ['what is compressed', 'bytes 150000-150009/200000', { 'content-encoding': 'gzip' }],
  ] as const)('an answer with %s is FR_REMOTE_PROTOCOL', async (_, range, headers = {}, body = Buffer.alloc(10)) => {
    const place = when === later ? range : range.replaceAll(/15000(\d)/g, '$1').replace('149999', '-1');
    const { error } = await failed(when(part(place, headers, body)));
    expect(error).toMatchObject({ code: 'FR_REMOTE_PROTOCOL', retryable: false });
  });

  test('an answer that does not say which bytes it has is FR_REMOTE_PROTOCOL', async () => {
    const { error } = await failed(
      when((_, response) => response.writeHead(206, { 'content-type': 'multipart/byteranges; boundary=x' }).end()),
    );
    expect(error.code).toBe('FR_REMOTE_PROTOCOL');
  });

  test('what is no HTTP is FR_REMOTE_LOST', async () => {
    const { error } = await failed(when((_, response) => response.socket?.end('no such thing\r\n\r\n')));
    expect(error.code).toBe('FR_REMOTE_LOST');
  });
});

describe('lies', () => {
  test('more bytes than were asked for are FR_REMOTE_PROTOCOL', async () => {
    const { error } = await failed(part('bytes 0-49999/200000', {}, Buffer.alloc(50_000)));
    expect(error.code).toBe('FR_REMOTE_PROTOCOL');
  });

  test('a size that nobody knows is FR_REMOTE_PROTOCOL', async () => {
    expect((await failed(part('bytes 0-9/*'))).error.code).toBe('FR_REMOTE_PROTOCOL');
  });

  test('a file that is shorter than it said is FR_REMOTE_CHANGED', async () => {
    const { error } = await failed(
      later((_, response) => response.writeHead(416, { 'content-range': 'bytes */1000' }).end()),
    );
    expect(error).toMatchObject({ code: 'FR_REMOTE_CHANGED', retryable: true });
  });

  test('bytes that are not there though the size is the same are FR_REMOTE_PROTOCOL', async () => {
    const { error } = await failed(
      later((_, response) => response.writeHead(416, { 'content-range': 'bytes */200000' }).end()),
    );
    expect(error.code).toBe('FR_REMOTE_PROTOCOL');
  });

  test.each([
    ['another ETag', 'bytes 150000-150009/200000', { etag: '"two"' }],
    ['another size', 'bytes 150000-150009/200001', {}],
  ])('%s in between is FR_REMOTE_CHANGED', async (_, range, headers) => {
    expect((await failed(later(part(range, headers)))).error.code).toBe('FR_REMOTE_CHANGED');
  });

  test('the whole file instead of a part, as it is another one, is FR_REMOTE_CHANGED and is not read', async () => {
    const two = give({ ...FILE, etag: '"two"' });
    const { error, server } = await failed(later(two));
    expect(error.code).toBe('FR_REMOTE_CHANGED');
    expect(server.requests.at(-1)?.headers['if-range']).toBe('"one"');
    expect(server.requests).toHaveLength(2);
  });

  test('an empty file is FR_INPUT_EMPTY', async () => {
    const empty = content(Buffer.alloc(0));
    expect((await failed(give(empty))).error.code).toBe('FR_INPUT_EMPTY');
    expect((await failed((_, response) => response.writeHead(200, { 'content-length': 0 }).end())).error.code).toBe(
      'FR_INPUT_EMPTY',
    );
    expect((await failed((_, response) => response.writeHead(200).end())).error.code).toBe('FR_INPUT_EMPTY');
  });
});

describe('without ranges', () => {
  const whole: Reply = (_, response) => response.writeHead(200, { 'content-length': BYTES.byteLength }).end(BYTES);

  test('a small file is read whole, once', async () => {
    const server = await remoteServer(whole);
    const { pieces, receipt } = await readPlaces(remoteFiles(), server.url(), [FAR, [0, 20], [199_990, 100]]);
    expect(pieces).toEqual([BYTES.subarray(150_000, 150_010), BYTES.subarray(0, 20), BYTES.subarray(199_990)]);
    expect(receipt).toMatchObject({ requests: 1, bytes: BYTES.byteLength, size: BYTES.byteLength });
  });

  test('also one whose length is not told', async () => {
    const server = await remoteServer((_, response) => {
      response.writeHead(200);
      response.write(BYTES.subarray(0, 70_000));
      response.end(BYTES.subarray(70_000));
    });
    const { pieces, receipt } = await readPlaces(remoteFiles(), server.url(), [FAR]);
    expect(pieces).toEqual([BYTES.subarray(150_000, 150_010)]);
    expect(receipt).toMatchObject({ requests: 1, bytes: BYTES.byteLength });
  });

  test('a larger file than may be read is FR_REMOTE_NO_RANGES, and is not read', async () => {
    const { error } = await failed(whole, { maxReadBytes: 100_000 });
    expect(error).toMatchObject({ code: 'FR_REMOTE_NO_RANGES', details: { maxReadBytes: 100_000 } });
  });

  test('one without a length is given up where the budget ends', async () => {
    let sent = 0;
    const endless: Reply = (_, response) => {
      response.writeHead(200);
      const more = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(16_384))) sent += 16_384;
      };
      response.on('drain', more);
      more();
    };
    const { error } = await failed(endless, { maxReadBytes: 1_000_000 });
    expect(error.code).toBe('FR_REMOTE_NO_RANGES');
    // What the buffers of two sockets hold is on its way by then.
    expect(sent).toBeLessThan(30_000_000);
  });

  test('one that is compressed is FR_REMOTE_PROTOCOL', async () => {
    const packed = gzipSync(BYTES);
    const { error } = await failed((_, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(packed),
    );
    expect(error).toMatchObject({ code: 'FR_REMOTE_PROTOCOL', message: expect.stringContaining('gzip') as string });
  });

  test('one that breaks off is read anew from its beginning', async () => {
    let times = 0;
    const server = await remoteServer((request, response) => {
      times += 1;
      if (times > 1) {
        whole(request, response);
        return;
      }
      response.writeHead(200, { 'content-length': BYTES.byteLength });
      response.write(BYTES.subarray(0, 50_000), () => response.destroy());
    });
    const { pieces, receipt } = await readPlaces(remoteFiles(), server.url(), [FAR]);
    expect(pieces).toEqual([BYTES.subarray(150_000, 150_010)]);
    expect(receipt).toMatchObject({ requests: 2, retries: 1 });
  });
});

describe('the network', () => {
  test('a port where nobody listens is FR_REMOTE_CONNECT', async () => {
    const nobody = createServer().listen(0, '127.0.0.1');
    await once(nobody, 'listening');
    const { port } = nobody.address() as AddressInfo;
    nobody.close();
    await once(nobody, 'close');
    const error = await failure(() => readPlaces(remoteFiles(), `http://127.0.0.1:${String(port)}/v.mp4`, [FAR]));
    expect(error).toMatchObject({ code: 'FR_REMOTE_CONNECT', retryable: true, details: { system: 'ECONNREFUSED' } });
  });

  test('a server that accepts and says nothing is FR_INPUT_STALLED', async () => {
    const mute = createServer((socket) => socket.on('error', () => undefined)).listen(0, '127.0.0.1');
    await once(mute, 'listening');
    onTestFinished(() => void mute.close());
    const { port } = mute.address() as AddressInfo;
    const url = `http://127.0.0.1:${String(port)}/v.mp4`;
    const error = await failure(() => readPlaces(remoteFiles(), url, [FAR], { inputTimeout: 100 }));
    expect(error.code).toBe('FR_INPUT_STALLED');
  });

  test('an abort ends a wait at once, with its own error', async () => {
    const server = await remoteServer(() => undefined);
    const controller = new AbortController();
    const reading = failure(() => readPlaces(remoteFiles(), server.url(), [FAR], { signal: controller.signal }));
    while (server.requests.length === 0) await new Promise((resolve) => setImmediate(resolve));
    controller.abort();
    expect((await reading).code).toBe('FR_ABORTED');
  });

  test('closing ends what is read', async () => {
    const server = await remoteServer(() => undefined);
    const files = remoteFiles();
    const reading = failure(() => readPlaces(files, server.url(), [FAR]));
    while (server.requests.length === 0) await new Promise((resolve) => setImmediate(resolve));
    files.close();
    expect((await reading).code).toBe('FR_CLOSED');
    expect((await failure(() => readPlaces(files, server.url(), [FAR]))).code).toBe('FR_CLOSED');
  });
});

describe('what was given up', () => {
  test('is not tried again for whoever still asks; what is here is given', async () => {
    const server = await remoteServer(later((_, response) => response.writeHead(503).end()));
    const { result } = await remoteFiles().use(server.url(), {}, {}, async (file) => {
      const reads = [150_000, 100_000].map((at) => failure(() => file.read(at, 10)));
      const errors = await Promise.all([...reads, failure(() => file.read(180_000, 10))]);
      return { errors, head: await file.read(0, 10) };
    });
    expect(result.errors.map(({ code }) => code)).toEqual(Array(3).fill('FR_REMOTE_BUSY'));
    expect(result.head).toEqual(BYTES.subarray(0, 10));
    expect(server.requests).toHaveLength(1 + 4);
  });

  test('is not asked for its version either, where the index was known', async () => {
    const answer = { now: good };
    const server = await remoteServer((request, response) => {
      answer.now(request, response);
    });
    const files = remoteFiles();
    await readPlaces(files, server.url(), [[0, 10]]);
    answer.now = (_, response) => response.writeHead(503).end();
    expect((await failure(() => readPlaces(files, server.url(), [FAR]))).code).toBe('FR_REMOTE_BUSY');
    expect(server.requests).toHaveLength(1 + 4);
  });
});

describe('later', () => {
  const busyOnce = (retryAfter: string): Reply => {
    let times = 0;
    return (request, response) => {
      times += 1;
      if (times === 1) response.writeHead(503, { 'retry-after': retryAfter }).end();
      else good(request, response);
    };
  };

  test('a server that wants to be asked again is asked again then', async () => {
    const server = await remoteServer(busyOnce('1'));
    const started = performance.now();
    const { receipt } = await readPlaces(remoteFiles(), server.url(), [FAR], { endsAt: started + 20_000 });
    expect(receipt).toMatchObject({ requests: 3, retries: 1 });
    expect(performance.now() - started).toBeGreaterThanOrEqual(1000);
  });

  test.each(['3600', new Date(Date.now() + 3_600_000).toUTCString()])(
    '%s is too late for a call, which fails at once',
    async (when) => {
      const server = await remoteServer(busyOnce(when));
      const error = await failure(() =>
        readPlaces(remoteFiles(), server.url(), [FAR], { endsAt: performance.now() + 20_000 }),
      );
      expect(error).toMatchObject({
        code: 'FR_REMOTE_BUSY',
        message: expect.stringMatching(/asked again in 3\d{3} s/) as string,
      });
      expect(server.requests).toHaveLength(1);
    },
  );
});
