// The pictures of a transport stream: from PES packets to tags.
import { NAL_CODECS, type NalCodecName } from '../elementary/nal-codecs.js';
import type { Unwrapper } from '../elementary/unwrapper.js';
import { VideoTagger, type TagSink } from '../elementary/video-tagger.js';
import { KIND, videoKind } from '../flv/tag.js';
import { AccessUnits, type TimedUnit } from './access-units.js';
import type { Notices } from './notices.js';
import type { PesHandlers } from './pes-reader.js';

const TICKS_PER_MS = 90;
/** A frame of 25 a second, where nothing better is known. Ticks. */
const USUAL_STEP = 3600;
/** A longer time between two pictures says nothing of their rate. Ticks. */
const LONGEST_STEP = 90_000;
/**
 * Milliseconds behind a loss until pictures are taken without a keyframe: streams that are refreshed bit by bit have none,
 * and no encoder that has keyframes leaves out so many.
 */
const LONGEST_TORN = 12_000;

/** Takes the PES packets of one stream. */
export class VideoTrack implements PesHandlers {
  readonly #name: NalCodecName;
  readonly #clock: Unwrapper;
  readonly #emit: TagSink;
  readonly #notices: Notices;
  readonly #units: AccessUnits;
  readonly #tagger: VideoTagger;
  /** The last time that was told for a unit, in ticks, and how many units came from it on. */
  #told: { readonly pts: number; readonly dts: number } | undefined;
  #since = 0;
  /** Ticks from one unit to the next; undefined until it is known. */
  #step: number | undefined;
  /** Whether a time of decoding was ever told: then a missing one is the time of showing. */
  #hasDts = false;
  /** Whether pictures are out of order, and nothing says when they are decoded. */
  #untold = false;
  /** Whether pictures refer to some that were lost; from when on, once a tag has said. */
  #torn = false;
  #tornAt: number | undefined;

  constructor(name: NalCodecName, clock: Unwrapper, emit: TagSink, notices: Notices) {
    this.#name = name;
    this.#clock = clock;
    this.#emit = emit;
    this.#notices = notices;
    this.#tagger = new VideoTagger(name, (type, timestamp, payload) => {
      this.#give(type, timestamp, payload);
    });
    this.#units = new AccessUnits(name, {
      onUnit: (unit) => {
        this.#unit(unit);
      },
      onTorn: () => {
        this.#tear();
      },
      onTooLarge: () => {
        this.#tear();
        this.#notices.once('A picture that is larger than 16 MiB is left out.');
      },
    });
  }

  readonly onStart = (pts: number | undefined, dts: number | undefined): void => {
    if (pts === undefined) return;
    // The time of decoding first: it is the one that other streams are near to.
    const decoded = dts === undefined ? undefined : this.#clock.unwrap(dts);
    this.#units.mark({ pts: this.#clock.unwrap(pts), dts: decoded });
  };

  readonly onBytes = (bytes: Buffer, from: number, to: number): void => {
    this.#units.push(bytes, from, to);
  };

  readonly onWhole = (): void => {
    this.#units.whole();
  };

  readonly onDamage = (): void => {
    this.#units.reset();
    this.#tear();
  };

  readonly onScrambled = (): void => {
    this.#notices.once('The video is scrambled and left out.');
  };

  /** Nothing comes behind what is here. */
  flush(): void {
    this.#units.flush();
  }

  #tear(): void {
    this.#torn = true;
    this.#tornAt = undefined;
  }

  #unit({ nals, mark }: TimedUnit): void {
    if (mark !== undefined) {
      this.#learn(mark.dts ?? mark.pts);
      if (mark.dts !== undefined) this.#hasDts = true;
      else if (!this.#hasDts && this.#told !== undefined && mark.pts < this.#told.pts) this.#untold = true;
      this.#told = { pts: mark.pts, dts: mark.dts ?? mark.pts };
      this.#since = 0;
    } else this.#since += 1;
    // Before the first time there is none to count from.
    if (this.#told === undefined) return;
    const { pts, dts } = this.#told;
    const later = this.#since === 0 ? 0 : this.#since * (this.#step ?? this.#stepOf(nals));
    const decoded = this.#untold && !this.#hasDts ? undefined : (dts + later) / TICKS_PER_MS;
    this.#tagger.push(nals, (pts + later) / TICKS_PER_MS, decoded);
  }

  /** The time between two units is learnt from those that are told. */
  #learn(dts: number): void {
    if (this.#told === undefined) return;
    const step = (dts - this.#told.dts) / (this.#since + 1);
    if (step > 0 && step <= LONGEST_STEP) this.#step = step;
  }

  /** What the parameters say, as long as nothing was learnt. */
  #stepOf(nals: readonly Uint8Array[]): number {
    const rate = NAL_CODECS[this.#name].parameters(nals)?.frameRate;
    return rate === undefined || rate < 1 ? USUAL_STEP : (1000 * TICKS_PER_MS) / rate;
  }

  #give(type: number, timestamp: number, payload: Buffer): void {
    if (this.#torn) {
      const kind = videoKind(payload);
      if ((kind & KIND.media) !== 0) {
        this.#tornAt ??= timestamp;
        // A difference of 32 bits, as timestamps wrap there.
        const waited = (timestamp - this.#tornAt) | 0;
        if ((kind & KIND.key) === 0 && waited >= 0 && waited < LONGEST_TORN) return;
        this.#torn = false;
      }
    }
    this.#emit(type, timestamp, payload);
  }
}
