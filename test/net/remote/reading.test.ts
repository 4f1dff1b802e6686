// Remote files that are read as they should be: how many requests, which bytes, what is sent to whom, what is told of it.
import { describe, expect, test } from 'vitest';
import { failure } from '../../support/failure.js';
import { readPlaces, remoteFiles } from '../../support/remote-reading.js';
import { askedBytes, content, give, remoteServer, type Content, type Reply } from '../../support/remote-server.js';

const BYTES = Buffer.from(Uint32Array.from({ length: 500_000 }, (_, i) => i * 7).buffer);
const FILE = content(BYTES);
const KIB = 1024;
const asked = (requests: readonly { range: readonly [number, number] | undefined }[]): number[] =>
  requests.map(({ range }) => (range === undefined ? -1 : range[1] - range[0] + 1));

describe('what is fetched', () => {
  test('a block where somebody jumps to, and more and more where he reads on', async () => {
    const server = await remoteServer(give(FILE));
    const { pieces, receipt } = await readPlaces(remoteFiles(), server.url(), [
      [0, 100],
      [700_000, 400_000],
      [1_500_000, 10],
    ]);
    expect(pieces).toEqual([
      BYTES.subarray(0, 100),
      BYTES.subarray(700_000, 1_100_000),
      BYTES.subarray(1_500_000, 1_500_010),
    ]);
    expect(asked(server.requests)).toEqual([16 * KIB, 64 * KIB, 64 * KIB, 128 * KIB, 256 * KIB, 64 * KIB]);
    expect(receipt).toMatchObject({
      requests: 6,
      bytes: askedBytes(server.requests, FILE.size),
      retries: 0,
      redirects: 0,
    });
  });

  test('nothing twice, and nothing beyond the end', async () => {
    const server = await remoteServer(give(FILE));
    const end = BYTES.byteLength - 50;
    const { pieces } = await readPlaces(remoteFiles(), server.url(), [
      [100_000, 10],
      [90_000, 20_000],
      [end, 1000],
      [100_000, 60_000],
      [0, 16_384],
    ]);
    expect(pieces.map(({ byteLength }) => byteLength)).toEqual([10, 20_000, 50, 60_000, 16_384]);
    expect(server.requests.map(({ range }) => range)).toEqual([
      [0, 16_383],
      [100_000, 165_535],
      [90_000, 99_999],
      [end, BYTES.byteLength - 1],
    ]);
  });

  test('one connection for all of it, and for the next file', async () => {
    const server = await remoteServer(give(FILE));
    const files = remoteFiles();
    await readPlaces(files, server.url('a'), [[100_000, 10]]);
    await readPlaces(files, server.url('b'), [[100_000, 10]]);
    expect(new Set(server.requests.map(({ connection }) => connection))).toEqual(new Set([1]));
  });

  test('a server may give less than it was asked for', async () => {
    const stingy: Reply = ({ range, headers }, response) => {
      give(FILE)(
        { ...{ path: '', connection: 1, headers }, range: range && [range[0], Math.min(range[1], range[0] + 999)] },
        response,
      );
    };
    const server = await remoteServer(stingy);
    const { pieces, receipt } = await readPlaces(remoteFiles(), server.url(), [[500_000, 2500]]);
    expect(pieces).toEqual([BYTES.subarray(500_000, 502_500)]);
    expect(receipt).toMatchObject({ requests: 4, bytes: 4000 });
  });

  test('what came ahead of a break is kept', async () => {
    let times = 0;
    const server = await remoteServer((request, response) => {
      times += 1;
      if (times !== 2) {
        give(FILE)(request, response);
        return;
      }
      response.writeHead(206, {
        'content-length': 65_536,
        'content-range': 'bytes 500000-565535/2000000',
        etag: '"one"',
      });
      response.write(BYTES.subarray(500_000, 530_000), () => response.destroy());
    });
    const { pieces, receipt } = await readPlaces(remoteFiles(), server.url(), [[500_000, 60_000]]);
    expect(pieces).toEqual([BYTES.subarray(500_000, 560_000)]);
    expect(server.requests.at(-1)?.range).toEqual([530_000, 565_535]);
    expect(receipt).toMatchObject({ requests: 3, retries: 1, bytes: 16_384 + 65_536 });
  });

  test('no more than the budget, and then one sentence', async () => {
    const server = await remoteServer(give(FILE));
    const reading = readPlaces(
      remoteFiles(),
      server.url(),
      [
        [100_000, 10],
        [300_000, 10],
        [500_000, 10],
      ],
      { maxReadBytes: 100_000 },
    );
    const error = await failure(() => reading);
    expect(error).toMatchObject({ code: 'FR_REMOTE_BUDGET', retryable: false, details: { maxReadBytes: 100_000 } });
    expect(error.message).toContain('`maxReadBytes` (98 KiB) were read, and byte 500000 is still needed.');
    expect(askedBytes(server.requests, FILE.size)).toBe(100_000);
  });
});

