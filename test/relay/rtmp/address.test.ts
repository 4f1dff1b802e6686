// Addresses: whom to dial and what to ask for, and nothing of it that is secret where others can read it.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseDestination } from '#dist/relay/parse-destination.js';
import { parseOrigin } from '#dist/relay/parse-origin.js';
import { parseListen, parseRtmp, tcUrl, withoutListen } from '#dist/relay/rtmp/address.js';
import { listeningPlace, listenOrigin } from '#dist/relay/rtmp/listen-origin.js';
import { failure } from '../../support/failure.js';

test.each([
  [
    'rtmp://host/live/key',
    { secure: false, host: 'host', port: 1935, app: 'live', key: 'key' },
    'rtmp://host/live/***',
  ],
  ['RTMP://Host:1936/live/key', { host: 'Host', port: 1936 }, 'rtmp://Host:1936/live/***'],
  ['rtmps://host/live/key', { secure: true, port: 443, app: 'live' }, 'rtmps://host/live/***'],
  ['rtmps://host:8443/live/key', { secure: true, port: 8443 }, 'rtmps://host:8443/live/***'],
  ['rtmp://host/live/a/b/c', { app: 'live', key: 'a/b/c' }, 'rtmp://host/live/***'],
  ['rtmp://host/live/inst//a/b', { app: 'live/inst', key: 'a/b' }, 'rtmp://host/live/inst/***'],
  ['rtmp://host/live//key', { app: 'live', key: 'key' }, 'rtmp://host/live/***'],
  ['rtmp://host/live/key?a=1&b=/x//y?z', { app: 'live', key: 'key?a=1&b=/x//y?z' }, 'rtmp://host/live/***'],
  ['rtmp://host/live/a%2Fb%20c+d', { key: 'a%2Fb%20c+d' }, 'rtmp://host/live/***'],
  ['rtmp://host/live/key@home:1', { key: 'key@home:1', user: undefined }, 'rtmp://host/live/***'],
  ['rtmp://host/live/mp4:key#1', { key: 'mp4:key#1' }, 'rtmp://host/live/***'],
  ['rtmp://[::1]/live/key', { host: '::1', port: 1935 }, 'rtmp://[::1]/live/***'],
  ['rtmp://[2001:db8::1]:1936/live/key', { host: '2001:db8::1', port: 1936 }, 'rtmp://[2001:db8::1]:1936/live/***'],
  ['rtmp://192.0.2.1/live/key', { host: '192.0.2.1' }, 'rtmp://192.0.2.1/live/***'],
])('%s is read', (text, parts, shown) => {
  expect(parseRtmp('from', text)).toMatchObject({ ...parts, shown });
});

test.each([
  ['rtmp://ann:s3cret@host/live/key', 'ann', 's3cret'],
  ['rtmp://ann@host/live/key', 'ann', undefined],
  ['rtmp://ann:@host/live/key', 'ann', ''],
  ['rtmp://ann:a:b:c@host/live/key', 'ann', 'a:b:c'],
  ['rtmp://an%40n:s%3Acr%2Fet%25@host/live/key', 'an@n', 's:cr/et%'],
  ['rtmp://ann:100%@host/live/key', 'ann', '100%'],
])('%s has a user', (text, user, password) => {
  const address = parseRtmp('from', text);
  expect(address).toMatchObject({ user, password, host: 'host', app: 'live', key: 'key' });
  expect(address.shown).toBe('rtmp://host/live/***');
  expect(tcUrl(address)).toBe('rtmp://host/live');
});

test.each([
  ['', 'another text'],
  ['rtmp://host', 'rtmp://host'],
  ['rtmp://host/', 'rtmp://host'],
  ['rtmp://host/live', 'rtmp://host'],
  ['rtmp://host/live/', 'rtmp://host'],
  ['rtmp://host//key', 'rtmp://host'],
  ['rtmp://host:0/live/s3cret', 'rtmp://host:0'],
  ['rtmp://host:65536/live/s3cret', 'rtmp://host:65536'],
  ['rtmp://host:port/live/s3cret', 'another text'],
  ['rtmp://:1935/live/s3cret', 'another text'],
  ['rtmp://host/live/s3cret key', 'rtmp://host'],
  ['rtmp://host/live/s3cret\n', 'rtmp://host'],
  ['rtmp://[::1/live/s3cret', 'another text'],
  ['rtmp://ann:s3cret', 'another text'],
  ['rtmp://ann:s3cret/live/key', 'another text'],
  ['rtmp://ann:s3cret@/live/key', 'another text'],
  ['rtmp://ann:s3cret@ho st/live/key', 'another text'],
  ['rtmp://ann:s3@cret@host/live/key', 'another text'],
  ['srt://host:9000?passphrase=s3cret', 'another text'],
  ['http://host/s3cret', 'http://host'],
  ['s3cret', 'another text'],
])('%j is refused, and shows no more than whom it names', async (text, shown) => {
  const error = await failure(() => parseRtmp('from', text));
  expect(error.code).toBe('FR_ARG_INVALID');
  expect(error.message).not.toContain('s3cret');
  expect(JSON.stringify(error.details)).not.toContain('s3cret');
  expect(error.message).toContain(shown);
});

const PLACES = ['rtmp', 'rtmps', 'srt', 'udp', 'rtsp', 'rtsps', 'http', 'https'];

