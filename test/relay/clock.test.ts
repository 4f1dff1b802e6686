// The clock: whatever an origin's time does, each track goes forward and sound and picture keep their distance.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RelayClock, type TrackKind } from '#dist/relay/clock.js';

/** A packet as it was made: `at` is true time, which no origin tells. */
interface Packet {
  readonly kind: TrackKind;
  readonly at: number;
}

/** A packet with what went in and came out. */
interface Passed extends Packet {
  readonly out: number;
}

/** Sound each 23 ms and pictures each 40 ms, in the order of their time; sound is written `lead` ms ahead. */
function packets(from: number, to: number, lead = 0): Packet[] {
  const list: (Packet & { readonly order: number })[] = [];
  for (let at = Math.ceil(from / 40) * 40; at < to; at += 40) list.push({ kind: 'video', at, order: at });
  for (let at = Math.ceil(from / 23) * 23; at < to; at += 23) list.push({ kind: 'audio', at, order: at - lead });
  return list.sort((a, b) => a.order - b.order).map(({ kind, at }) => ({ kind, at }));
}

/** Lets packets pass with the timestamps that an origin gives them. */
function pass(
  list: readonly Packet[],
  timestamp: (packet: Packet) => number,
  clock: RelayClock = new RelayClock(),
): Passed[] {
  return list.map((packet) => ({ ...packet, out: clock.time(packet.kind, timestamp(packet) >>> 0) }));
}

function expectMonotonic(list: readonly Passed[]): void {
  const last = new Map<TrackKind, number>();
  for (const { kind, out } of list) {
    expect(out).toBeGreaterThanOrEqual(Math.max(0, last.get(kind) ?? 0));
    last.set(kind, out);
  }
}

/** How far both tracks were moved; behind an event both must be moved by the same. */
function shifts(list: readonly Passed[]): Record<TrackKind, number[]> {
  const of = (kind: TrackKind): number[] =>
    list.filter((packet) => packet.kind === kind).map(({ out, at }) => Math.round((out - at) * 1000) / 1000);
  return { audio: of('audio'), video: of('video') };
}

/** All packets of both tracks, but some at the beginning, are moved by one and the same. */
function expectTogether(list: readonly Passed[], settle = 0): number {
  const { audio, video } = shifts(list);
  const all = new Set([...audio.slice(settle), ...video.slice(settle)]);
  expect([...all]).toHaveLength(1);
  return [...all][0]!;
}

test('it begins at zero, wherever the origin is', () => {
  for (const start of [0, 5, 123_456_789, 0xffffff00]) {
    const passed = pass(packets(0, 10_000), ({ at }) => at + start);
    expect(passed[0]?.out).toBe(0);
    expectMonotonic(passed);
    expectTogether(passed);
  }
});

test('sound that is written ahead of its picture stays where it is', () => {
  for (const lead of [-500, -60, 60, 500]) {
    const passed = pass(packets(0, 10_000, lead), ({ at }) => at + 70_000);
    expectMonotonic(passed);
    // What is earlier than the first packet of all begins with it.
    expectTogether(passed, 25);
  }
});

test('the crossing of 32 bits is none, however often it comes', () => {
  const clock = new RelayClock();
  const day = 86_400_000;
  let out = 0;
  let first: number | undefined;
  // Sixty days and more, a second at a time: 49.7 days are one turn of the counter.
  for (let at = 1000; at < 160 * day; at += 2500) {
    const audio = clock.time('audio', at % 2 ** 32);
    const video = clock.time('video', (at + 7) % 2 ** 32);
    first ??= at;
    if (audio !== at - first || video - audio !== 7 || audio < out) throw new Error(`wrong at ${String(at)}`);
    out = audio;
  }
  expect(clock.jumps).toBe(0);
});

test('the crossing of 24 bits of those who count no further is none, either', () => {
  const clock = new RelayClock();
  for (let at = 0; at < 20 * 2 ** 24; at += 1000) {
    const audio = clock.time('audio', at % 2 ** 24);
    const video = clock.time('video', (at + 11) % 2 ** 24);
    if (audio !== at || video !== at + 11)
      throw new Error(`wrong at ${String(at)}: ${String(audio)}, ${String(video)}`);
  }
  expect(clock.jumps).toBe(0);
});

test('at the crossing of 24 bits, some packets may be late or of the same time', () => {
  const near = 2 ** 24 - 200;
  const passed = pass(
    packets(0, 1000, 60).flatMap((packet) => [packet, packet]),
    ({ at }) => (at + near) % 2 ** 24,
  );
  expectMonotonic(passed);
  expectTogether(passed, 6);
});

test('those who do count further are not taken for those who do not', () => {
  for (const around of [2 ** 24, 2 ** 31, 2 ** 32]) {
    const clock = new RelayClock();
    const passed = pass(packets(0, 8000, 60), ({ at }) => at + around - 4000, clock);
    expectMonotonic(passed);
    expectTogether(passed, 6);
    expect(clock.jumps).toBe(0);
  }
});

