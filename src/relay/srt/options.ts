// What an address of SRT may ask for in its query, as FFmpeg names it (doc/protocols.texi, "srt"), with what libsrt takes.
import { argumentError } from '../../base/index.js';

/** The units are those of FFmpeg: microseconds for latencies, also where other tools that write the same names have milliseconds. */
const INTEGERS: Readonly<Record<string, readonly [min: number, max: number]>> = {
  connect_timeout: [1, 3_600_000],
  enforced_encryption: [0, 1],
  ffs: [32, 2 ** 31 - 1],
  inputbw: [0, 2 ** 53 - 1],
  iptos: [0, 255],
  ipttl: [1, 255],
  kmpreannounce: [1, 2 ** 31 - 1],
  kmrefreshrate: [0, 2 ** 31 - 1],
  latency: [0, 60_000_000],
  linger: [0, 180],
  listen_timeout: [1, 2 ** 53 - 1],
  lossmaxttl: [0, 2 ** 31 - 1],
  maxbw: [0, 2 ** 53 - 1],
  minversion: [0, 0xffffff],
  mss: [76, 1500],
  nakreport: [0, 1],
  oheadbw: [5, 100],
  payload_size: [188, 1456],
  peerlatency: [0, 60_000_000],
  rcvbuf: [1, 2 ** 31 - 1],
  rcvlatency: [0, 60_000_000],
  recv_buffer_size: [1, 2 ** 31 - 1],
  send_buffer_size: [1, 2 ** 31 - 1],
  sndbuf: [1, 2 ** 31 - 1],
  snddropdelay: [-1, 60_000_000],
  timeout: [1, 2 ** 53 - 1],
  tlpktdrop: [0, 1],
};
const LATENCIES = ['latency', 'peerlatency', 'rcvlatency'];
/** Other names of the same. */
const ALIASES: Readonly<Record<string, string>> = {
  pkt_size: 'payload_size',
  srt_streamid: 'streamid',
  tsbpddelay: 'latency',
};
const TEXTS = ['mode', 'passphrase', 'pbkeylen', 'streamid', 'transtype'];
/** Names that are known. */
export const OPTION_NAMES: readonly string[] = [...Object.keys(INTEGERS), ...Object.keys(ALIASES), ...TEXTS];

const KEY_LENGTHS = ['0', '16', '24', '32'];
/** What libsrt takes as a passphrase (SRTO_PASSPHRASE), and as a stream id (SRTO_STREAMID). Bytes. */
const PASSPHRASE = { min: 10, max: 79 };
const MOST_STREAM_ID = 512;
/** No peer is this near that less delay is of use, and no slower value is one in milliseconds by mistake. Microseconds. */
const LEAST_LATENCY = 10_000;

/** Checks the value of an option, and gives it as libav takes it; throws FR_ARG_INVALID, which never shows a secret. */
export function checkOption(argument: string, name: string, value: string): readonly [name: string, value: string] {
  const known = ALIASES[name] ?? name;
  const wrong = (expected: string, shown = value): Error =>
    argumentError(argument, `an address of SRT whose ${name} is ${expected}`, shown);
  const range = INTEGERS[known];
  if (range !== undefined) {
    const [min, max] = range;
    const number = /^-?\d+$/.test(value) ? Number(value) : NaN;
    if (!(number >= min && number <= max)) throw wrong(`an integer from ${String(min)} to ${String(max)}`);
    if (LATENCIES.includes(known) && number > 0 && number < LEAST_LATENCY)
      throw wrong(`in microseconds, as FFmpeg has it: ${String(number * 1000)} for ${value} ms`);
    return [known, String(number)];
  }
  const bytes = Buffer.byteLength(value);
  if (known === 'mode' && value !== 'caller' && value !== 'listener') throw wrong('caller or listener');
  if (known === 'transtype' && value !== 'live') throw wrong('live');
  if (known === 'pbkeylen' && !KEY_LENGTHS.includes(value)) throw wrong(`one of ${KEY_LENGTHS.join(', ')}`);
  if (known === 'passphrase' && (bytes < PASSPHRASE.min || bytes > PASSPHRASE.max))
    throw wrong(`${String(PASSPHRASE.min)} to ${String(PASSPHRASE.max)} bytes long`, `one of ${String(bytes)} bytes`);
  if (known === 'streamid' && (bytes === 0 || bytes > MOST_STREAM_ID))
    throw wrong(`1 to ${String(MOST_STREAM_ID)} bytes long`, `one of ${String(bytes)} bytes`);
  return [known, value];
}
