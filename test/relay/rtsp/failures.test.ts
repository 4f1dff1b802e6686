// Servers that dawdle, lie, break off and send garbage: each ends in one sentence within its time, and nothing stays behind.
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { MediaSender, numberOf, opened } from '../../support/relay/rtsp-media.js';
import { frame, rtspPeer, SDP, type PeerPlayer } from '../../support/relay/rtsp-peer.js';

const TIMEOUT = 700;

function play(player: PeerPlayer): void {
  const media = new MediaSender();
  player.rtp(0, ...media.picture(0, 0, true));
  player.rtp(1, ...media.sound(0, 1000));
}

test.each(['DESCRIBE', 'SETUP', 'PLAY'])(
  'silence instead of an answer to %s is an error of its own, in time',
  async (step) => {
    const peer = await rtspPeer(play, { answer: ({ method }, usual) => (method === step ? 'silence' : usual) });
    const began = performance.now();
    const { ended } = opened(peer.url, { timeout: TIMEOUT });
    expect(await ended).toMatchObject({
      code: 'FR_RELAY_TIMEOUT',
      message: `rtsp://127.0.0.1:${String(peer.port)}/*** did not answer ${step} within ${String(TIMEOUT)} ms.`,
    });
    expect(performance.now() - began).toBeLessThan(TIMEOUT + 1000);
    await peer.closed.find(() => true);
  },
);

test.each(
  ['DESCRIBE', 'SETUP', 'PLAY'].flatMap((step) => [
    [step, 'fin'],
    [step, 'rst'],
  ]) as ['DESCRIBE' | 'SETUP' | 'PLAY', 'fin' | 'rst'][],
)('who hangs up on %s (%s) is lost', async (step, how) => {
  const peer = await rtspPeer(play, { answer: ({ method }, usual) => (method === step ? how : usual) });
  const error = await opened(peer.url).ended;
  expect(error?.code).toBe('FR_RELAY_LOST');
  if (how === 'fin') expect(error?.message).toContain(`instead of answering ${step}`);
});

test('an answer that drips is waited for no longer than any other', async () => {
  const peer = await rtspPeer(play, { answer: ({ method }, usual) => (method === 'DESCRIBE' ? 'silence' : usual) });
  const { ended } = opened(peer.url, { timeout: TIMEOUT });
  await peer.requests.find(() => true);
  const [socket] = [...peer.open];
  const dripping = setInterval(() => socket?.write('R'), 20);
  expect((await ended)?.code).toMatch(/FR_RELAY_(TIMEOUT|PROTOCOL)/);
  clearInterval(dripping);
});

test.each([
  ['RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Length: 10000000000\r\n\r\n', 'FR_RELAY_PROTOCOL'],
  ['HTTP/1.0 400 Bad Request\r\n\r\n', 'FR_RELAY_PROTOCOL'],
  ['\u0001\u0002\u0003', 'FR_RELAY_PROTOCOL'],
  [`RTSP/1.0 200 OK\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`, 'FR_RELAY_PROTOCOL'],
  ['RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Length: 0\r\n\r\n', 'FR_RELAY_REFUSED'],
  ['RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Length: 5\r\n\r\nhello', 'FR_RELAY_REFUSED'],
  ['RTSP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello', 'FR_RELAY_REFUSED'],
  ['RTSP/1.0 404 Not Found\r\nCSeq: 1\r\n\r\n', 'FR_RELAY_REFUSED'],
  ['RTSP/1.0 403 Forbidden\r\nCSeq: 1\r\n\r\n', 'FR_RELAY_AUTH'],
  ['RTSP/1.0 401 Unauthorized\r\nCSeq: 1\r\n\r\n', 'FR_RELAY_AUTH'],
  ['RTSP/1.0 453 Not Enough Bandwidth\r\nCSeq: 1\r\n\r\n', 'FR_RELAY_BUSY'],
  ['RTSP/1.0 503 Service Unavailable\r\nCSeq: 1\r\n\r\n', 'FR_RELAY_BUSY'],
  ['RTSP/1.0 302 Found\r\nCSeq: 1\r\n\r\n', 'FR_RELAY_REFUSED'],
])('%j is an error (%s)', async (text, code) => {
  const peer = await rtspPeer(play, { answer: () => text });
  const error = await opened(peer.url).ended;
  expect(error?.code).toBe(code);
  expect(error?.message).toMatch(/^[^\n]+\.$/);
});

