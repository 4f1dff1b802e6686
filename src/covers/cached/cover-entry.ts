// Covers as entries of a cache, and back: facts as JSON, images and the embedding as bytes.
import type { CacheEntry } from '../../cache/index.js';
import type { CoverSet, CoverShot, MadeCovers, SetImage } from '../cover.js';

interface Facts {
  readonly images: readonly Omit<SetImage, 'data'>[];
  readonly shots: readonly CoverShot[];
  readonly decoder: string;
  readonly decoding: CoverSet['decoding'];
  readonly log: CoverSet['log'];
  /** Whether the last part is the embedding. */
  readonly embedded: boolean;
}

/** Covers that were kept. */
export interface KeptCovers {
  /** Without the times of their making, which are over. */
  readonly covers: Omit<CoverSet, 'timings'>;
  readonly embedding: Float32Array | undefined;
}

/** The entry of covers. Their bytes are shared, not copied. */
export function entryOf({ images, shots, decoder, decoding, log, embedding }: MadeCovers): CacheEntry {
  const facts: Facts = {
    images: images.map(({ data: _, ...image }) => image),
    ...{ shots, decoder, decoding, log, embedded: embedding !== undefined },
  };
  const parts = images.map(({ data }) => data);
  if (embedding !== undefined) parts.push(new Uint8Array(embedding.buffer, embedding.byteOffset, embedding.byteLength));
  return { facts: JSON.stringify(facts), parts };
}

/** The covers of an entry, whose bytes they take over; throws where it is none of theirs. */
export function coversOf({ facts: text, parts }: CacheEntry): KeptCovers {
  // An entry is under the key of what was wanted and of the version that made it: it is what `entryOf()` wrote.
  const { images, embedded, ...rest } = JSON.parse(text) as Facts;
  const last = embedded ? parts.at(-1) : undefined;
  const embedding = last === undefined ? undefined : new Float32Array(Uint8Array.from(last).buffer);
  return {
    covers: { ...rest, images: images.map((image, at) => ({ data: parts[at] ?? new Uint8Array(), ...image })) },
    embedding,
  };
}
