// Which entries will probably be asked for next: those that were, in such surroundings, and those that look like one of them.
import { EmbeddingIndex } from './embedding-index.js';
import { UseCounts, type UseContext } from './use-counts.js';

/** An entry that may be asked for. */
export interface Recalled {
  /** The key of its covers, as `cover.cache.key` has it. */
  readonly key: string;
  /** How much speaks for it, 0 to 1. */
  readonly score: number;
  /** How often it was asked for in these surroundings, as far as that still counts. */
  readonly uses: number;
  /** The cosine between its embedding and the one that was given; null where there was none, or it has none. */
  readonly similarity: number | null;
}

/** What is looked for. */
export interface RecallWish extends UseContext {
  /** What it should look like. */
  readonly like?: Float32Array | undefined;
  /** Entries at most. */
  readonly topK: number;
}

/** What is known of an entry. */
export interface KnownItem {
  readonly key: string;
  readonly embedding: Float32Array | undefined;
}

/** Entries that are known; the one that was used longest ago goes. */
const MOST_ITEMS = 8192;
/** How much of a score likeness gives, where something to be like was given: beside uses in some surroundings, or anywhere. */
const [LIKENESS, LIKENESS_ALONE] = [0.4, 0.9];
/** Pictures with nothing in common have cosines about here: most colours and edges occur in most of them. */
const UNLIKE = 0.5;
/** Candidates for each that is wanted. */
const CANDIDATES = 4;

/** Remembers uses and looks. */
export class Recall {
  /** How often what was used where. */
  readonly uses = new UseCounts();
  readonly #index: EmbeddingIndex;
  /** Keys from the one that was used longest ago on. */
  readonly #keys = new Set<string>();

  /** @param length - numbers of each embedding */
  constructor(length: number) {
    this.#index = new EmbeddingIndex(length);
  }

  /** An entry exists, and looks so. */
  seen(key: string, embedding: ArrayLike<number> | undefined): void {
    this.#keys.delete(key);
    this.#keys.add(key);
    if (embedding !== undefined) this.#index.set(key, embedding);
    for (const oldest of this.#keys) {
      if (this.#keys.size <= MOST_ITEMS) break;
      this.forget(oldest);
    }
  }

  /** An entry was asked for. */
  used(key: string, context: UseContext): void {
    this.seen(key, undefined);
    this.uses.add(key, context);
  }

  /** An entry is gone. Its counts fade by themselves. */
  forget(key: string): void {
    this.#keys.delete(key);
    this.#index.delete(key);
  }

  /** What an entry looks like, as far as that is known. */
  embeddingOf(key: string): Float32Array | undefined {
    return this.#index.get(key);
  }

  /** Everything that is known, the entry that was used last at the end. */
  *items(): Generator<KnownItem> {
    for (const key of this.#keys) yield { key, embedding: this.#index.get(key) };
  }

  /** What will probably be asked for, the likeliest first. */
  async find({ template, segment, like, topK }: RecallWish): Promise<Recalled[]> {
    const context = { template, segment };
    const candidates = this.uses.likely(context, CANDIDATES * topK);
    const alike = new Map<string, number>();
    for (const { item, cosine } of like === undefined ? [] : await this.#index.search(like, CANDIDATES * topK)) {
      alike.set(item, cosine);
      candidates.add(item);
    }
    const found = [...candidates]
      .filter((key) => this.#keys.has(key))
      .map((key) => ({
        key,
        share: this.uses.share(key, context),
        similarity: like === undefined ? null : (alike.get(key) ?? this.#index.cosine(key, like) ?? null),
      }));
    const likenessWeight = template === undefined && segment === undefined ? LIKENESS_ALONE : LIKENESS;
    const most = found.reduce((best, { share }) => Math.max(best, share), 0);
    const scored = found.map(({ key, share, similarity }) => {
      const used = most === 0 ? 0 : share / most;
      const likeness = similarity === null ? 0 : Math.max(0, (similarity - UNLIKE) / (1 - UNLIKE));
      const score = like === undefined ? used : (1 - likenessWeight) * used + likenessWeight * likeness;
      return { key, score, uses: this.uses.count(key, context), similarity };
    });
    return scored.sort((a, b) => b.score - a.score || (a.key < b.key ? -1 : 1)).slice(0, topK);
  }
}