test('what a server says of itself is shown as text of one line, and cut', async () => {
  const peer = await rtspPeer(play, { answer: () => `RTSP/1.0 404 \u001b[2J${'y'.repeat(500)}\r\nCSeq: 1\r\n\r\n` });
  const error = await opened(peer.url).ended;
  expect(error?.message).toMatch(/answered DESCRIBE with 404 \[2Jy{50,60}\.$/);
});

test('answers to nothing, and answers of other numbers, are passed over', async () => {
  const peer = await rtspPeer(play, {
    answer: ({ method }, usual) => {
      if (method === 'DESCRIBE')
        for (const socket of peer.open)
          socket.write('RTSP/1.0 500 No\r\nCSeq: 99\r\n\r\nRTSP/1.0 100 Continue\r\nCSeq: 1\r\n\r\n');
      return usual;
    },
  });
  const { tags } = opened(peer.url);
  await tags.find((tag) => numberOf(tag) === 1000);
});

test('frames of other channels, broken packets and garbage between them harm nothing', async () => {
  const media = new MediaSender();
  const peer = await rtspPeer((player) => {
    player.rtp(0, ...media.picture(0, 0, true));
    player.raw(frame(77, Buffer.alloc(5000, 1)));
    player.raw(frame(0, Buffer.alloc(0)));
    player.raw(frame(0, Buffer.alloc(11, 0x80)));
    player.raw(frame(0, Buffer.alloc(100, 0xff)));
    player.raw(frame(1, Buffer.alloc(50, 0xff)));
    player.raw(Buffer.alloc(3000, 0xee));
    player.rtp(1, ...media.sound(0, 1000));
    player.rtp(0, ...media.picture(40, 1));
  });
  const { tags, warnings } = opened(peer.url);
  await tags.find((tag) => numberOf(tag) === 1);
  await tags.find((tag) => numberOf(tag) === 1000);
  expect(warnings).toEqual([]);
});

test('packets of a type that was not announced are told of once', async () => {
  const media = new MediaSender();
  const peer = await rtspPeer((player) => {
    const odd = media.picture(0, 0, true).map((bytes) => {
      bytes[1] = (bytes[1]! & 0x80) | 120;
      return bytes;
    });
    player.rtp(0, ...odd, ...odd, ...media.picture(0, 1, true));
    player.rtp(1, ...media.sound(0, 1000));
  });
  const { tags, warnings } = opened(peer.url);
  await tags.find((tag) => numberOf(tag) === 1);
  expect(warnings).toEqual([
    expect.stringMatching(/^The video of .* has packets of type 120, which were not announced\.$/),
  ]);
});

test('an end amid a packet is a loss, and one behind it is an end', async () => {
  const amid = await rtspPeer((player) => {
    play(player);
    player.raw(frame(0, Buffer.alloc(100)).subarray(0, 50));
    player.cut('fin');
  });
  expect(await opened(amid.url).ended).toMatchObject({
    code: 'FR_RELAY_LOST',
    message: expect.stringContaining('within a packet'),
  });
  const behind = await rtspPeer((player) => {
    play(player);
    player.cut('fin');
  });
  expect(await opened(behind.url).ended).toBeUndefined();
  const reset = await rtspPeer(async (player) => {
    play(player);
    await player.wait(100);
    player.cut('rst');
  });
  expect(await opened(reset.url).ended).toMatchObject({ code: 'FR_RELAY_LOST' });
});

test('nobody who listens, and nobody who has the name', async () => {
  const peer = await rtspPeer(play);
  const { port } = peer;
  expect(
    await opened(`rtsp://127.0.0.1:${String(port)}/x`, { timeout: 5000, rtspTransport: 'udp' }).ended,
  ).toMatchObject({
    code: 'FR_RELAY_REFUSED',
  });
  expect(await opened('rtsp://127.0.0.1:1/x').ended).toMatchObject({ code: 'FR_RELAY_CONNECT' });
  expect(await opened('rtsp://nowhere.invalid/x').ended).toMatchObject({ code: 'FR_RELAY_CONNECT' });
});

test.each(['tcp', 'udp'] as const)(
  'closed at any moment, it leaves no socket and no timer behind (%s)',
  async (way) => {
    const peer = await rtspPeer(play, { transports: [way], delay: 3, sdp: SDP });
    const left = (): number =>
      process.getActiveResourcesInfo().filter((name) => /UDP|TCPSocket|Timeout/.test(name)).length;
    const before = left();
    for (let i = 0; i < 40; i++) {
      const { origin } = opened(peer.url, { rtspTransport: way });
      await sleep(i);
      origin.close();
      origin.close();
    }
    const settled = (): boolean => peer.open.size === 0 && left() <= before;
    for (const end = performance.now() + 5000; !settled() && performance.now() < end;) await sleep(50);
    expect(peer.open.size).toBe(0);
    // The one that waits here may be among them.
    expect(left()).toBeLessThanOrEqual(before + 1);
  },
);