describe('the next call', () => {
  test('fetches nothing but what it reads elsewhere, and has the version confirmed by that', async () => {
    const server = await remoteServer(give(FILE));
    const files = remoteFiles();
    expect(
      (
        await readPlaces(files, server.url(), [
          [0, 10],
          [500_000, 10],
        ])
      ).receipt,
    ).toMatchObject({ requests: 2, fromCache: false });
    const { pieces, receipt } = await readPlaces(files, server.url(), [
      [0, 10],
      [500_000, 10],
      [1_000_000, 10],
    ]);
    expect(pieces[2]).toEqual(BYTES.subarray(1_000_000, 1_000_010));
    expect(receipt).toMatchObject({ requests: 1, fromCache: true, etag: '"one"', size: BYTES.byteLength });
    expect(server.requests.at(-1)?.headers['if-range']).toBe('"one"');
  });

  test('asks for a byte where it needs nothing else, as nothing is given that nobody confirmed', async () => {
    const server = await remoteServer(give(FILE));
    const files = remoteFiles();
    await readPlaces(files, server.url(), [[0, 10]]);
    expect((await readPlaces(files, server.url(), [[0, 10]])).receipt).toMatchObject({
      requests: 1,
      bytes: 1,
      fromCache: true,
    });
  });

  test('begins anew where the file is another one by now', async () => {
    const version = { now: FILE };
    const server = await remoteServer((request, response) => {
      give(version.now)(request, response);
    });
    const files = remoteFiles();
    await readPlaces(files, server.url(), [
      [0, 10],
      [500_000, 10],
    ]);
    const other = Buffer.from(BYTES).reverse();
    version.now = content(other, { etag: '"two"' });
    const { pieces, receipt } = await readPlaces(files, server.url(), [
      [0, 10],
      [1_000_000, 10],
    ]);
    expect(pieces).toEqual([other.subarray(0, 10), other.subarray(1_000_000, 1_000_010)]);
    // The answer that said so, of which nothing was read, and two for the other version.
    expect(receipt).toMatchObject({ requests: 3, fromCache: false, etag: '"two"', bytes: 16 * KIB + 64 * KIB });
    expect((await readPlaces(files, server.url(), [[0, 10]])).receipt).toMatchObject({ requests: 1, fromCache: true });
  });

  test('also where what was known would have done, or led to a failure', async () => {
    const version = { now: FILE };
    const server = await remoteServer((request, response) => {
      give(version.now)(request, response);
    });
    const files = remoteFiles();
    await readPlaces(files, server.url(), [[0, 10]]);
    version.now = content(Buffer.alloc(300_000, 7), { etag: '"two"' });
    expect((await readPlaces(files, server.url(), [[0, 4]])).pieces).toEqual([Buffer.alloc(4, 7)]);
    version.now = content(Buffer.alloc(300_000, 8), { etag: '"three"' });
    let calls = 0;
    const { result } = await files.use(server.url(), {}, {}, async (file) => {
      calls += 1;
      const [first] = await file.read(0, 1);
      if (first === 7) throw new Error('of an index that is no more');
      return first;
    });
    expect([result, calls]).toEqual([8, 2]);
  });

  test.each<[string, Partial<Content>, boolean]>([
    ['a strong ETag', { etag: '"a"' }, true],
    ['a weak ETag', { etag: 'W/"a"' }, false],
    ['a date of long ago', { etag: undefined, lastModified: 'Tue, 01 Jul 2025 00:00:00 GMT' }, true],
    ['a date that is still to come', { etag: undefined, lastModified: 'Tue, 01 Jul 2127 00:00:00 GMT' }, false],
    ['nothing', { etag: undefined }, false],
  ])('by %s', async (_, version, known) => {
    const server = await remoteServer(give({ ...FILE, ...version }));
    const files = remoteFiles();
    await readPlaces(files, server.url(), [[500_000, 10]]);
    expect(server.requests[1]?.headers['if-range']).toBe(known ? (version.etag ?? version.lastModified) : undefined);
    expect((await readPlaces(files, server.url(), [[500_000, 10]])).receipt.fromCache).toBe(known);
  });

  test('with other headers is about another file', async () => {
    const server = await remoteServer(give(FILE));
    const files = remoteFiles();
    await readPlaces(files, server.url(), [[0, 10]], { headers: { authorization: 'a' } });
    expect(
      (await readPlaces(files, server.url(), [[0, 10]], { headers: { authorization: 'b' } })).receipt.fromCache,
    ).toBe(false);
    expect(
      (await readPlaces(files, server.url(), [[0, 10]], { headers: { Authorization: 'b' } })).receipt.fromCache,
    ).toBe(true);
  });
});