describe('jumps', () => {
  const events: [string, (at: number) => number][] = [
    ['ten seconds ahead', (at) => at + 10_000],
    ['an hour ahead', (at) => at + 3_600_000],
    ['ten seconds back', (at) => at - 10_000],
    ['to zero', (at) => at - 5000],
    ['beyond 2^31', (at) => at + 2 ** 31 + 5],
  ];
  for (const [name, moved] of events)
    for (const lead of [-60, 0, 60])
      test(`${name}, with sound ${String(lead)} ms ahead, are evened out for both`, () => {
        const clock = new RelayClock();
        const list = packets(0, 10_000, lead);
        const passed = pass(list, ({ at }) => 100_000 + (at < 5000 ? at : moved(at)), clock);
        expectMonotonic(passed);
        expect(clock.jumps).toBe(1);
        expectTogether(
          passed.filter(({ at }) => at < 5000),
          6,
        );
        // Within a tenth of a second the distance is what it was, and nothing is left open behind it.
        const shift = expectTogether(passed.filter(({ at }) => at >= 5100));
        const before = expectTogether(passed.filter(({ at }) => at > 1000 && at < 5000));
        expect(Math.abs(shift - before)).toBeLessThanOrEqual(150);
      });

  test('of which one track hears later keep the distance once both have', () => {
    for (const lag of [200, 1000, 2500])
      for (const first of ['audio', 'video'] as const) {
        const list = packets(0, 15_000);
        // The second track jumps later, to where it would be had it jumped with the first.
        const passed = pass(list, ({ kind, at }) => {
          const jumped = at >= (kind === first ? 5000 : 5000 + lag);
          return 50_000 + at + (jumped ? 10_000 : 0);
        });
        expectMonotonic(passed);
        expectTogether(passed.filter(({ at }) => at >= 5100 + lag));
      }
  });

  test('of a single packet, or of some of one track, leave no trace', () => {
    for (const wild of [10_000, -10_000, 2 ** 30 + 12_345])
      for (const kind of ['audio', 'video'] as const)
        for (const length of [1, 400]) {
          const passed = pass(packets(0, 10_000), (packet) => {
            const isWild = packet.kind === kind && packet.at >= 5000 && packet.at < 5000 + length;
            return 50_000 + packet.at + (isWild ? wild : 0);
          });
          expectMonotonic(passed);
          const before = expectTogether(passed.filter(({ at }) => at < 5000));
          const after = expectTogether(passed.filter(({ at }) => at >= 5200 + length));
          expect(after).toBe(before);
        }
  });

  test('one after the other do not add up to a drift', () => {
    const clock = new RelayClock();
    // A file that is played in a loop: each time its clock begins at zero.
    const passed = pass(packets(0, 600_000, 40), ({ at }) => at % 10_000, clock);
    expectMonotonic(passed);
    expect(clock.jumps).toBeGreaterThan(50);
    const { audio, video } = shifts(passed.filter(({ at }) => at % 10_000 > 500));
    // Within each turn both are moved by the same; the last ones tell for all before.
    expect(audio.at(-1)).toBe(video.at(-1));
  });

  test('of one track that stays elsewhere leave the other one alone', () => {
    const passed = pass(
      packets(0, 20_000),
      ({ kind, at }) => 50_000 + at + (kind === 'audio' && at >= 5000 ? 10_000 : 0),
    );
    expectMonotonic(passed);
    const { video, audio } = shifts(passed);
    expect(new Set(video).size).toBe(1);
    expect(Math.abs(audio.at(-1)! - video.at(-1)!)).toBeLessThanOrEqual(60);
  });
});

test('packets of the same time have the same time', () => {
  const clock = new RelayClock();
  expect([5, 5, 5, 45, 45].map((at) => clock.time('video', at))).toEqual([0, 0, 0, 40, 40]);
});

test('a small step back stops the time until it is caught up with', () => {
  const clock = new RelayClock();
  expect([0, 100, 80, 90, 110].map((at) => clock.time('video', at))).toEqual([0, 100, 100, 100, 110]);
  expect(clock.jumps).toBe(0);
});

test('pictures without sound may be slow: only the first of such steps looks like a jump', () => {
  const clock = new RelayClock();
  const out = Array.from({ length: 20 }, (_, i) => clock.time('video', 700_000 + i * 10_000));
  expect(clock.jumps).toBe(1);
  expect(out.slice(1).map((time) => time - out[1]!)).toEqual(Array.from({ length: 19 }, (_, i) => i * 10_000));
});

test('a track that appears late is where it belongs', () => {
  const passed = pass(
    packets(0, 40_000).filter(({ kind, at }) => kind === 'audio' || at > 20_000),
    ({ at }) => at + 1000,
  );
  expectMonotonic(passed);
  expectTogether(passed);
});

test('a track that appears late and counts from zero is put beside the other', () => {
  const passed = pass(
    packets(0, 40_000).filter(({ kind, at }) => kind === 'audio' || at >= 20_000),
    ({ kind, at }) => (kind === 'audio' ? at + 500_000 : at - 20_000),
  );
  expectMonotonic(passed);
  const { audio, video } = shifts(passed);
  expect(new Set(audio).size).toBe(1);
  expect(Math.abs(audio[0]! - video.at(-1)!)).toBeLessThanOrEqual(40);
});

