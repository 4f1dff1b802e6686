// What libsrt writes when it refuses or is refused, and whose failure it explains.
import { expect, test } from 'vitest';
import { Refusals } from '#dist/relay/srt/refusals.js';

const refused = (why: string): string =>
  `18:13:25.669011/SRT:RcvQ:w3!W:SRT.cn: @36433419: processConnectResponse: rejecting per reception of a rejection HS response: ERROR:${why}\n` +
  `18:13:25.669029/SRT:RcvQ:w3!W:SRT.cn: @36433419: processAsyncConnectRequest: REJECT reported from HS processing: Anything - not processing further\n`;

test('a refusal is taken once, however its line is cut', () => {
  const refusals = new Refusals(() => undefined);
  for (const letter of refused('BADSECRET')) refusals.push(letter);
  expect(refusals.take()).toBe('BADSECRET');
  expect(refusals.take()).toBeUndefined();
});

test('several for one reason are each told it; for different ones at a time, nobody is told what may be another’s', () => {
  const refusals = new Refusals(() => undefined);
  refusals.push(refused('UNSECURE') + refused('UNSECURE'));
  expect([refusals.take(), refusals.take(), refusals.take()]).toEqual(['UNSECURE', 'UNSECURE', undefined]);
  refusals.push(refused('BADSECRET') + refused('PREDEFINED:403'));
  expect([refusals.take(), refusals.take()]).toEqual([undefined, undefined]);
});

test('callers that are turned away are told, and lines about nothing of the kind are not', () => {
  const away: string[] = [];
  const refusals = new Refusals((refusal) => away.push(refusal));
  refusals.push(
    '18:31:33.39/SRT:RcvQ:w1!W:SRT.cn: @39:newConnection: connection rejected due to: INTERNAL REJECTION - ERROR:BADSECRET\n' +
      '18:31:33.39/SRT:RcvQ:w1!W:SRT.cn: processConnectRequest: rsp(REJECT): 1010 - Incorrect passphrase\n' +
      `${'x'.repeat(100_000)}\n`,
  );
  expect(away).toEqual(['BADSECRET']);
  expect(refusals.take()).toBeUndefined();
});
