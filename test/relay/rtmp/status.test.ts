// Refusals with the server's own words, sorted into what can be done about them, and without secrets.
import { expect, test } from 'vitest';
import { refusal, statusOf } from '#dist/relay/rtmp/status.js';

const status = (code: string, description = ''): ReturnType<typeof statusOf> => ({ level: 'error', code, description });
const SHOWN = 'rtmp://host/live/***';

test('the status is the object that has a code, wherever it stands', () => {
  const info = { level: 'error', code: 'NetStream.Publish.BadName', description: 'Already publishing' };
  expect(statusOf([null, info])).toEqual(info);
  expect(statusOf([info])).toEqual(info);
  // Servers repeat their properties ahead of it.
  expect(statusOf([{ fmsVer: 'FMS/3,5,7,7009' }, info])).toEqual(info);
  expect(statusOf([null, { code: 5, level: 'status' }])).toEqual({ level: 'status', code: '', description: '' });
  expect(statusOf([null])).toEqual({ level: '', code: '', description: '' });
});

test.each([
  ['NetStream.Publish.BadName', 'Already publishing', 'FR_RELAY_BUSY'],
  ['NetStream.Publish.Denied', 'Stream already publishing', 'FR_RELAY_BUSY'],
  ['NetStream.Publish.Rejected', 'StreamBusy', 'FR_RELAY_BUSY'],
  [
    'NetConnection.Connect.Rejected',
    '[ AccessManager.Reject ] : [ code=403 need auth; authmod=adobe ]',
    'FR_RELAY_AUTH',
  ],
  ['NetStream.Publish.Denied', '', 'FR_RELAY_AUTH'],
  ['NetStream.Publish.Unauthorized', '', 'FR_RELAY_AUTH'],
  ['NetConnection.Connect.Rejected', 'HTTP 401', 'FR_RELAY_AUTH'],
  ['NetConnection.Connect.InvalidApp', 'No such application', 'FR_RELAY_REFUSED'],
  ['NetStream.Play.StreamNotFound', 'No such stream', 'FR_RELAY_REFUSED'],
  ['', '', 'FR_RELAY_REFUSED'],
])('%s "%s" is %s', (code, description, expected) => {
  const error = refusal(SHOWN, status(code, description), []);
  expect(error.code).toBe(expected);
  expect(error.message).toContain(SHOWN);
  expect(error.message).toContain(code);
  expect(error.message).toContain(description);
  expect(error.details).toEqual({ rtmpCode: code, description });
});

test('a server that repeats the key or the password does not tell it to anybody', () => {
  const error = refusal(SHOWN, status('Bad.abcd1234', 'Stream abcd1234?token=xyz is abcd1234; s3cret'), [
    'abcd1234?token=xyz',
    'abcd1234',
    's3cret',
  ]);
  expect(error.message + JSON.stringify(error.details)).not.toMatch(/abcd1234|xyz|s3cret/);
  expect(error.message).toContain('Stream *** is ***; ***');
});

test('words that are too short to be secrets are left', () => {
  expect(refusal(SHOWN, status('NetStream.Play.Failed', 'a b'), ['a', '']).message).toContain('a b');
});

test('long words are cut, and what a terminal would obey is not passed on', () => {
  const error = refusal(SHOWN, status('X', `\u001b[2J\u0007a\r\nb${'y'.repeat(100_000)}`), []);
  expect(error.message.length).toBeLessThan(500);
  expect(error.message).not.toMatch(/\p{Cc}/u);
  expect(JSON.stringify(error.details).length).toBeLessThan(500);
  expect(error.message).toContain('a b');
});
