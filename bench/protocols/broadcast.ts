// A live stream that never ends, made of a short clip: its sound and its pictures come together, at even times.
import { readFileSync } from 'node:fs';
import { FlvReader } from '#dist/relay/flv/reader.js';
import { audioKind, KIND, TAG, videoKind } from '#dist/relay/flv/tag.js';

/** The two kinds of media. */
export type Kind = 'audio' | 'video';

/** A tag of media. */
export interface LiveTag {
  readonly kind: Kind;
  /** When it is decoded, in milliseconds since the stream began. */
  readonly time: number;
  readonly payload: Buffer;
}

/** Who takes what is due: sound first, then the picture. */
export type Take = (tags: readonly LiveTag[]) => void;

/** Milliseconds between two pictures, and between two times at which something is given. */
export const STEP = 40;
/** The types of tags. */
export const TYPES: Readonly<Record<Kind, number>> = { audio: TAG.audio, video: TAG.video };

/** Plays the tags of an FLV file over and over. */
export class Broadcast {
  /** What decoders must be told. */
  readonly headers: Readonly<Record<Kind, Buffer>>;
  readonly #tags: readonly LiveTag[];
  /** Milliseconds of the clip. */
  readonly #length: number;
  readonly #began = performance.now();
  readonly #takers = new Set<Take>();
  #steps = 0;
  #next = 0;
  #loops = 0;
  #timer: NodeJS.Timeout | undefined;

  /** @param path - of FLV with sound and pictures, none of which is shown in another order than it is decoded in */
  constructor(path: string) {
    const headers = { audio: Buffer.alloc(0), video: Buffer.alloc(0) };
    const tags: LiveTag[] = [];
    const reader = new FlvReader({
      onHeader: () => undefined,
      onTag: (type, time, bytes) => {
        const kind = type === TAG.video ? 'video' : 'audio';
        const what = type === TAG.video ? videoKind(bytes) : type === TAG.audio ? audioKind(bytes) : 0;
        const payload = Buffer.from(bytes);
        if ((what & KIND.header) !== 0) headers[kind] = payload;
        else if ((what & KIND.media) !== 0) tags.push({ kind, time, payload });
      },
    });
    reader.push(readFileSync(path));
    this.headers = headers;
    this.#tags = tags;
    this.#length = STEP * Math.ceil(((tags.at(-1)?.time ?? 0) + 1) / STEP);
    this.#wait();
  }

  /** When it was last given something, in milliseconds of the stream. */
  get time(): number {
    return this.#steps * STEP;
  }

  /** Has somebody get all that comes from now on; ends that when it is called. */
  join(take: Take): () => void {
    this.#takers.add(take);
    return () => this.#takers.delete(take);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#takers.clear();
  }

  #wait(): void {
    this.#timer = setTimeout(
      () => {
        this.#give();
      },
      Math.max(0, this.#began + (this.#steps + 1) * STEP - performance.now()),
    );
  }

  #give(): void {
    this.#steps += 1;
    const due: LiveTag[] = [];
    for (let tag = this.#due(); tag !== undefined; tag = this.#due()) {
      due.push(tag);
      this.#next = (this.#next + 1) % this.#tags.length;
      if (this.#next === 0) this.#loops += 1;
    }
    due.sort((one, other) => Number(one.kind === 'video') - Number(other.kind === 'video'));
    for (const take of [...this.#takers]) take(due);
    this.#wait();
  }

  #due(): LiveTag | undefined {
    const tag = this.#tags[this.#next];
    if (tag === undefined) return undefined;
    const time = tag.time + this.#loops * this.#length;
    return time <= this.time ? { ...tag, time } : undefined;
  }
}
