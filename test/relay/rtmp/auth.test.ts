// Logins of the Flash era. The answers were computed apart from this code, with Python's hashlib and with openssl.
import { expect, test } from 'vitest';
import { answerChallenge, readChallenge } from '#dist/relay/rtmp/auth.js';

const LOGIN = { user: 'publisher', password: 's3cr3t!', app: 'live' };
const NONCE = 'deadbeef';
const ADOBE =
  '[ AccessManager.Reject ] : [ authmod=adobe ] : ?reason=needauth&user=publisher&salt=bUM/Og==&challenge=AAAAAA==';

function answer(description: string, login = LOGIN): string {
  const challenge = readChallenge(description);
  if (challenge === undefined) throw new Error('It is a challenge.');
  return answerChallenge(challenge, login, NONCE);
}

test('the first refusal names the way, and is answered with the user', () => {
  expect(answer('[ AccessManager.Reject ] : [ code=403 need auth; authmod=adobe ] : ')).toBe(
    '?authmod=adobe&user=publisher',
  );
  expect(answer('[ AccessManager.Reject ] : [ code=403 need auth; authmod=llnw ] : ')).toBe(
    '?authmod=llnw&user=publisher',
  );
});

test('adobe: a hash of a hash, over what is opaque', () => {
  expect(answer(`${ADOBE}&opaque=vgoAAA==`)).toBe(
    '?authmod=adobe&user=publisher&challenge=deadbeef&response=ozj0S/yFQ6UKlUhI8RQf0Q==&opaque=vgoAAA==',
  );
});

test('adobe: over the challenge where nothing is opaque', () => {
  expect(answer(ADOBE)).toBe('?authmod=adobe&user=publisher&challenge=deadbeef&response=OAsZ9uRHlRHxfFMGXioG4A==');
});

test('llnw: digest authentication over the name of the application', () => {
  const description = '[ AccessManager.Reject ] : [ authmod=llnw ] : ?reason=needauth&user=publisher&nonce=4a8f0f24';
  const text = (response: string): string =>
    `?authmod=llnw&user=publisher&nonce=4a8f0f24&cnonce=deadbeef&nc=00000001&response=${response}`;
  expect(answer(description)).toBe(text('98274ad9aedf8f1035d16de6e210c14e'));
  expect(answer(description, { ...LOGIN, app: 'live/x' })).toBe(text('92a1e5a4766369ace1951cac33dd9bef'));
});

test('each answer has a number of its own', () => {
  const challenge = readChallenge(ADOBE);
  if (challenge === undefined) throw new Error('It is a challenge.');
  expect(answerChallenge(challenge, LOGIN)).not.toBe(answerChallenge(challenge, LOGIN));
  expect(answerChallenge(challenge, LOGIN)).toMatch(/&challenge=[0-9a-f]{8}&response=[A-Za-z0-9+/]{22}==$/);
});

test('spaces around a value are none of it', () => {
  expect(answer(`${ADOBE}&opaque=vgoAAA== `)).toContain('ozj0S/yFQ6UKlUhI8RQf0Q==');
});

test('refusals that ask for nothing are none of these', () => {
  for (const description of [
    '',
    'No such application.',
    '[ AccessManager.Reject ] : [ authmod=adobe ] : ?reason=authfailed&opaque=vgoAAA==',
    '[ AccessManager.Reject ] : [ authmod=adobe ] : ?reason=nosuchuser',
    '[ AccessManager.Reject ] : [ authmod=other ] : ?reason=needauth',
  ])
    expect(readChallenge(description)).toBeUndefined();
});

test('a challenge without its values is answered all the same, and refused by the server', () => {
  expect(answer('authmod=adobe ?reason=needauth')).toMatch(/^\?authmod=adobe&user=publisher&challenge=deadbeef/);
  expect(answer('authmod=llnw ?reason=needauth')).toMatch(/^\?authmod=llnw&user=publisher&nonce=&cnonce=deadbeef/);
});
