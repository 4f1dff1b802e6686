// Every protocol that a relay pulls keeps the same promises: a whole start, late streams, the origin's loss, wraps of its
// clock. The table of what was seen is docs/reference/relay-protocols.md.
import { afterAll, describe, expect, test } from 'vitest';
import { HEADERS, numbered, protocols, type Protocol, type Puller } from '../support/relay/protocols.js';
import type { Script } from '../support/relay/player.js';
import { relayOf, type Watched } from '../support/relay/relays.js';
import { numberOf } from '../support/relay/rtsp-media.js';
import { rtmpSink, type Arrival, type Sink } from '../support/relay/sink.js';
import { isKeyframe } from '../support/relay/stream.js';
import { AUDIO, VIDEO, type Tag } from '../support/relay/tags.js';

const PAGE = '../../docs/reference/relay-protocols.md';
const WAITS = { waitUnannounced: 300, waitExpected: 600, waitKeyframe: 1000 };
/** Milliseconds by which the distance of a sound from its picture may differ: times of tags are whole milliseconds. */
const CLOSE = 1.5;
const COLUMNS = [
  'Start',
  'Video that comes late',
  'Sound that comes late',
  'Loss of the origin',
  'Wrap of its clock',
] as const;
type Column = (typeof COLUMNS)[number];

/** What was seen, by protocol. */
const seen = new Map<string, Partial<Record<Column, string>>>();

function note({ name }: Protocol, column: Column, what: string): void {
  seen.set(name, { ...seen.get(name), [column]: what });
}

interface Run extends Watched {
  readonly sink: Sink;
}

async function pull(protocol: Protocol, script: Script, originTimeout = 15_000): Promise<Run> {
  const sink = await rtmpSink();
  let begin: (watched: Watched) => void = () => undefined;
  const began = new Promise<Watched>((resolve) => (begin = resolve));
  const nth = async (name: 'origin' | 'originLost', count: number): Promise<unknown> => {
    const { events } = await began;
    let found = 0;
    return events.find(({ event }) => event === name && ++found >= count, `${name} ${String(count)}`);
  };
  const puller: Puller = {
    opened: (count) => nth('origin', count),
    lost: (count) => nth('originLost', count),
  };
  const url = await protocol.open(script, puller);
  const transport = protocol.name.endsWith('UDP') ? 'udp' : 'tcp';
  const watched = relayOf(url, sink.url, { ...WAITS, originTimeout, rtspTransport: transport });
  begin(watched);
  return { ...watched, sink };
}

/** Waits for a tag by its number. */
async function arrived(sink: Sink, tag: Tag | undefined): Promise<void> {
  const wanted = numberOf(tag ?? HEADERS.video);
  await sink.arrivals.find((one) => one.type === tag?.type && numberOf(one) === wanted, `number ${String(wanted)}`);
}

/** Everything of one type came, in its order and once; gives how many there were. */
function whole(sink: Sink, sent: readonly Tag[], type: number): number {
  const of = (tags: readonly Pick<Tag, 'type' | 'payload'>[]): (number | undefined)[] =>
    tags.filter((tag) => tag.type === type).map(numberOf);
  const numbers = new Set(of(sent));
  const came = of(sink.media()).filter((number) => numbers.has(number));
  expect(came).toEqual(of(sent));
  return came.length;
}

/** From its first one on nothing of a type is missing; where two streams are announced, it begins when the wait is over. */
function unbroken(sink: Sink, sent: readonly Tag[], type: number): void {
  const numbers = sent.filter((tag) => tag.type === type).map(numberOf);
  const came = sink
    .media()
    .filter((tag) => tag.type === type)
    .map(numberOf)
    .filter((number) => numbers.includes(number));
  expect(came).toEqual(numbers.slice(-came.length));
  // An RTSP origin may hold its first tags for a quarter of a second, until it has some of both.
  const waited = ((WAITS.waitExpected + 300) / 1000) * (type === VIDEO ? 25 : 47);
  expect(came.length).toBeGreaterThan(numbers.length - waited);
}

/** When each came to be shown, less when it was to be: one and the same for sound and pictures. */
function together(sink: Sink, sent: readonly Tag[]): void {
  const at = new Map(sent.map((tag) => [`${String(tag.type)} ${String(numberOf(tag))}`, tag.timestamp]));
  const shown = ({ type, timestamp, payload }: Arrival): number =>
    timestamp + (type === VIDEO ? payload.readIntBE(2, 3) : 0);
  const offsets = sink.media().flatMap((one) => {
    const time = at.get(`${String(one.type)} ${String(numberOf(one))}`);
    return time === undefined ? [] : [shown(one) - time];
  });
  expect(Math.max(...offsets) - Math.min(...offsets)).toBeLessThanOrEqual(CLOSE);
}

function forward(sink: Sink): void {
  for (const type of [AUDIO, VIDEO]) {
    const times = sink
      .media()
      .filter((one) => one.type === type)
      .map(({ timestamp }) => timestamp);
    for (const [i, time] of times.entries()) expect(time).toBeGreaterThanOrEqual(times[i - 1] ?? 0);
  }
}

/** As quickly as it may be: what is let go by its time needs none from the script. */
const pace = (protocol: Protocol): number => (protocol.paced === true ? 1000 : 2);

