// The joint time of streams: over wraps, from what servers say, from reports, and from arrival alone.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Timeline, type StreamClock } from '#dist/relay/rtsp/timeline.js';

const VIDEO = 90_000;
const AUDIO = 8000;
const WRAP = 2 ** 32;
/** Milliseconds of a sender's clock at its beginning: some year. */
const NTP = 3_900_000_000_000;

/** A stream that was captured at some moment: its timestamp then, and its rate. */
class Source {
  readonly clock: StreamClock;
  readonly #rate: number;
  readonly #first: number;

  constructor(clock: StreamClock, rate: number, first: number) {
    this.clock = clock;
    this.#rate = rate;
    this.#first = first;
  }

  stamp(captured: number): number {
    const ticks = Math.round(this.#first + (captured * this.#rate) / 1000);
    return ((ticks % WRAP) + WRAP) % WRAP;
  }

  /** The joint time of what was captured at a moment and came at another one. */
  at(captured: number, now = captured): number {
    return this.clock.time(this.stamp(captured), now);
  }

  report(captured: number, now = captured, ntp = NTP): void {
    this.clock.report(ntp + captured, this.stamp(captured), now);
  }
}

function pair(firstVideo = 4_000_000_000, firstAudio = 17): { line: Timeline; video: Source; audio: Source } {
  const line = new Timeline();
  const video = new Source(line.add(VIDEO), VIDEO, firstVideo);
  const audio = new Source(line.add(AUDIO), AUDIO, firstAudio);
  return { line, video, audio };
}

test('clocks wrap any number of times without a jump, and stay together within a millisecond', () => {
  const { line, video, audio } = pair(WRAP - 1000, WRAP - 1000);
  line.play(0);
  const begin = video.at(0);
  const offset = begin - audio.at(0);
  let last = video.at(40);
  // A week: the clock of 90 kHz wraps a dozen times, the one of 8 kHz once.
  for (let time = 1000; time < 7 * 24 * 3_600_000; time += 1000) {
    const next = video.at(time);
    if (Math.abs(next - last - 1000) > 961) throw new Error(`A step of ${String(next - last)} ms at ${String(time)}`);
    if (Math.abs(next - audio.at(time) - offset) > 1) throw new Error(`Apart at ${String(time)}`);
    last = next;
  }
  expect(last - begin).toBeCloseTo(7 * 24 * 3_600_000 - 1000, 0);
});

test('a silence of several wraps is told from none by the clock on the wall', () => {
  const { line, video, audio } = pair();
  line.play(0);
  const begin = [video.at(0), audio.at(0)];
  const day = 3 * 24 * 3_600_000;
  for (let time = 0; time < day; time += 30_000) audio.at(time);
  expect(video.at(day) - begin[0]!).toBeCloseTo(day, 0);
  expect(audio.at(day) - begin[1]!).toBeCloseTo(day, 0);
});

test('what the server announces puts streams beside each other from their first packets on', () => {
  const { line, video, audio } = pair();
  video.clock.announced = video.stamp(0);
  audio.clock.announced = audio.stamp(0);
  line.play(0);
  // Sound that was captured 70 ms later comes together with pictures, which took longer.
  expect(audio.at(70, 300) - video.at(0, 300)).toBeCloseTo(70, 0);
});

test('what is announced of one stream alone, or of another time, is not believed', () => {
  const one = pair();
  one.video.clock.announced = one.video.stamp(-5000);
  one.line.play(0);
  expect(one.video.at(0, 10)).toBe(one.audio.at(0, 10));
  const other = pair();
  other.video.clock.announced = other.video.stamp(0);
  // Cameras write a zero.
  other.audio.clock.announced = 0xdead_beef;
  other.line.play(0);
  expect(other.audio.at(0, 10)).toBeCloseTo(other.video.at(0, 10), 0);
});

test('a stream that begins later is put where the sender’s clock says, when reports of both have come', () => {
  const { line, video, audio } = pair();
  line.play(0);
  const first = video.at(0, 100);
  video.report(40, 140);
  audio.report(3000, 3100);
  // It took half a second longer than the pictures.
  expect(audio.at(2900, 3500) - first).toBeCloseTo(2900, 0);
});

test('arrival is corrected by the first reports, little by little, and never backwards', () => {
  fc.assert(
    fc.property(fc.integer({ min: -900, max: 900 }), fc.boolean(), (late, videoFirst) => {
      const { line, video, audio } = pair();
      line.play(0);
      const [leader, other] = videoFirst ? [video, audio] : [audio, video];
      // The second stream comes later, or earlier, than it was captured beside the first one.
      const delay = 1000 + late;
      let reported = false;
      let last = -Infinity;
      let apart = 0;
      for (let now = 2000; now < 30_000; now += 20) {
        const lead = leader.at(now - 1000, now);
        const time = other.at(now - delay, now);
        expect(time).toBeGreaterThanOrEqual(last);
        expect(time - last === Infinity || time - last <= 22.1).toBe(true);
        last = time;
        apart = time - lead - (1000 - delay);
        if (now >= 3000 && !reported) {
          expect(apart).toBeCloseTo(late, -1);
          leader.report(now - 1000, now);
          other.report(now - delay, now);
          reported = true;
        }
      }
      expect(Math.abs(apart)).toBeLessThanOrEqual(5);
    }),
    { numRuns: 40 },
  );
});

test('what was right is given up only when two reports in a row contradict it', () => {
  const { line, video, audio } = pair();
  line.play(0);
  for (let now = 0; now < 1000; now += 20) {
    video.at(now);
    audio.at(now);
  }
  video.report(900, 1000);
  audio.report(900, 1000);
  const offset = (): number => video.at(1000, 1000) - audio.at(1000, 1000);
  const before = offset();
  // One that is half a second off, and one that is right again.
  audio.report(900, 1000, NTP + 500);
  audio.report(900, 1000);
  for (let now = 1000; now < 9000; now += 20) {
    video.at(now);
    audio.at(now);
  }
  expect(video.at(9000) - audio.at(9000)).toBeCloseTo(before, 0);
  audio.report(9000, 9000, NTP + 500);
  audio.report(9000, 9000, NTP + 500);
  for (let now = 9000; now < 19_000; now += 20) {
    video.at(now);
    audio.at(now);
  }
  expect(video.at(19_000) - audio.at(19_000)).toBeCloseTo(before - 500, 0);
});

test('reports of clocks that have nothing to do with each other change nothing', () => {
  const { line, video, audio } = pair();
  line.play(0);
  const before = video.at(0) - audio.at(0);
  video.report(0, 0);
  audio.report(0, 0, NTP + 3_600_000);
  audio.report(20, 20, NTP + 3_600_000);
  for (let now = 0; now < 5000; now += 20) {
    video.at(now);
    audio.at(now);
  }
  expect(video.at(5000) - audio.at(5000)).toBeCloseTo(before, 0);
});

test('clocks that drift apart are kept together by reports', () => {
  const { line, video, audio } = pair();
  line.play(0);
  // One millisecond in ten seconds.
  const drifted = (now: number): number => now * 1.0001;
  for (let now = 0; now < 3_600_000; now += 100) {
    video.at(now);
    audio.at(drifted(now), now);
    if (now % 5000 !== 0) continue;
    video.report(now, now);
    audio.clock.report(NTP + now, audio.stamp(drifted(now)), now);
  }
  expect(Math.abs(video.at(3_600_000) - audio.at(drifted(3_600_000), 3_600_000))).toBeLessThan(10);
});

test('a sender that counts anew goes on where it was, beside the other', () => {
  const { line, video, audio } = pair();
  line.play(0);
  for (let now = 0; now <= 5000; now += 40) {
    video.at(now);
    audio.at(now);
  }
  const again = new Source(video.clock, VIDEO, 1_000_000 - 5 * VIDEO);
  video.clock.restart();
  expect(again.at(5040) - audio.at(5040)).toBeCloseTo(0, 0);
  // It jumps without having said so.
  const third = new Source(video.clock, VIDEO, 3_000_000_000);
  expect(third.at(5080) - audio.at(5080)).toBeCloseTo(0, 0);
  expect(third.at(5120) - audio.at(5120)).toBeCloseTo(0, 0);
});

test('a burst of what was kept is no jump', () => {
  const { line, video } = pair();
  line.play(0);
  const begin = video.at(0, 0);
  for (let captured = 0; captured <= 8000; captured += 40)
    expect(video.at(captured, 1) - begin).toBeCloseTo(captured, 0);
});
