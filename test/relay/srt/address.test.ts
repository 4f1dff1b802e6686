// Addresses of SRT: what they mean, what is refused in which words, and that no secret is ever shown.
import { expect, test } from 'vitest';
import { isFramerailError } from '#dist/base/index.js';
import { isSrt, parseSrt } from '#dist/relay/srt/address.js';

/** What is said of an address that is refused. */
function refusal(text: string): string {
  try {
    parseSrt('from', text);
  } catch (error) {
    if (isFramerailError(error) && error.code === 'FR_ARG_INVALID') return error.message;
    throw error;
  }
  throw new Error('It was taken');
}

test.each([
  ['srt://host.example:9000', { host: 'host.example', port: 9000, listens: false, options: { mode: 'caller' } }],
  ['SRT://10.0.0.1:1', { host: '10.0.0.1', port: 1, listens: false }],
  ['srt://[2001:db8::1]:9000/?latency=200000', { host: '2001:db8::1', latency: 200, options: { latency: '200000' } }],
  ['srt://:9000', { host: '', listens: true, options: { mode: 'listener' } }],
  ['srt://0.0.0.0:9000?mode=listener', { host: '0.0.0.0', listens: true, shown: 'srt://0.0.0.0:9000?mode=listener' }],
  ['srt://[::]:9000?mode=listener', { host: '::', listens: true }],
  ['srt://h:9?pkt_size=1128&tsbpddelay=50000', { options: { payload_size: '1128', latency: '50000', mode: 'caller' } }],
  ['srt://h:9?latency=20000', { latency: 120 }],
  ['srt://h:9?latency=20000&peerlatency=400000', { latency: 400 }],
  ['srt://h:9?connect_timeout=500', { connectTimeout: 500, options: { mode: 'caller' } }],
  ['srt://h:9?program=2', { program: 2 }],
  ['srt://h:9?maxbw=0&inputbw=1000000&oheadbw=25&nakreport=1&tlpktdrop=0&', { options: { maxbw: '0' } }],
])('%s', (text, expected) => {
  expect(isSrt(text)).toBe(true);
  expect(parseSrt('from', text)).toMatchObject(expected);
});

// As servers have them in their manuals, written in full or escaped.
test.each([
  ['srt://h:9?streamid=#!::r=live/a,m=publish&passphrase=0123456789', '#!::r=live/a,m=publish'],
  ['srt://h:9?streamid=%23!%3A%3Ar%3Dlive%2Fa%2Cm%3Dpublish&passphrase=0123456789', '#!::r=live/a,m=publish'],
  ['srt://h:9?passphrase=0123456789&streamid=publish:a:user:pa+ss?x', 'publish:a:user:pa+ss?x'],
])('a stream id in %s', (text, streamid) => {
  const { shown, options } = parseSrt('from', text);
  expect(options).toEqual({ mode: 'caller', passphrase: '0123456789', streamid });
  expect(shown).toBe('srt://h:9');
});

test.each([
  ['srt://h', 'Expected an address such as srt://host:9000?streamid=ID'],
  ['srt://h:0', 'Expected an address such as'],
  ['srt://h:65536', 'Expected an address such as'],
  ['srt://user:hidden@h:9', 'Expected an address such as'],
  ['srt://h:9/hidden', 'Expected an address such as'],
  ['srt://[1.2.3.4]:9', 'Expected an address such as'],
  ['srt://a b:9', 'Expected an address such as'],
  ['srt://:9?mode=caller', 'nobody can be called at this host'],
  ['srt://0.0.0.0:9', 'nobody can be called at this host'],
  ['srt://h:9?mode=rendezvous', 'whose mode is caller or listener'],
  ['srt://h:9?transtype=file', 'whose transtype is live'],
  ['srt://h:9?hidden', 'with name=value'],
  ['srt://h:9?pasphrase=hidden-hidden', 'Expected `passphrase` in the address of `from` but received `pasphrase`'],
  ['srt://h:9?passphrase=hidden', 'whose passphrase is 10 to 79 bytes long for `from` but received "one of 6 bytes"'],
  [`srt://h:9?passphrase=${'hidden-'.repeat(12)}`, '"one of 84 bytes"'],
  [`srt://h:9?streamid=${'hidden-'.repeat(80)}`, '1 to 512 bytes long'],
  ['srt://h:9?passphrase=hidden%', 'has %25 for each %'],
  ['srt://h:9?mode=listener&streamid=hidden', 'no streamid in the address of a listener'],
  ['srt://h:9?pbkeylen=17', 'one of 0, 16, 24, 32'],
  ['srt://h:9?latency=120', 'in microseconds, as FFmpeg has it: 120000 for 120 ms'],
  ['srt://h:9?latency=1e6', 'an integer from 0 to'],
  ['srt://h:9?pkt_size=1500', 'an integer from 188 to 1456'],
  ['srt://h:9?program=0', 'a program from 1 to 65535'],
])('%s is refused', (text, said) => {
  const message = refusal(text);
  expect(message).toContain(said);
  expect(message).not.toContain('hidden');
});
