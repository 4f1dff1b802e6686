// Plays a slate into a feed, over and over, at the pace of the clock on the wall.
import { monotonicNow } from '../../base/index.js';
import { readAacConfig } from '../elementary/aac.js';
import { aacSilence } from '../elementary/aac-silence.js';
import { audioFrameTag, audioHeaderTag } from '../elementary/tag-payload.js';
import type { Feed } from '../feed.js';
import { audioBody } from '../flv/body.js';
import { TAG } from '../flv/tag.js';
import { codecId, metadataTag } from '../metadata.js';
import type { Slate, SlateTag } from './slate.js';
import { timeAt } from './takeover.js';

/** Milliseconds by which it may be late until that is let go: who slept does not catch up in a burst. */
const MOST_LATE = 250;
/** Milliseconds between two tags at least: several that are close together leave together. */
const LEAST_WAIT = 5;
/** AAC-LC of 44,100 samples a second in stereo (ISO/IEC 14496-3, 1.6.2.1): what to begin with where nothing is known. */
const USUAL_CONFIG = Buffer.from([0x12, 0x10]);

/** Plays what was prepared last. */
export class SlatePlayer {
  readonly #feed: Feed;
  readonly #onTurn: () => void;
  #slate: Slate | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** When the loop began that is playing, by the monotonic clock in milliseconds. */
  #startedAt = 0;
  #shownSince: number | undefined;
  #shownBefore = 0;
  #tracks: Track[] = [];

  /** @param onTurn - tags were given: what they led to may be sent */
  constructor(feed: Feed, onTurn: () => void) {
    this.#feed = feed;
    this.#onTurn = onTurn;
  }

  /** Whether there is something to show. */
  get ready(): boolean {
    return this.#slate !== undefined;
  }

  /** Whether it feeds the relay. */
  get playing(): boolean {
    return this.#shownSince !== undefined;
  }

  /** Seconds for which it was shown so far. */
  get seconds(): number {
    const now = this.#shownSince === undefined ? 0 : monotonicNow() - this.#shownSince;
    return (this.#shownBefore + now) / 1000;
  }

  /** Takes what was prepared; one that plays is gone on with. */
  load(slate: Slate): void {
    this.#slate = slate;
  }

  /**
   * Begins to feed the relay.
   * @param now - by the monotonic clock in milliseconds
   * @param ahead - milliseconds by which the stream lies ahead of the clock on the wall: it may begin so much earlier
   * @returns the part of them that it did
   */
  start(now: number, ahead = 0): number {
    const slate = this.#slate;
    if (slate === undefined) return 0;
    const feed = this.#feed;
    const { codecs, ready } = feed;
    // A relay of pictures alone, or of sound alone, stays what it is.
    const pictures = ready === undefined || codecs.video !== undefined;
    const sound = ready === undefined || codecs.audio !== undefined ? soundOf(slate, feed) : undefined;
    this.#shownSince = this.#startedAt = now;
    this.#tracks = [
      ...(pictures ? [new Track(looped(slate.pictures, slate.length))] : []),
      ...(sound === undefined ? [] : [new Track(sound.tags)]),
    ];
    const due = timeAt(feed, now);
    const time = Math.max(Math.min(due, feed.clock.latest + 1), due - Math.round(ahead));
    feed.join({ timestamp: 0, time, continues: false });
    feed.hint({ audio: sound !== undefined, video: pictures });
    if (feed.metadata === undefined) feed.push(TAG.data, 0, describe(slate, pictures, sound !== undefined));
    if (pictures) feed.push(TAG.video, 0, slate.videoHeader);
    if (sound !== undefined) feed.push(TAG.audio, 0, sound.header);
    this.#play();
    return due - time;
  }