describe('what is sent', () => {
  test('headers and a login, to the server of the address alone', async () => {
    const target = await remoteServer(give(FILE));
    const origin = await remoteServer((_, response) =>
      response.writeHead(302, { location: target.url('moved?sig=1') }).end(),
    );
    const url = origin.url('v.mp4?token=secret').replace('http://', 'http://me:p%40ss@');
    const { receipt } = await readPlaces(remoteFiles(), url, [[500_000, 10]], { headers: { 'X-Key': 'secret' } });
    expect(origin.requests[0]?.headers).toMatchObject({
      'x-key': 'secret',
      authorization: `Basic ${Buffer.from('me:p@ss').toString('base64')}`,
      'accept-encoding': 'identity',
    });
    for (const { headers } of target.requests) {
      expect(headers['x-key']).toBeUndefined();
      expect(headers.authorization).toBeUndefined();
    }
    // The second part is asked for where the first one was found.
    expect([origin.requests.length, target.requests.length]).toEqual([1, 2]);
    expect(receipt).toMatchObject({ requests: 3, redirects: 1, url: `http://127.0.0.1:${String(origin.port)}/v.mp4` });
  });

  test('the address is asked again where what it led to is no longer good', async () => {
    let valid = 'a';
    const target = await remoteServer((request, response) => {
      if (request.path === `/${valid}`) give(FILE)(request, response);
      else response.writeHead(403).end();
    });
    const origin = await remoteServer((_, response) => response.writeHead(302, { location: target.url(valid) }).end());
    const { result, receipt } = await remoteFiles().use(origin.url(), {}, {}, async (file) => {
      valid = 'b';
      return file.read(500_000, 10);
    });
    expect(Buffer.from(result)).toEqual(BYTES.subarray(500_000, 500_010));
    expect(receipt).toMatchObject({ requests: 5, redirects: 2, retries: 1 });
  });

  test.each([
    ['a private address', 'http://10.0.0.1/v.mp4', 'FR_ADDRESS_REFUSED'],
    ['the metadata service', 'http://169.254.169.254/latest/meta-data', 'FR_ADDRESS_REFUSED'],
    ['a name of this machine', 'http://localhost:1/v.mp4', 'FR_ADDRESS_REFUSED'],
    ['a file', 'file:///etc/passwd', 'FR_ADDRESS_REFUSED'],
    ['itself for ever', '/v.mp4', 'FR_REMOTE_REFUSED'],
  ])('nothing to %s, where a redirect leads there', async (_, location, code) => {
    const server = await remoteServer((__, response) => response.writeHead(302, { location }).end());
    const error = await failure(() => readPlaces(remoteFiles(), server.url(), [[0, 1]]));
    expect(error.code).toBe(code);
    expect(error.message).not.toMatch(/passwd|meta-data/);
  });

  test('a redirect to a host that was opened is followed', async () => {
    const target = await remoteServer(give(FILE));
    const location = target.url().replace('127.0.0.1', 'localhost');
    const origin = await remoteServer((_, response) => response.writeHead(301, { location }).end());
    expect((await failure(() => readPlaces(remoteFiles(), origin.url(), [[0, 1]]))).code).toBe('FR_ADDRESS_REFUSED');
    const { receipt } = await readPlaces(remoteFiles(), origin.url(), [[0, 1]], { allowHosts: ['localhost'] });
    expect(receipt.redirects).toBe(1);
  });

  test('nothing to a private address that came as data, unless it was opened', async () => {
    const server = await remoteServer(give(FILE));
    const data = { trust: 'data' } as const;
    expect((await failure(() => readPlaces(remoteFiles(), server.url(), [[0, 1]], data))).code).toBe(
      'FR_ADDRESS_REFUSED',
    );
    expect(server.requests).toHaveLength(0);
    const opened = await readPlaces(remoteFiles(), server.url(), [[0, 1]], { ...data, allowHosts: ['127.0.0.0/8'] });
    expect(opened.receipt.requests).toBe(1);
    const named = server.url().replace('http://', 'http://me:pw@');
    expect((await failure(() => readPlaces(remoteFiles(), named, [[0, 1]], data))).code).toBe('FR_ADDRESS_REFUSED');
  });
});

