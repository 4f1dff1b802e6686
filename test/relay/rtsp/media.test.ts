// Packets that are lost, late, shuffled and doubled, clocks that wrap and begin anew, and streams that come late.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { senderReport } from '../../support/relay/rtp.js';
import { relayOf } from '../../support/relay/relays.js';
import { MediaSender, numberOf, opened, SOURCES } from '../../support/relay/rtsp-media.js';
import { rtspPeer, type PeerBehaviour, type PeerPlayer } from '../../support/relay/rtsp-peer.js';
import { rtmpSink } from '../../support/relay/sink.js';
import type { Tag } from '../../support/relay/tags.js';

/** When a tag is shown: what was sent here was sent in the order of showing, but the kernel leaves room ahead of it. */
const shown = (tag: Tag): number => tag.timestamp + (tag.type === 9 ? tag.payload.readIntBE(2, 3) : 0);

/** Packets of pictures and of sound of so many milliseconds, a group each second, in the order of their times. */
function stream(
  media: MediaSender,
  length: number,
  from = 0,
): { stream: number; packets: Buffer[]; time: number; number: number }[] {
  const units: { stream: number; packets: Buffer[]; time: number; number: number }[] = [];
  for (let time = from, i = from / 40; time < from + length; time += 40, i++)
    units.push({ stream: 0, packets: media.picture(time, i, i % 25 === 0), time, number: i });
  for (let i = Math.ceil((from * 48) / 1024); (i * 1024) / 48 < from + length; i++)
    units.push({
      stream: 1,
      packets: media.sound((i * 1024) / 48, 10_000 + i),
      time: (i * 1024) / 48,
      number: 10_000 + i,
    });
  return units.sort((a, b) => a.time - b.time);
}

const send = (player: PeerPlayer, units: readonly { stream: number; packets: Buffer[] }[]): void => {
  for (const { stream: number, packets } of units) player.rtp(number, ...packets);
};

const UDP: PeerBehaviour = { transports: ['udp'] };

test('a packet that is missing takes its picture and the rest of its group along, and no sound', async () => {
  const media = new MediaSender();
  const units = stream(media, 3000);
  const hole = units.findIndex(({ stream: number, time }) => number === 0 && time === 1400);
  units[hole]!.packets.splice(1, 1);
  const peer = await rtspPeer((player) => send(player, units));
  const { tags, media: given } = opened(peer.url);
  await tags.find((tag) => numberOf(tag) === 74);
  const pictures = given('video').map(numberOf);
  expect(pictures).toEqual(Array.from({ length: 75 }, (_, i) => i).filter((i) => i < 35 || i >= 50));
  const sound = given('audio').map(numberOf);
  expect(sound).toEqual(sound.map((_, i) => 10_000 + i));
});

test('datagrams that overtake each other come out in order, and doubles once', async () => {
  const media = new MediaSender();
  const units = stream(media, 2000);
  const peer = await rtspPeer(async (player) => {
    // The beginning of what comes is what comes first.
    send(player, units.slice(0, 2));
    await player.wait(50);
    for (let i = 2; i + 3 < units.length; i += 3) {
      const some = units.slice(i, i + 3);
      for (const number of [0, 1]) {
        const packets = some.filter(({ stream: one }) => one === number).flatMap((one) => one.packets);
        player.rtp(number, ...packets.reverse(), ...packets.slice(0, 2));
      }
      if (i % 5 === 0) await player.wait(5);
    }
  }, UDP);
  const { tags, media: given } = opened(peer.url);
  await tags.find((tag) => numberOf(tag) === 47);
  const pictures = given('video').map(numberOf);
  expect(pictures).toEqual(pictures.map((_, i) => i));
  const sound = given('audio').map(numberOf);
  expect(sound).toEqual(sound.map((_, i) => 10_000 + i));
});

test('a datagram that never comes is given up, and the next keyframe goes on', async () => {
  const media = new MediaSender();
  const units = stream(media, 3000).filter(({ stream: number }) => number === 0);
  units[10]!.packets.splice(2, 1);
  const last = units.pop();
  const peer = await rtspPeer(async (player) => {
    for (const [i, unit] of units.entries()) {
      player.rtp(0, ...unit.packets);
      if (i % 10 === 0) await player.wait(10);
    }
    await player.wait(400);
    player.rtp(0, ...last!.packets);
  }, UDP);
  const { tags, media: given } = opened(peer.url);
  await tags.find((tag) => numberOf(tag) === 74);
  expect(given('video').map(numberOf)).toEqual(
    Array.from({ length: 75 }, (_, i) => i).filter((i) => i < 10 || i >= 25),
  );
});

