// What one client is shown of a broadcast: all of it, or one kind alone for a while and then both.
import { createHash } from 'node:crypto';
import { VideoUntagger } from '#dist/relay/elementary/video-untagger.js';
import { audioBody } from '#dist/relay/flv/body.js';
import type { Broadcast, Kind, LiveTag, Take } from './broadcast.js';

/** When what is shown. */
export interface Plan {
  /** What comes late. */
  readonly late: Kind;
  /** Milliseconds of the other one alone. */
  readonly alone: number;
  /** Milliseconds of both. */
  readonly watched: number;
}

/** NAL units of H.264 that hold pictures: what else goes with them, each carrier writes in its own way. */
const SLICES = [1, 5];

/** Names frames by their bytes, the same whatever carried them. */
export class Fingerprints {
  readonly #pictures = new VideoUntagger();

  /** Takes the payload of a tag; undefined for what is no frame that can be decoded. */
  of(kind: Kind, payload: Buffer): string | undefined {
    const parts = kind === 'video' ? this.#slices(payload) : sound(payload);
    if (parts === undefined) return undefined;
    const hash = createHash('md5');
    for (const part of parts) hash.update(part);
    return hash.digest('base64');
  }

  #slices(payload: Buffer): readonly Uint8Array[] | undefined {
    return this.#pictures.read(payload)?.nals.filter((nal) => SLICES.includes((nal[0] ?? 0) & 0x1f));
  }
}

function sound(payload: Buffer): readonly Uint8Array[] | undefined {
  const body = audioBody(payload);
  return body?.packet === 'frame' ? [body.data] : undefined;
}

/** One showing. */
export class Show {
  /** Fingerprints of what was shown from when the late kind began. */
  readonly shown: Record<Kind, string[]> = { audio: [], video: [] };
  /** Resolves when all of a plan was shown. */
  readonly over: Promise<void>;
  readonly #plan: Plan;
  readonly #take: Take;
  readonly #fingerprints = new Fingerprints();
  readonly #leave: () => void;
  #finish: () => void = () => undefined;
  #began: number | undefined;
  #both = false;

  constructor(broadcast: Broadcast, plan: Plan, take: Take) {
    this.#plan = plan;
    this.#take = take;
    this.#fingerprints.of('video', broadcast.headers.video);
    this.over = new Promise((resolve) => {
      this.#finish = resolve;
    });
    this.#leave = broadcast.join((tags) => {
      this.#give(tags, broadcast.time);
    });
  }

  close(): void {
    this.#leave();
    this.#finish();
  }

  #give(tags: readonly LiveTag[], now: number): void {
    const { late, alone, watched } = this.#plan;
    this.#began ??= now;
    const passed = now - this.#began;
    if (passed >= alone + watched) {
      this.close();
      return;
    }
    this.#both ||= passed >= alone && tags.some(({ kind }) => kind === late);
    const given = tags.filter(({ kind }) => this.#both || kind !== late);
    if (this.#both)
      for (const { kind, payload } of given) {
        const name = this.#fingerprints.of(kind, payload);
        if (name !== undefined) this.shown[kind].push(name);
      }
    this.#take(given);
  }
}
