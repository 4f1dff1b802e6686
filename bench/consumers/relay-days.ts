// The origin and the destination of a stream of many days, which is sent as quickly as it is taken.
import { createServer, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { flvHeader, flvTag } from '#dist/relay/flv/bytes.js';
import { audioKind, KIND, TAG, videoKind } from '#dist/relay/flv/tag.js';
import { listenOrigin } from '#dist/relay/rtmp/listen-origin.js';

const { days } = JSON.parse(process.argv[2] ?? '{}') as { readonly days: number };

const DAY = 86_400_000;
/** Milliseconds from one picture to the next: nearly as far apart as they may be without being a jump. */
const STEP = 2000;
/** Days on which the encoder is restarted. */
const RESTARTED = 5;
/** A sound is so much later than its picture. Milliseconds. */
const OFFSET = 23;
/** Tags that may be on their way. */
const WINDOW = 20_000;
const WRAP = 2 ** 32;

const VIDEO_HEADER = Buffer.from(
  '17000000000142c01effe100186742c01ed900a02ff9610000030001000003003c8f162e4801000568cb83cb20',
  'hex',
);
const AUDIO_HEADER = Buffer.from('af001190', 'hex');

const seen = { tags: 0, moved: 0, wentBack: 0, days: 0, wraps: 0 };
let sent = 0;
let proceed: () => void = () => undefined;

// The destination: times as they arrive, made endless again.
const last = { audio: -1, video: -1 };
let wide = 0;
let first: number | undefined;
function arrive(type: number, timestamp: number, payload: Buffer): void {
  const video = type === TAG.video;
  if (((video ? videoKind(payload) : type === TAG.audio ? audioKind(payload) : 0) & KIND.media) === 0) return;
  const time = timestamp + Math.round((wide - timestamp) / WRAP) * WRAP;
  if (Math.floor(time / WRAP) > Math.floor(wide / WRAP)) seen.wraps += 1;
  wide = Math.max(wide, time);
  const kind = video ? 'video' : 'audio';
  if (time < last[kind]) seen.wentBack += 1;
  last[kind] = time;
  seen.tags += 1;
  if (!video) {
    const distance = time - last.video;
    first ??= distance;
    seen.moved = Math.max(seen.moved, Math.abs(distance - first));
  }
  seen.days = time / DAY;
  if (sent - seen.tags < Math.min(WINDOW / 2, sent)) proceed();
}

function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  return once(server, 'listening').then(() => {
    const { port } = server.address() as AddressInfo;
    server.close();
    return port;
  });
}

async function send(response: ServerResponse): Promise<void> {
  response.write(flvHeader({ audio: true, video: true }));
  response.write(flvTag(TAG.video, 0, VIDEO_HEADER));
  response.write(flvTag(TAG.audio, 0, AUDIO_HEADER));
  const frame = (key: boolean): Buffer => Buffer.from([key ? 0x17 : 0x27, 1, 0, 0, 0, 0, 0, 0, 1, 0x65]);
  const sound = Buffer.from([0xaf, 1, 0x21, 0, 0, 0, 0, 0x1c]);
  for (let at = 0; at < days * DAY; at += STEP) {
    // The encoder is restarted on each of the first days, and then runs through the wrap.
    const timestamp = at < RESTARTED * DAY ? at % DAY : at;
    const pieces = [
      flvTag(TAG.video, timestamp % WRAP, frame(true)),
      flvTag(TAG.audio, (timestamp + OFFSET) % WRAP, sound),
    ];
    sent += 2;
    if (!response.write(Buffer.concat(pieces))) await once(response, 'drain');
    // The first ones must be there before the next ones go: until then the destination is not.
    if (sent === 2 || sent - seen.tags > WINDOW)
      await new Promise<void>((resolve) => {
        proceed = resolve;
      });
  }
  while (seen.tags < sent) {
    const before = seen.tags;
    await new Promise((resolve) => setTimeout(resolve, 1000));
    if (seen.tags === before) break;
  }
  process.send?.({ ...seen, sent });
}

const port = await freePort();
const to = `rtmp://127.0.0.1:${String(port)}/live/days`;
const none = (): void => undefined;
listenOrigin('to', `${to}?listen`).open(
  { onOpen: none, onHints: none, onTurn: none, onWarning: none, onEnd: none, onTag: arrive },
  { timeout: 60_000, verify: true, allowHosts: [] },
);
const server = createServer((_, response) => void send(response)).listen(0, '127.0.0.1');
await once(server, 'listening');
process.on('disconnect', () => process.exit(0));
process.send?.({ from: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/days.flv`, to });
