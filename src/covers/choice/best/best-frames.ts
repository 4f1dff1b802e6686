// Chooses the best frames of a video: collects candidates, judges them, and has their pictures ready for covers.
import type { Picture } from '../../../av/index.js';
import { invariant } from '../../../base/index.js';
import { loadExactPictures } from '../../../frames/index.js';
import { isMuchSmaller } from '../../shape/index.js';
import { KeyframeFinder } from '../keyframe-finder.js';
import type { CoverChoice, RejectedCandidate, RunnerUp } from './best-choice.js';
import type { Candidate } from './candidate.js';
import { thumbnailSize } from './features/index.js';
import { Gallery } from './gallery.js';
import {
  amongOthers,
  diversify,
  explain,
  plainChange,
  qualityOf,
  rank,
  RUNNERS_UP,
  sift,
  suspects,
  TRANSITION_CHANGE,
  TRANSITION_STEP,
  type Judged,
  type Scored,
} from './judge/index.js';
import { look } from './look.js';
import { CandidateSearch, EXACT_PICTURES, type SearchOptions } from './search/index.js';

/** What the choice works with. */
export interface BestFramesOptions extends Omit<SearchOptions, 'onPicture'> {
  /** Decodes in the quality that covers are made of. */
  readonly finder: KeyframeFinder;
  /** How many best frames are wanted. */
  readonly places: number;
}

/** A chosen frame. */
export interface BestFrame {
  /** Good until the next one is asked for. */
  readonly picture: Picture;
  /** Seconds from the start of the video. */
  readonly pts: number;
  readonly choice: CoverChoice;
}

/** How many candidates that would win are looked at for a transition; each costs two decoded keyframes or so. */
const TESTS = 4;
/**
 * Bytes of exact pictures that are kept: ten or so of 1920x1080. Of keyframes only the best so far is, which probably wins:
 * a decoder that gets its memory back is faster than one that decodes into new memory by more than decoding one of them
 * again costs (measured with 1080p: 1.07 times the decoding of twelve keyframes, against 1.21).
 */
const EXACT_KEPT = 64 * 1024 * 1024;
/** Added to the time of a keyframe, so that rounding finds no earlier one. Seconds. */
const EPSILON = 1e-6;

/** The best frames of one input; `close` frees what is kept of them. */
export class BestFrames {
  readonly #options: BestFramesOptions;
  readonly #keyframes: Gallery;
  readonly #exact = new Gallery(EXACT_KEPT);
  /** Decodes what is judged; roughly, where the picture is large enough. */
  readonly #judging: KeyframeFinder;
  readonly #seeking: boolean;
  #order: readonly Scored[] = [];
  #told: Omit<CoverChoice, 'rank' | 'score' | 'terms' | 'features' | 'reasons'> | undefined;
  #taken: Picture | undefined;

  private constructor(options: BestFramesOptions) {
    const { finder } = options;
    const { input, stream } = finder.options;
    this.#options = options;
    this.#seeking = input.seekable && !input.untimed;
    // How it is judged does not depend on what is made of it: every size of cover gets the same frame.
    const rough = this.#seeking && isMuchSmaller(thumbnailSize(stream.display), stream.stored);
    this.#judging =
      rough === finder.options.rough || !this.#seeking ? finder : new KeyframeFinder({ ...finder.options, rough });
    // What cannot be gone back to is kept.
    this.#keyframes = new Gallery(this.#seeking ? 0 : Number.POSITIVE_INFINITY);
  }

  /** Chooses; rejects with FR_DECODE_NO_FRAME or FR_TIME_BEYOND_END. */
  static async choose(options: BestFramesOptions): Promise<BestFrames> {
    const best = new BestFrames(options);
    try {
      await best.#choose();
      return best;
    } catch (error) {
      best.close();
      throw error;
    }
  }