  /** Somebody else goes on. */
  stop(): void {
    clearTimeout(this.#timer);
    if (this.#shownSince !== undefined) this.#shownBefore += monotonicNow() - this.#shownSince;
    this.#shownSince = undefined;
    this.#tracks = [];
  }

  #play(): void {
    let passed = monotonicNow() - this.#startedAt;
    const late = passed - (this.#earliest()?.next.time ?? passed);
    if (late > MOST_LATE) {
      this.#startedAt += late;
      passed -= late;
    }
    for (let track = this.#earliest(); track !== undefined && track.next.time <= passed; track = this.#earliest()) {
      const { type, time, payload } = track.next;
      // Timestamps are 32 bits wide.
      this.#feed.push(type, Math.round(time) % 2 ** 32, payload);
      track.step();
    }
    this.#onTurn();
    const due = this.#earliest();
    if (due === undefined) return;
    const wait = this.#startedAt + due.next.time - monotonicNow();
    this.#timer = setTimeout(
      () => {
        this.#play();
      },
      Math.max(LEAST_WAIT, wait),
    );
  }

  /** The track whose next tag is due first. */
  #earliest(): Track | undefined {
    return this.#tracks.reduce<Track | undefined>(
      (a, b) => (a === undefined || b.next.time < a.next.time ? b : a),
      undefined,
    );
  }
}

/** Tags one after another, without an end. */
class Track {
  next: SlateTag;
  readonly #tags: Generator<SlateTag, never>;

  constructor(tags: Generator<SlateTag, never>) {
    this.#tags = tags;
    this.next = tags.next().value;
  }

  step(): void {
    this.next = this.#tags.next().value;
  }
}

/** What is heard beside the pictures. */
interface Sound {
  readonly header: Buffer;
  readonly tags: Generator<SlateTag, never>;
}

/** Its own sound, or silence as the live stream's decoder takes it; undefined where the live sound is no AAC. */
function soundOf(slate: Slate, feed: Feed): Sound | undefined {
  const { audio } = feed.codecs;
  if (audio !== undefined && audio !== 'aac') return undefined;
  const { sound, length } = slate;
  const live = feed.gop.setups.find(({ type }) => type === TAG.audio)?.payload;
  if (sound !== undefined) {
    const same = live !== undefined && decodesAlike(live, sound.header);
    return { header: same ? live : sound.header, tags: looped(sound.frames, length) };
  }
  const body = live && audioBody(live);
  const config = body?.packet === 'header' ? body.data : USUAL_CONFIG;
  const silence = aacSilence(config);
  const header = audioHeaderTag('aac', config);
  return silence && header && { header, tags: quiet(audioFrameTag('aac', silence.frame), silence.duration) };
}

/** Whether a decoder that was set up by one header takes the sound of another: then it is not told anything. */
function decodesAlike(one: Buffer, other: Buffer): boolean {
  const [a, b] = [one, other].map((header) => {
    const body = audioBody(header);
    return body?.packet === 'header' ? readAacConfig(body.data) : undefined;
  });
  const alike = a?.objectType === b?.objectType && a?.sampleRate === b?.sampleRate && a?.channels === b?.channels;
  // The frames of the slate are written in the older form of tags.
  return a !== undefined && alike && (one[0] ?? 0) >> 4 === (other[0] ?? 0) >> 4;
}

function* looped(tags: readonly SlateTag[], length: number): Generator<SlateTag, never> {
  for (let loop = 0; ; loop++) for (const tag of tags) yield { ...tag, time: tag.time + loop * length };
}

function* quiet(payload: Buffer, duration: number): Generator<SlateTag, never> {
  for (let i = 0; ; i++) yield { type: TAG.audio, time: i * duration, payload };
}

function describe({ shape }: Slate, video: boolean, audio: boolean): Buffer {
  const { width, height, frameRate, codec } = shape;
  return metadataTag({
    ...(video ? { width, height, framerate: frameRate, videocodecid: codecId(codec) } : {}),
    ...(audio ? { audiocodecid: codecId('aac') } : {}),
  });
}
