// When a relay may begin: as soon as the streams that are there are known, and without waiting long for others.
// Headers of files and metadata are hints; what counts is a stream's own sequence header.
import { monotonicNow } from '../base/index.js';
import type { OriginHints } from './origin.js';

/** How long is waited for what is missing. Milliseconds of wall time. */
export interface Waits {
  /** For a stream that was announced. */
  readonly expected: number;
  /** For a stream that nobody announced. */
  readonly unannounced: number;
  /** For the first keyframe of a video that is known. */
  readonly keyframe: number;
}

/** Why a relay began. */
export type ReadyReason = 'both streams' | 'audio alone' | 'video alone' | 'audio ahead of a keyframe';

/** What is known of one stream. */
interface Stream {
  hinted: boolean | undefined;
  /** Its decoder can be set up. */
  known: boolean;
}

/** Decides once; then `reason` says why. */
export class Readiness {
  reason: ReadyReason | undefined;
  readonly #waits: Waits;
  readonly #onReady: (reason: ReadyReason) => void;
  readonly #audio: Stream = { hinted: undefined, known: false };
  readonly #video: Stream = { hinted: undefined, known: false };
  #keyframe = false;
  #timer: NodeJS.Timeout | undefined;
  /** What the timer waits for. */
  #waitsFor: keyof Waits | undefined;
  /** When another stream was first missed: what is said of it later changes how long it is waited for, from then on. */
  #missedAt: number | undefined;
  #stopped = false;

  constructor(waits: Waits, onReady: (reason: ReadyReason) => void) {
    this.#waits = waits;
    this.#onReady = onReady;
  }

  /** Takes what an origin says of itself; what was said more clearly stays. */
  hint({ audio, video }: OriginHints): void {
    this.#audio.hinted = audio ?? this.#audio.hinted;
    this.#video.hinted = video ?? this.#video.hinted;
    this.#decide();
  }

  /** Sound can be decoded from here on. */
  audioKnown(): void {
    if (this.#audio.known) return;
    this.#audio.known = true;
    this.#decide();
  }

  /** The parameters of the video are here. */
  videoKnown(): void {
    if (this.#video.known) return;
    this.#video.known = true;
    this.#decide();
  }

  /** A keyframe of a known video is here. */
  keyframe(): void {
    if (this.#keyframe) return;
    this.#keyframe = true;
    this.#decide();
  }

  /** Waits for nothing any more. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #decide(): void {
    if (this.reason !== undefined || this.#stopped) return;
    const { known: audio } = this.#audio;
    const { known: video } = this.#video;
    const picture = video && this.#keyframe;
    if (audio && picture) this.#go('both streams');
    else if (picture) this.#wait(this.#audio.hinted === true ? 'expected' : 'unannounced', 'video alone');
    else if (audio && video) this.#wait('keyframe', 'audio ahead of a keyframe');
    else if (audio) this.#wait(this.#video.hinted === true ? 'expected' : 'unannounced', 'audio alone');
  }

  #wait(what: keyof Waits, then: ReadyReason): void {
    if (this.#waitsFor === what) return;
    this.#waitsFor = what;
    clearTimeout(this.#timer);
    let waited = 0;
    if (what !== 'keyframe') {
      this.#missedAt ??= monotonicNow();
      waited = monotonicNow() - this.#missedAt;
    }
    this.#timer = setTimeout(
      () => {
        this.#go(then);
      },
      Math.max(0, this.#waits[what] - waited),
    );
  }

  #go(reason: ReadyReason): void {
    clearTimeout(this.#timer);
    this.reason = reason;
    this.#onReady(reason);
  }
}