test('datagrams of a stranger are nobody’s', async () => {
  let goOn: () => void = () => undefined;
  const sent = new Promise<void>((resolve) => (goOn = resolve));
  const media = new MediaSender();
  const peer = await rtspPeer(async (player) => {
    send(player, stream(media, 400));
    await player.wait(sent);
    player.rtp(0, ...media.picture(400, 10));
  }, UDP);
  const { tags } = opened(peer.url);
  await tags.find((tag) => numberOf(tag) === 9);
  const asked = await peer.requests.find(({ headers }) => headers.get('transport')?.includes('client_port') === true);
  const port = Number(/client_port=(\d+)/.exec(asked.headers.get('transport') ?? '')?.[1]);
  // Another address of the loopback is another host; what it sends is what would come next.
  const stranger = createSocket('udp4').bind(0, '127.0.0.2');
  await once(stranger, 'listening');
  const { sequence } = media.video;
  for (const packet of media.picture(400, 666, true))
    await new Promise((resolve) => stranger.send(packet, port, '127.0.0.1', resolve));
  stranger.close();
  media.video.sequence = sequence;
  goOn();
  await tags.find((tag) => numberOf(tag) === 10);
  expect(tags.items.some((tag) => numberOf(tag) === 666)).toBe(false);
});

test('timestamps wrap on both clocks without a jump, and pictures and sound stay together', async () => {
  const first = { video: 2 ** 32 - 90 * 1000, audio: 2 ** 32 - 48 * 1500 };
  const media = new MediaSender(first);
  const units = stream(media, 3000);
  const rtpInfo = `url=stream=0;rtptime=${String(first.video)},url=stream=1;rtptime=${String(first.audio)}`;
  const peer = await rtspPeer((player) => send(player, units), { rtpInfo });
  const { tags, media: given } = opened(peer.url);
  await tags.find((tag) => numberOf(tag) === 74);
  const [base = 0] = given('video').map(shown);
  for (const kind of ['video', 'audio'] as const)
    for (const tag of given(kind)) {
      const { time } = units.find(({ number }) => number === numberOf(tag))!;
      expect(Math.abs(shown(tag) - base - time)).toBeLessThanOrEqual(1);
    }
});

test('sound that was captured later and comes earlier is put right by what the server announces', async () => {
  const media = new MediaSender({ video: 5000, audio: 3_000_000_000 });
  const rtpInfo =
    'url=rtsp://10.0.0.1/other/stream=0;seq=1;rtptime=5000,url=rtsp://10.0.0.1/other/stream=1;seq=1;rtptime=3000000000';
  const peer = await rtspPeer(
    async (player) => {
      player.rtp(1, ...media.sound(500, 10_000));
      await player.wait(150);
      player.rtp(0, ...media.picture(0, 0, true));
    },
    { rtpInfo },
  );
  // At a destination, where the first tag begins the time: the earliest must be that one.
  const sink = await rtmpSink();
  relayOf(peer.url, sink.url);
  const [picture, sound] = await Promise.all(
    [0, 10_000].map(async (number) => await sink.arrivals.find((one) => numberOf(one) === number)),
  );
  if (picture === undefined || sound === undefined) throw new Error('one is missing');
  expect(Math.abs(shown(sound) - shown(picture) - 500)).toBeLessThanOrEqual(1);
});

