// Logins: the examples of the papers, and what servers write.
import { expect, test } from 'vitest';
import { Authorization, readChallenge } from '#dist/relay/rtsp/auth.js';

const NONCE = 'dcd98b7102dd2f0e8b11d0f600bfb0c093';

function answer(value: string, login: { user: string; password: string }, nonce?: string): string {
  return new Authorization(readChallenge([value])!, login, nonce).header('GET', '/dir/index.html');
}

test('the example of RFC 2617, 3.5', () => {
  const value = `Digest realm="testrealm@host.com", qop="auth,auth-int", nonce="${NONCE}", opaque="5ccc069c403ebaf9f0171e9517f40e41"`;
  const header = answer(value, { user: 'Mufasa', password: 'Circle Of Life' }, '0a4f113b');
  expect(header).toContain('response="6629fae49393a05397450978507c4ef1"');
  expect(header).toContain('username="Mufasa", realm="testrealm@host.com"');
  expect(header).toContain('qop=auth, nc=00000001, cnonce="0a4f113b"');
  expect(header).toContain('opaque="5ccc069c403ebaf9f0171e9517f40e41"');
});

test('the example of RFC 2069, 2.4, with its corrected answer: no quality of protection', () => {
  const value = `Digest realm="testrealm@host.com", nonce="${NONCE}"`;
  const header = answer(value, { user: 'Mufasa', password: 'CircleOfLife' });
  expect(header).toContain('response="1949323746fe6a43ef61f9606e7febea"');
  expect(header).not.toMatch(/qop|cnonce|algorithm|opaque/);
});

test.each([
  ['MD5', '8ca523f5e9506fed4657c9700eebdbec'],
  ['SHA-256', '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1'],
])('the example of RFC 7616, 3.9.1, with %s', (algorithm, response) => {
  const value = `Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=${algorithm}, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"`;
  const nonce = 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ';
  const header = answer(value, { user: 'Mufasa', password: 'Circle of Life' }, nonce);
  expect(header).toContain(`response="${response}"`);
  expect(header).toContain(`algorithm=${algorithm}`);
});

test('requests with one nonce are counted', () => {
  const challenge = readChallenge([`Digest realm="a", nonce="b", qop=auth`])!;
  const authorization = new Authorization(challenge, { user: 'u', password: 'p' }, 'c');
  const counts = [1, 2, 3].map(() => /nc=(\w+)/.exec(authorization.header('OPTIONS', 'rtsp://h/'))?.[1]);
  expect(counts).toEqual(['00000001', '00000002', '00000003']);
});

test('the safest of what is offered is taken, in one value or in several', () => {
  const basic = 'Basic realm="camera, front"';
  const md5 = `Digest realm="camera", nonce="1", stale=FALSE`;
  const sha = `Digest realm="camera", nonce="2", algorithm="SHA-256"`;
  expect(readChallenge([basic])).toEqual({ scheme: 'basic' });
  expect(readChallenge([basic, md5])).toMatchObject({ scheme: 'digest', nonce: '1', hash: 'md5', stale: false });
  expect(readChallenge([`${basic}, ${md5}, ${sha}`])).toMatchObject({ nonce: '2', hash: 'sha256' });
  expect(readChallenge(['Digest realm="x", nonce="1", stale="True"'])).toMatchObject({ stale: true });
});

test.each([
  '',
  'Bearer realm="x"',
  'Digest realm="x"',
  'Digest nonce="1", algorithm=SHA-512',
  'Digest nonce="1", qop="auth-int"',
  '=,"',
])('what cannot be answered is none: %s', (value) => {
  expect(readChallenge([value])).toBeUndefined();
});

test('names and passwords with quotes and beyond ASCII are written as they are', () => {
  const login = { user: 'J"ör\\g', password: 'pä:ss' };
  const basic = new Authorization({ scheme: 'basic' }, login).header('DESCRIBE', 'rtsp://h/');
  expect(Buffer.from(basic.slice(6), 'base64').toString()).toBe('J"ör\\g:pä:ss');
  const digest = answer('Digest realm="a \\"b\\"", nonce="n"', login);
  expect(digest).toContain('username="J\\"ör\\\\g", realm="a \\"b\\"", nonce="n"');
});