test.each(PLACES)('a port that there is not is named as the mistake: %s', async (scheme) => {
  for (const [port, shown] of [
    ['99999', '99999'],
    ['0', '0'],
    ['123456789', '"another number"'],
  ] as const) {
    const address = `${scheme}://[::1]:${port}/live/s3cret`;
    const parsers = [parseOrigin, ...(/^(rtmp|srt|udp)/.test(scheme) ? [parseDestination] : [])];
    for (const parse of parsers)
      expect((await failure(() => parse('x', address))).message).toBe(
        `Expected a port of 1 to 65,535 for \`x\` but received ${shown}.`,
      );
  }
});

test.each([
  ['foo.mp4', '".mp4"'],
  ['s3cret', '"another text"'],
  ['s3cret.s3cret', '"another text"'],
  ['ftp://ann:s3cret@host/s3cret', '"ftp://"'],
  ['https://host/s3cret.mp4', '"https://"'],
])('%s is no destination, and what is one is told', async (address, shown) => {
  const { code, message } = await failure(() => parseDestination('to[1]', address));
  expect(code).toBe('FR_ARG_INVALID');
  expect(message).toMatch(/^Expected an address of rtmp:\/\/, .*--record.* for `to\[1\]` but received/);
  expect(message.endsWith(`received ${shown}.`)).toBe(true);
});

test('an origin of no protocol that is known is refused with those that are', async () => {
  const { message } = await failure(() => parseOrigin('from', 's3cret.mp4'));
  expect(message).toMatch(/^Expected an address of rtmp:\/\/, .*https:\/\/ for `from` but received ".mp4"\.$/);
});

test('what `connect` is told leaves out the key and the usual port', () => {
  const of = (text: string): string => tcUrl(parseRtmp('to', text));
  expect(of('rtmp://host:1935/live/key')).toBe('rtmp://host/live');
  expect(of('rtmp://host:443/live/key')).toBe('rtmp://host:443/live');
  expect(of('rtmps://host:443/live/key')).toBe('rtmps://host/live');
  expect(of('rtmps://host:1935/a/b//key')).toBe('rtmps://host:1935/a/b');
  expect(of('rtmp://[::1]:1936/live/key')).toBe('rtmp://[::1]:1936/live');
});

test('no key, no query and no password is ever shown, in an address or in its refusal', () => {
  const secret = fc.stringMatching(/^[A-Za-z0-9%_.~:/?&=+-]{1,30}$/).map((text) => `S3CRET${text}S3CRET`);
  const password = fc.stringMatching(/^[A-Za-z0-9%_.~:@ -]{0,20}$/).map((text) => `S3CRET${text}S3CRET`);
  fc.assert(
    fc.property(secret, password, fc.constantFrom('', ':1935', ':99999', ':x'), (key, pass, port) => {
      try {
        const address = parseRtmp('to', `rtmp://ann:${pass}@host${port}/live/x${key}`);
        // An application with a slash in it is the user's own wish.
        fc.pre(!key.includes('//'));
        expect(address.shown + tcUrl(address)).not.toContain('S3CRET');
      } catch (error) {
        expect(String(error)).not.toContain('S3CRET');
      }
    }),
    { numRuns: 1000 },
  );
});

describe('listening', () => {
  test('is asked for anywhere in the query', () => {
    expect(parseListen('rtmp://0.0.0.0:1935/live/key?listen')).toBe(true);
    expect(parseListen('rtmp://0.0.0.0:1935/live/key?a=1&listen')).toBe(true);
    expect(parseListen('rtmp://0.0.0.0:1935/live/key?listen=1&a=1')).toBe(true);
    expect(parseListen('rtmp://host/live/key?listen=0')).toBe(false);
    expect(parseListen('rtmps://0.0.0.0:1935/live/key?listen')).toBe(true);
    expect(parseListen('rtmp://host/live/listen')).toBe(false);
    expect(parseListen('rtmp://host/live/key?listener')).toBe(false);
    expect(parseListen('http://host/live/key?listen')).toBe(false);
  });

  test.each([
    ['?listen', ''],
    ['?listen=1', ''],
    ['?a=1&listen', '?a=1'],
    ['?listen=1&a=1&b=2', '?a=1&b=2'],
    ['?a=1&listen&b=2', '?a=1&b=2'],
  ])('%s is no part of the key', (query, left) => {
    expect(withoutListen(`rtmp://host/live/key${query}`)).toBe(`rtmp://host/live/key${left}`);
    expect(listeningPlace(`rtmp://host/live/key${query}`)?.key).toBe(`1935 live/key${left}`);
  });

  test.each(['?listen', '?listen=1', '?listen&a=1'])('%s of a destination is refused', async (query) => {
    const error = await failure(() => parseDestination('to[0]', `rtmp://0.0.0.0/live/s3cret${query}`));
    expect([error.code, error.message]).toEqual([
      'FR_ARG_INVALID',
      'Expected an address without `listen`, as only origins listen, for `to[0]` but received "one with it".',
    ]);
  });

  test('needs a key, and goes without TLS', async () => {
    expect(listenOrigin('from', 'rtmp://0.0.0.0:1935/live/key?listen').shown).toBe('rtmp://0.0.0.0:1935/live/***');
    for (const address of ['rtmp://0.0.0.0/live?listen', 'rtmps://0.0.0.0/live/s3cret?listen']) {
      const error = await failure(() => listenOrigin('from', address));
      expect(error.code).toBe('FR_ARG_INVALID');
      expect(error.message).not.toContain('s3cret');
    }
  });
});
