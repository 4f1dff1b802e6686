// Collects candidates: different keyframes all over the video, and exact pictures where it has too few of them.
import type { Picture } from '../../../../av/index.js';
import { FramerailError } from '../../../../base/index.js';
import { loadExactPictures, type OpenedVideo } from '../../../../frames/index.js';
import type { FoundPicture, KeyframeFinder } from '../../keyframe-finder.js';
import type { Candidate } from '../candidate.js';
import { look } from '../look.js';
import { exactTimes } from './exact-times.js';
import { scanKeyframes, type ScannedKeyframe } from './keyframe-scan.js';
import { spreadKeyframes } from './keyframe-spread.js';
import { searchRange, spread, type RangeWish, type SearchRange } from './search-range.js';

/** With fewer keyframes than this, exact pictures are taken too. */
const FEW = 8;
/** Pictures that are decoded at most to take exact ones. */
export const EXACT_PICTURES = 600;
/** Pictures a second where a video does not say. */
const USUAL_RATE = 30;
/** Packets after a keyframe whose sizes are looked at. */
const AHEAD = 4;

/** What a search works with. */
export interface SearchOptions {
  /** Decodes keyframes, of whatever quality is enough to judge them. */
  readonly finder: KeyframeFinder;
  /** Opens the same input once more; whoever opens it closes it. */
  readonly reopen: () => Promise<OpenedVideo>;
  /** How many candidates are wanted. */
  readonly wanted: number;
  readonly range: RangeWish;
  /** Sees the picture of each candidate while it is there. */
  readonly onPicture: (picture: Picture, candidate: Candidate) => void;
}

/** Searches one input. */
export class CandidateSearch {
  readonly #options: SearchOptions;
  readonly #keyframes: Candidate[] = [];
  readonly #exact: Candidate[] = [];

  constructor(options: SearchOptions) {
    this.#options = options;
  }

  /** The candidates in order of time, at least one. Throws FR_DECODE_NO_FRAME, FR_TIME_BEYOND_END. */
  async run(): Promise<Candidate[]> {
    const { input, stream } = this.#options.finder.options;
    const duration = stream.duration ?? input.duration;
    const seeking = input.seekable && !input.untimed && duration !== undefined;
    const range = seeking ? await this.#seek(duration) : await this.#scan();
    const inside = this.#keyframes.filter(({ pts }) => pts >= range.from && pts <= range.to);
    if (inside.length < FEW && seeking) await this.#takeExact(range, inside);
    // A keyframe before the range is better than nothing, unless somebody excluded it.
    const keyframes = range.strict || inside.length >= FEW ? inside : this.#keyframes;
    const found = [...keyframes, ...this.#exact].sort((a, b) => a.pts - b.pts);
    if (found.length > 0) return found;
    if (!range.strict) throw this.#options.finder.noFrame();
    throw new FramerailError(
      'FR_DECODE_NO_FRAME',
      `${input.name} has no picture from ${String(range.from)} to ${String(range.to)} s that could be decoded.`,
      { details: { from: range.from, to: range.to } },
    );
  }

  async #seek(duration: number): Promise<SearchRange> {
    const { finder, wanted } = this.#options;
    const { input, clock, breathe } = finder.options;
    const range = searchRange(input.name, duration, this.#options.range);
    for await (const facts of spreadKeyframes(input, range, wanted, breathe)) {
      clock.end('seek');
      const found = finder.decode(facts.time ?? 0);
      if (found === undefined) continue;
      const activity = await this.#activityAfter(facts.size);
      clock.end('seek');
      this.#see(found, this.#keyframes, activity);
    }
    return range;
  }

  /** How large the packets after the one last read are beside it; undefined where keyframes follow each other. */
  async #activityAfter(size: number): Promise<number | undefined> {
    let [bytes, packets] = [0, 0];
    while (packets < AHEAD) {
      const facts = await this.#options.finder.options.input.readPacket();
      if (facts === undefined || facts.keyframe) break;
      bytes += facts.size;
      packets += 1;
    }
    return packets === 0 ? undefined : bytes / packets / Math.max(1, size);
  }

  async #scan(): Promise<SearchRange> {
    const { finder, wanted } = this.#options;
    const { input, clock, breathe } = finder.options;
    const { keyframes, end } = await scanKeyframes(input, wanted, AHEAD, breathe);
    clock.end('seek');
    try {
      const range = searchRange(input.name, end, this.#options.range);
      const inside = keyframes.filter(({ time }) => time >= range.from && time <= range.to);
      const enough = range.strict || inside.length >= FEW ? inside : keyframes;
      const count = Math.min(wanted, enough.length);
      for (const place of spread(count, 0, enough.length)) {
        const keyframe = enough[Math.floor(place)];
        if (keyframe === undefined) continue;
        const found = await finder.decodeKept(keyframe.packet);
        if (found !== undefined) this.#see(found, this.#keyframes, activityOf(keyframe));
      }
      return range;
    } finally {
      for (const { packet } of keyframes) packet.close();
    }
  }

  /** Takes exact pictures, so many that there are enough, for places that no keyframe is near to. */
  async #takeExact(range: SearchRange, inside: readonly Candidate[]): Promise<void> {
    const { finder, reopen, wanted } = this.#options;
    const { input, stream, limits, clock, breathe } = finder.options;
    const known = this.#keyframes.map(({ pts }) => pts).sort((a, b) => a - b);
    const budget = { rate: stream.frameRate ?? USUAL_RATE, pictures: EXACT_PICTURES };
    const times = exactTimes(known, range, wanted, budget);
    for (const { pts } of inside) times.splice(placeNearest(times, pts), 1);
    const exactPictures = await loadExactPictures();
    const options = { opened: { input, stream }, reopen, threads: 0, decoding: { alpha: true, limits }, breathe };
    for await (const { picture, time } of exactPictures(options, times, EXACT_PICTURES)) {
      clock.end('decode');
      const isKnown = [...this.#keyframes, ...this.#exact].some(({ pts }) => pts === time);
      if (!isKnown) this.#see({ picture, pts: time }, this.#exact, undefined);
    }
    clock.end('decode');
  }

  #see({ picture, pts }: FoundPicture, into: Candidate[], activity: number | undefined): void {
    const { finder, onPicture } = this.#options;
    const { stream, clock } = finder.options;
    const analysis = look(picture, stream, clock);
    const candidate = { pts, keyframe: into === this.#keyframes, damaged: picture.damaged, activity, analysis };
    into.push(candidate);
    onPicture(picture, candidate);
    clock.end('analyse');
  }
}

function activityOf({ packet, following }: ScannedKeyframe): number | undefined {
  return following.packets === 0 ? undefined : following.bytes / following.packets / Math.max(1, packet.facts.size);
}

/** The place of the time that is nearest to another. */
function placeNearest(times: readonly number[], to: number): number {
  let place = 0;
  for (const [index, time] of times.entries())
    if (Math.abs(time - to) < Math.abs((times[place] ?? Number.POSITIVE_INFINITY) - to)) place = index;
  return place;
}