describe('options', () => {
  test.each<[string, object, RegExp]>([
    ['headers that are a list', { headers: ['a: b'] }, /for `headers`/],
    ['the name of no header', { headers: { 'a b': 'c' } }, /for `headers\["a b"\]` but received "another text"/],
    [
      'a value in two lines',
      { headers: { a: 'secret\r\nb: c' } },
      /a text in one line for `headers\["a"\]` but received "another text"/,
    ],
    ['a header of the reader itself', { headers: { Range: 'bytes=0-' } }, /for `headers\["Range"\]`/],
    ['a budget of nothing', { maxReadBytes: 0 }, /for `maxReadBytes` but received 0/],
    ['another trust', { trust: 'me' }, /one of operator, data for `trust`/],
    ['a host that is none', { allowHosts: ['http://a'] }, /for `allowHosts\[0\]`/],
    ['no time', { inputTimeout: 0 }, /for `inputTimeout`/],
    ['no switch', { verifyTls: 'no' }, /for `verifyTls`/],
  ])('%s are refused', async (_, options, message) => {
    const error = await failure(() => readPlaces(remoteFiles(), 'http://127.0.0.1:1/v.mp4', [[0, 1]], options));
    expect(error).toMatchObject({ code: 'FR_ARG_INVALID', message: expect.stringMatching(message) as string });
    expect(error.message).not.toContain('secret');
  });

  test('an address that is none is refused, and not shown', async () => {
    const error = await failure(() => readPlaces(remoteFiles(), 'http://me:secret@[nowhere', [[0, 1]]));
    expect(error.message).toBe(
      'Expected an address such as https://host/video.mp4 for `input` but received "another text".',
    );
  });
});
