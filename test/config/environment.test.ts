// Variables in a configuration: filled in, missed by name, and never shown.
import { expect, test } from 'vitest';
import { Variables } from '#dist/config/index.js';
import { failure } from '../support/failure.js';

test('variables are filled in everywhere, and $${ is a plain one', () => {
  const variables = new Variables({ HOST: 'example', KEY: 'a$&b' });
  expect(variables.fill('from', 'rtmp://${HOST}/live/${KEY}')).toBe('rtmp://example/live/a$&b');
  expect(variables.fill('from', '$${HOST} $HOST ${HOST}')).toBe('${HOST} $HOST example');
  expect(variables.fillAll('to', ['${HOST}', { a: '${KEY}', b: 1, c: null }])).toEqual([
    'example',
    { a: 'a$&b', b: 1, c: null },
  ]);
});

test.each([
  ['${NONE}', 'The variable NONE of `from` is not set.'],
  ['${EMPTY}', 'The variable EMPTY of `from` is not set.'],
  ['${a b}', 'Expected the name of a variable in each ${} of `from`.'],
  ['${}', 'Expected the name of a variable in each ${} of `from`.'],
  ['rtmp://${HOST', 'Expected the name of a variable in each ${} of `from`.'],
])('%s is an error', async (text, message) => {
  const error = await failure(() => new Variables({ EMPTY: '' }).fill('from', text));
  expect(error).toMatchObject({ code: 'FR_ARG_INVALID', message });
});

test('values are hidden in messages, also quoted and cut ones', () => {
  const long = 'x'.repeat(30) + '"' + 'y'.repeat(90);
  const variables = new Variables({ KEY: 'top-secret', LONG: long, ONE: '1' });
  variables.fillAll('a', ['${KEY}', '${LONG}', '${ONE}']);
  expect(variables.hide('Expected 1 but received "top-secret".')).toBe('Expected 1 but received "${KEY}".');
  const cut = JSON.stringify(`${long.slice(0, 77)}...`);
  expect(variables.hide(`received ${cut}.`)).toBe('received "${LONG}...".');
});