test('where nothing is announced the first reports put sound and pictures together, within their bounds', async () => {
  const media = new MediaSender({ video: 1000, audio: 77 });
  const NTP = 3_900_000_000_000;
  const late = 200;
  const peer = await rtspPeer(async (player) => {
    // Sound takes 200 ms longer than pictures.
    const began = performance.now();
    for (let i = 0; i < 150; i++) {
      const time = i * 40;
      player.rtp(0, ...media.picture(time, i, i % 25 === 0));
      for (let k = Math.ceil(((time - late) * 48) / 1024); (k * 1024) / 48 < time - late + 40; k++)
        if (k >= 0) player.rtp(1, ...media.sound((k * 1024) / 48, 10_000 + k));
      if (i === 25) {
        player.rtcp(0, senderReport(SOURCES.video, NTP + time, media.stamp('video', time)));
        player.rtcp(1, senderReport(SOURCES.audio, NTP + time, media.stamp('audio', time)));
      }
      await player.wait(Math.max(0, began + time + 40 - performance.now()));
    }
  });
  const { tags, media: given } = opened(peer.url);
  await tags.find((tag) => numberOf(tag) === 149);
  const apart = (sound: Tag): number => {
    const at = ((numberOf(sound)! - 10_000) * 1024) / 48;
    return shown(sound) - shown(given('video')[0]!) - at;
  };
  const sounds = given('audio');
  // As it came, and as it was captured.
  expect(Math.abs(apart(sounds[0]!) - late)).toBeLessThan(100);
  expect(Math.abs(apart(sounds.at(-1)!))).toBeLessThanOrEqual(6);
  const times = sounds.map(shown);
  expect(times).toEqual([...times].sort((a, b) => a - b));
});

test('a sender that begins anew with another source and other times goes on where it was', async () => {
  const media = new MediaSender({ video: 1000, audio: 77 });
  const again = new MediaSender({ video: 3_000_000_000, audio: 77 }, { video: 0x3333_3333, audio: SOURCES.audio });
  const peer = await rtspPeer(async (player) => {
    const began = performance.now();
    for (let i = 0; i < 50; i++) {
      const sender = i < 25 ? media : again;
      player.rtp(0, ...sender.picture(i * 40, i, i % 25 === 0));
      player.rtp(1, ...media.sound(i * 40, 10_000 + i));
      await player.wait(Math.max(0, began + (i + 1) * 40 - performance.now()));
    }
  });
  const { tags, media: given } = opened(peer.url);
  await tags.find((tag) => numberOf(tag) === 49);
  const pictures = given('video');
  expect(pictures.map(numberOf)).toEqual(Array.from({ length: 50 }, (_, i) => i));
  const steps = pictures.slice(1).map((tag, i) => tag.timestamp - pictures[i]!.timestamp);
  expect(Math.min(...steps)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...steps)).toBeLessThan(300);
});

test.each([
  ['pictures', 0],
  ['sound', 1],
])('%s that were announced and come much later are added to what plays', async (_, lateStream) => {
  const media = new MediaSender();
  const sink = await rtmpSink();
  const peer = await rtspPeer(async (player) => {
    const began = performance.now();
    for (const { stream: number, packets, time } of stream(media, 4000)) {
      if (number === lateStream && time < 2000) continue;
      player.rtp(number, ...packets);
      await player.wait(Math.max(0, began + time - performance.now()));
    }
  });
  const { told, all } = relayOf(peer.url, sink.url);
  expect((await told('ready')).reason).toBe(lateStream === 0 ? 'audio alone' : 'video alone');
  const last = lateStream === 0 ? 99 : 10_187;
  await sink.arrivals.find((one) => numberOf(one) === last, 'the last of the late stream');
  const first = sink.media().find(({ type }) => type === (lateStream === 0 ? 9 : 8))!;
  const late = numberOf(first)!;
  const beside = sink.media().find(({ type }) => type === (lateStream === 0 ? 8 : 9))!;
  const time = (number: number): number => (number < 10_000 ? number * 40 : ((number - 10_000) * 1024) / 48);
  const apart = shown(first) - shown(beside) - (time(late) - time(numberOf(beside)!));
  expect(Math.abs(apart)).toBeLessThan(150);
  expect(all('stream').some(({ late: isLate }) => isLate)).toBe(true);
  expect(all('lost')).toEqual([]);
});

test('a relay dials again when the camera is lost, and goes on', async () => {
  const sink = await rtmpSink();
  const peer = await rtspPeer(async (player) => {
    const media = new MediaSender();
    send(player, stream(media, 1000, (player.connection - 1) * 1000));
    await player.wait(300);
    if (player.connection === 1) player.cut('rst');
  });
  const { all } = relayOf(peer.url, sink.url);
  await sink.arrivals.find((one) => numberOf(one) === 49);
  expect(all('originLost')).toHaveLength(1);
  const times = sink
    .media()
    .filter(({ type }) => type === 9)
    .map(({ timestamp }) => timestamp);
  expect(times).toEqual([...times].sort((a, b) => a - b));
});
