// framerail cover of an address: what it read is told, headers are sent, and a refusal is one sentence that leaves nothing.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createCovers } from '#dist/index.js';
import { cli } from '../support/cli.js';
import { fixture } from '../support/fixtures.js';
import { content, give, remoteServer, type RemoteServer } from '../support/remote-server.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const CLIP = readFileSync(fixture('noise.mp4'));
const SHAPE = ['--size', '96x54', '--at', '2.5'];
const KEY = 'opens-it';

/** A server that gives a clip to who has the key. */
function guarded(): Promise<RemoteServer> {
  const good = give(content(CLIP));
  return remoteServer((request, response) => {
    if (request.headers['x-key'] === KEY) good(request, response);
    else response.writeHead(403).end();
  });
}

test('a cover with headers, and its receipt in JSON', async () => {
  const server = await guarded();
  const out = join(temporaryFolder(), 'cover.jpg');
  const headers = ['--header', `X-Key: ${KEY}`, '--header', 'X-Other:two: parts'];
  const args = [`${server.url()}?token=secret`, '--out', out, ...SHAPE, ...headers, '--json'];
  const { code, stdout, stderr, orphans } = await cli('cover', ...args);
  expect([code, stderr, orphans]).toEqual([0, '', []]);
  const facts = JSON.parse(stdout.toString()) as { receipt: { bytes: number } };
  expect(facts).toMatchObject({
    ...{ out, width: 96, height: 54, pts: 2 },
    receipt: { requests: 3, retries: 0, redirects: 0, fromCache: false, url: server.url(), size: CLIP.byteLength },
  });
  expect(facts.receipt.bytes).toBeLessThan(CLIP.byteLength / 25);
  expect(stdout.toString()).not.toMatch(/secret|opens-it/);
  expect(server.requests.map((request) => request.headers['x-other'])).toEqual(Array(3).fill('two: parts'));
  await using covers = createCovers({ backend: 'inline' });
  const wanted = await covers.make(fixture('noise.mp4'), { at: 2.5, size: [96, 54] });
  expect(readFileSync(out)).toEqual(Buffer.from(wanted.data));
});

test('the same as text', async () => {
  const server = await remoteServer(give(content(CLIP)));
  const out = join(temporaryFolder(), 'cover.jpg');
  const { code, stdout, stderr } = await cli('cover', server.url(), '--out', out, ...SHAPE);
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout.toString()).toMatch(
    /cover\.jpg: 96x54, .*, frame at 2\.000 s, [\d.]+ ms, 2\d\d KiB read in 3 requests\n$/,
  );
});

test.each([
  ['a server that wants a key', 'v.mp4', [], 1, /cannot be read: .*403.*\(FR_INPUT_UNREADABLE\)/],
  ['a redirect to a private address', 'away', [], 1, /\(FR_ADDRESS_REFUSED\)/],
  ['fewer bytes than it takes', 'open', ['--max-read', '20KiB'], 1, /\(FR_REMOTE_BUDGET\)/],
  ['a header that is none', 'open', ['--header', 'secret'], 2, /`--header` but received "another text"/],
  ['a header of the reader', 'open', ['--header', 'Range: secret'], 2, /`headers\["Range"\]`/],
])('%s: one sentence, and no file', async (_, path, flags, wanted, message) => {
  const good = give(content(CLIP));
  const server = await remoteServer((request, response) => {
    if (request.path === '/open') good(request, response);
    else if (request.path === '/away') response.writeHead(302, { location: 'http://169.254.169.254/secret' }).end();
    else response.writeHead(403).end();
  });
  const folder = temporaryFolder();
  const args = ['--out', join(folder, 'cover.jpg'), ...SHAPE, ...flags];
  const { code, stdout, stderr, orphans } = await cli('cover', server.url(path), ...args);
  expect([code, stdout.toString(), orphans]).toEqual([wanted, '', []]);
  expect(stderr).toMatch(/^framerail: [^\n]+\n$/);
  expect(stderr).toMatch(message);
  expect(stderr).not.toContain('secret');
  expect(readdirSync(folder)).toEqual([]);
  expect(server.requests.length > 0).toBe(wanted === 1);
});