  async #choose(): Promise<void> {
    const candidates = await new CandidateSearch({
      ...this.#options,
      finder: this.#judging,
      onPicture: (picture, candidate) => {
        this.#keep(picture, candidate);
      },
    }).run();
    const judged = amongOthers(candidates);
    const { left, rejected, fallback } = sift(judged);
    const ranked = rank(left);
    const inTransition = fallback ? [] : await this.#findTransitions(ranked);
    const gone = new Set(inTransition.map(({ pts }) => pts));
    const { order, different } = diversify(ranked.filter(({ pts }) => !gone.has(pts)));
    this.#order = order;
    this.#told = {
      fallback,
      rejected: [...rejected, ...inTransition].sort((a, b) => a.pts - b.pts),
      runnersUp: order.slice(1, Math.min(different, 1 + RUNNERS_UP)).map(runnerUp),
      candidates: candidates.length,
    };
    this.#options.finder.options.clock.end('analyse');
  }

  #keep(picture: Picture, candidate: Candidate): void {
    // What was decoded roughly is no picture for a large cover.
    if (candidate.keyframe && this.#judging !== this.#options.finder) return;
    const quality = qualityOf({ ...candidate.analysis.features, stillness: 0 });
    (candidate.keyframe ? this.#keyframes : this.#exact).offer(picture, candidate.pts, quality);
  }

  /** Looks at those that would be taken, as far as they are suspicious, until all of them are found in order. */
  async #findTransitions(ranked: readonly Scored[]): Promise<RejectedCandidate[]> {
    const suspicious = this.#seeking ? suspects(ranked) : new Set<Judged>();
    const found: RejectedCandidate[] = [];
    let left = ranked;
    for (let test = 0; test < TESTS; test++) {
      const { order } = diversify(left);
      const next = order.slice(0, this.#options.places).find((candidate) => suspicious.has(candidate));
      if (next === undefined || order.length === 1) break;
      suspicious.delete(next);
      const change = await this.#changeAfter(next);
      if (change <= TRANSITION_CHANGE) continue;
      found.push({ pts: next.pts, reason: 'cross-fade', figure: change, limit: TRANSITION_CHANGE });
      left = left.filter((candidate) => candidate !== next);
    }
    return found;
  }

  /** Levels a second that plain areas of a keyframe change right after it. */
  async #changeAfter({ pts, analysis }: Judged): Promise<number> {
    const { stream, clock } = this.#judging.options;
    const later = await this.#judging.findAfter(pts + EPSILON, TRANSITION_STEP);
    if (later === undefined) return 0;
    return plainChange(analysis.luma, look(later.picture, stream, clock).luma, later.pts - pts);
  }

  /** The best frame of a rank, from 0 on. Where there are fewer frames, they come again. */
  async take(rank: number): Promise<BestFrame> {
    const index = rank % this.#order.length;
    const chosen = this.#order[index];
    invariant(chosen !== undefined, 'a choice that was made');
    const kept = (chosen.keyframe ? this.#keyframes : this.#exact).find(chosen.pts);
    const picture = kept ?? (await this.#decode(chosen));
    return { picture, ...this.#tell(chosen, index) };
  }

  /** All frames that were not rejected, without their pictures, the best first and those that look like a better one last. */
  choices(): Omit<BestFrame, 'picture'>[] {
    return this.#order.map((chosen, index) => this.#tell(chosen, index));
  }

  #tell(chosen: Scored, index: number): Omit<BestFrame, 'picture'> {
    invariant(this.#told !== undefined, 'a choice that was made');
    const { pts, score, terms, features } = chosen;
    const reasons = explain({ chosen, left: this.#order, ...this.#told });
    return { pts, choice: { rank: index + 1, score, terms, features, reasons, ...this.#told } };
  }

  async #decode({ pts, keyframe }: Scored): Promise<Picture> {
    const { finder, reopen } = this.#options;
    const { input, stream, limits, breathe, clock } = finder.options;
    if (keyframe) return (await finder.find(pts + EPSILON)).picture;
    const exactPictures = await loadExactPictures();
    const options = { opened: { input, stream }, reopen, threads: 0, decoding: { alpha: true, limits }, breathe };
    for await (const { picture } of exactPictures(options, [pts], EXACT_PICTURES)) {
      this.#taken?.close();
      this.#taken = picture.share();
    }
    clock.end('decode');
    if (this.#taken === undefined) throw finder.noFrame();
    return this.#taken;
  }

  /** Frees the pictures, and what decoded them. */
  close(): void {
    this.#taken?.close();
    this.#keyframes.close();
    this.#exact.close();
    if (this.#judging !== this.#options.finder) this.#judging.close();
  }
}

function runnerUp({ pts, score, features }: Scored): RunnerUp {
  return { pts, score, hash: features.hash, features };
}