describe.each(protocols())('$name', (protocol) => {
  test('a start is whole: sound and pictures from the first keyframe on, as far apart as they were', async () => {
    const sent = numbered(1200, {});
    const { sink, told } = await pull(protocol, async (player) => {
      player.send(HEADERS.video, HEADERS.audio);
      await player.pace(sent, pace(protocol));
      // What says only with its next picture that the last one is whole.
      player.send(...numbered(400, { from: 1200, number: 500 }));
    });
    await arrived(
      sink,
      sent.findLast(({ type }) => type === AUDIO),
    );
    await arrived(
      sink,
      sent.findLast(({ type }) => type === VIDEO),
    );
    expect(await told('ready')).toMatchObject({ reason: 'both streams' });
    expect(sink.media().find(({ type }) => type === VIDEO)).toSatisfy(isKeyframe);
    const [pictures, sounds] = [whole(sink, sent, VIDEO), whole(sink, sent, AUDIO)];
    together(sink, sent);
    note(protocol, 'Start', `${String(pictures)} of 30 pictures, ${String(sounds)} of 57 sounds`);
  });

  test.each([
    ['Video that comes late', AUDIO, VIDEO],
    ['Sound that comes late', VIDEO, AUDIO],
  ] as const)(
    '%s comes whole, on the same connection, and nothing of the other is lost',
    async (column, early, late) => {
      const alone = numbered(1200, { video: early === VIDEO, audio: early === AUDIO });
      const rest = numbered(1200, { from: 1200, number: 100 });
      const { sink, told } = await pull(protocol, async (player) => {
        player.send(early === VIDEO ? HEADERS.video : HEADERS.audio);
        // Longer than the relay waits for the other one.
        await player.pace(alone, protocol.paced === true ? 1000 : 1);
        player.send(late === VIDEO ? HEADERS.video : HEADERS.audio);
        await player.pace(rest, pace(protocol));
        player.send(...numbered(400, { from: 2400, number: 500 }));
      });
      await arrived(
        sink,
        rest.findLast(({ type }) => type === AUDIO),
      );
      await arrived(
        sink,
        rest.findLast(({ type }) => type === VIDEO),
      );
      expect(await told('stream')).toMatchObject({ kind: late === VIDEO ? 'video' : 'audio', late: true });
      unbroken(sink, [...alone, ...rest], early);
      const second = whole(sink, rest, late);
      together(sink, [...alone, ...rest]);
      forward(sink);
      expect(sink.connections).toHaveLength(1);
      const [all, other] = late === VIDEO ? ['30 pictures', 'sound'] : ['57 sounds', 'pictures'];
      note(protocol, column, `${String(second)} of ${all}, ${other} unbroken`);
    },
  );

  test('an origin that is lost and comes back goes on at the same destination, from a keyframe on', async () => {
    const before = numbered(800, {});
    const after = numbered(1200, { from: 5000, number: 200 });
    const { sink, all } = await pull(
      protocol,
      async (player) => {
        player.send(HEADERS.video, HEADERS.audio);
        await player.pace(player.connection === 1 ? before : after, pace(protocol));
        if (player.connection === 1) player.cut('fin');
        else player.send(...numbered(400, { from: 6200, number: 500 }));
      },
      1000,
    );
    await arrived(
      sink,
      after.findLast(({ type }) => type === AUDIO),
    );
    await arrived(
      sink,
      after.findLast(({ type }) => type === VIDEO),
    );
    expect(all('originLost').length).toBeGreaterThanOrEqual(1);
    expect(sink.connections).toHaveLength(1);
    const pictures = whole(sink, after, VIDEO);
    expect(sink.media().find((one) => one.type === VIDEO && (numberOf(one) ?? 0) >= 200)).toSatisfy(isKeyframe);
    together(sink, after);
    forward(sink);
    note(protocol, 'Loss of the origin', `${String(pictures)} of 30 pictures behind it, one connection`);
  });
});

describe.each(protocols(true))('$name', (protocol) => {
  test('where its clock begins anew nothing is seen of it', async () => {
    const from = protocol.wrap > 1000 ? protocol.wrap - 500 : 0;
    const sent = numbered(1200, { from });
    const { sink, relay } = await pull(protocol, async (player) => {
      player.send(HEADERS.video, HEADERS.audio);
      await player.pace(sent, pace(protocol));
      player.send(...numbered(400, { from: from + 1200, number: 500 }));
    });
    await arrived(
      sink,
      sent.findLast(({ type }) => type === AUDIO),
    );
    await arrived(
      sink,
      sent.findLast(({ type }) => type === VIDEO),
    );
    whole(sink, sent, VIDEO);
    whole(sink, sent, AUDIO);
    together(sink, sent);
    forward(sink);
    expect(relay.status().feed.jumps).toBe(0);
    note(protocol, 'Wrap of its clock', 'not seen: one offset for sound and pictures');
  });
});

describe('the page', () => {
  afterAll(() => seen.clear());

  test('says what was seen', async () => {
    const rows = protocols().map(({ name }) => [
      name,
      ...COLUMNS.map((column) => seen.get(name)?.[column] ?? 'not run'),
    ]);
    const lines = [
      '# Protocols of relays',
      '',
      '<!-- Made by test/conformance/relay-protocols.test.ts: run it with -u to write this page. -->',
      '',
      'What every protocol that a relay pulls from was seen to keep, each against a scripted origin (SRT: srt-live-transmit) and an',
      'RTMP destination: 1.2 seconds of numbered pictures and sounds, a keyframe every 400 ms. A late stream comes 1.2 seconds',
      'behind the other one. Sound and pictures stayed as far apart as they were, to the millisecond.',
      '',
      `| ${['', ...COLUMNS].join(' | ')} |`,
      `| ${['', ...COLUMNS].map(() => '---').join(' | ')} |`,
      ...rows.map((row) => `| ${row.join(' | ')} |`),
      '',
    ];
    const { format, resolveConfig } = await import('prettier');
    const options = await resolveConfig(new URL(PAGE, import.meta.url).pathname);
    const page = await format(lines.join('\n'), { ...options, parser: 'markdown' });
    await expect(page).toMatchFileSnapshot(PAGE);
  });
});
