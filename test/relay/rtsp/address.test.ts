// Addresses: what is dialled, what requests name, and that nothing secret is ever shown.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isRtsp, parseRtsp, readRtsp, withoutLogin } from '#dist/relay/rtsp/address.js';

test.each([
  ['rtsp://camera/stream', 'camera', 554, 'rtsp://camera/stream'],
  ['RTSP://camera', 'camera', 554, 'rtsp://camera/'],
  ['rtsps://camera/a/b?c=d&e', 'camera', 322, 'rtsps://camera/a/b?c=d&e'],
  ['rtsp://10.0.0.1:8554/?transport=tcp', '10.0.0.1', 8554, 'rtsp://10.0.0.1:8554/?transport=tcp'],
  ['rtsp://[fe80::1]:554/x#y', 'fe80::1', 554, 'rtsp://[fe80::1]:554/x#y'],
  ['rtsp://camera/%2f/ä', 'camera', 554, 'rtsp://camera/%2f/%C3%A4'],
])('%s', (text, host, port, url) => {
  expect(isRtsp(text)).toBe(true);
  expect(parseRtsp('from', text)).toMatchObject({ host, port, url, secure: url.startsWith('rtsps'), user: undefined });
});

test.each([
  ['rtsp://admin:secret@h/x', 'admin', 'secret'],
  ['rtsp://admin:p%40s%3As%2F@h/x', 'admin', 'p@s:s/'],
  ['rtsp://admin:p@ss:word@h/x', 'admin', 'p@ss:word'],
  ['rtsp://admin@h/x', 'admin', undefined],
  ['rtsp://admin:50%@h/x', 'admin', '50%'],
])('the login of %s is taken out of it', (text, user, password) => {
  const parts = parseRtsp('from', text);
  expect(parts).toMatchObject({ user, password, url: 'rtsp://h/x', shown: 'rtsp://h/***' });
});

test.each([
  'rtsp://',
  'rtsp:///x',
  'rtsp://h:0/x',
  'rtsp://h:99999/x',
  'rtsp://h /x',
  'rtsp://h/a\r\nTEARDOWN',
  'http://h/x',
])('%j is refused without being shown', (text) => {
  expect(() => parseRtsp('from', text)).toThrow(
    expect.objectContaining({
      code: 'FR_ARG_INVALID',
      message: 'Expected an address such as rtsp://host/path for `from` but received "another text".',
    }),
  );
});

test('whatever is read, requests stay one line, and the login is neither named nor shown', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (password, path) => {
      const secret = `S3CRET${encodeURIComponent(password)}`;
      const parts = readRtsp(`rtsp://user:${secret}@host/${path}`);
      if (parts === undefined) return;
      expect(parts.url).toMatch(/^[\x21-\x7e]+$/);
      expect(parts.shown).not.toContain('S3CRET');
      expect(parts.url.startsWith('rtsp://host/') || path.includes('@')).toBe(true);
    }),
  );
});

test('logins that servers write into addresses are taken out', () => {
  expect(withoutLogin('rtsp://admin:admin000@h:17970/a@b/')).toBe('rtsp://h:17970/a@b/');
  expect(withoutLogin('trackID=1')).toBe('trackID=1');
});