test('a track with long pauses keeps its place beside one that goes on', () => {
  const passed = pass(
    packets(0, 120_000).filter(({ kind, at }) => kind === 'video' || at % 30_000 < 5000),
    ({ at }) => at,
  );
  expectMonotonic(passed);
  expectTogether(passed);
});

describe('a new connection', () => {
  const again = (start: number, elapsed: number, lead: number): Passed[] => {
    const clock = new RelayClock();
    const before = pass(packets(0, 10_000, lead), ({ at }) => at + 700_000, clock);
    clock.restart(elapsed);
    const after = pass(packets(0, 10_000, lead), ({ at }) => at + start, clock);
    expectMonotonic([...before, ...after]);
    expect(clock.jumps).toBe(0);
    const latest = Math.max(...before.map(({ out }) => out));
    expect(after[0]!.out).toBe(latest + Math.max(1, elapsed));
    return after;
  };

  test('whose clock begins anew goes on behind the old one, later by the pause', () => {
    for (const start of [0, 40, 3_000_000_000])
      for (const elapsed of [1, 500, 30_000])
        for (const lead of [-60, 0, 60]) expectTogether(again(start, elapsed, lead), 6);
  });

  test('whose clock goes on keeps both tracks together, too', () => {
    for (const elapsed of [1, 500, 30_000])
      for (const lead of [-60, 0, 60]) expectTogether(again(710_000 + elapsed, elapsed, lead), 6);
  });

  test('ahead of the first one is none', () => {
    const clock = new RelayClock();
    clock.restart(5000);
    expect(clock.time('video', 1234)).toBe(0);
  });

  test('on which one track comes first and the other only later puts both together', () => {
    const clock = new RelayClock();
    pass(packets(0, 5000), ({ at }) => at, clock);
    clock.restart(100);
    const list = packets(0, 10_000).filter(({ kind, at }) => kind === 'audio' || at >= 2000);
    const passed = pass(list, ({ at }) => at + 9_000_000, clock);
    expectMonotonic(passed);
    expectTogether(passed);
  });

  test('on which one track comes long before the other does so, too', () => {
    const clock = new RelayClock();
    pass(packets(0, 5000), ({ at }) => at, clock);
    clock.restart(100);
    const list = packets(0, 60_000).filter(({ kind, at }) => kind === 'audio' || at >= 30_000);
    const passed = pass(list, ({ at }) => at + 9_000_000, clock);
    expectMonotonic(passed);
    expectTogether(passed);
    expect(clock.jumps).toBe(0);
  });
});

describe('tags without a time of their own', () => {
  test('are put where the stream is', () => {
    const clock = new RelayClock();
    expect(clock.timeBeside(0)).toBe(0);
    pass(packets(0, 60_000), ({ at }) => at + 500_000, clock);
    expect(clock.timeBeside(0)).toBe(clock.latest);
    expect(clock.timeBeside(0xffffffff)).toBe(clock.latest);
    expect(clock.timeBeside(559_960)).toBe(59_960);
  });

  test('do not disturb the tracks', () => {
    const clock = new RelayClock();
    const plain = pass(packets(0, 20_000), ({ at }) => at + 3);
    const mixed = packets(0, 20_000).map((packet) => {
      clock.timeBeside(0);
      return { ...packet, out: clock.time(packet.kind, packet.at + 3) };
    });
    expect(mixed).toEqual(plain);
  });
});

test('whatever the timestamps are, no track goes back and no time is broken', () => {
  const step = fc.oneof(
    { weight: 10, arbitrary: fc.constantFrom(20, 23, 40, 0) },
    { weight: 1, arbitrary: fc.constantFrom(-100, -5000, 5000, 2 ** 24, -(2 ** 24), 2 ** 31) },
    { weight: 1, arbitrary: fc.nat(0xffffffff) },
  );
  const event = fc.record({ kind: fc.constantFrom('audio' as const, 'video' as const), step, restart: fc.nat(40) });
  fc.assert(
    fc.property(fc.array(event, { maxLength: 200 }), fc.nat(0xffffffff), (events, start) => {
      const clock = new RelayClock();
      const at = { audio: start, video: start };
      const given = { audio: 0, video: 0 };
      for (const { kind, step: one, restart } of events) {
        if (restart === 0) clock.restart(250);
        at[kind] = (at[kind] + one) >>> 0;
        const out = clock.time(kind, at[kind]);
        if (!Number.isSafeInteger(out) || out < given[kind])
          throw new Error(`${String(out)} after ${String(given[kind])}`);
        given[kind] = out;
        if (!Number.isSafeInteger(clock.timeBeside(at[kind]))) throw new Error('data without a time');
      }
      // Nobody is carried away: each event adds its step at most, or the pause of a restart.
      expect(clock.latest).toBeLessThanOrEqual(events.length * 6000 + 10_000);
    }),
    { numRuns: 1000 },
  );
});
