// The sound of a transport stream: from PES packets to tags.
import { AudioTagger } from '../elementary/audio-tagger.js';
import type { Unwrapper } from '../elementary/unwrapper.js';
import type { TagSink } from '../elementary/video-tagger.js';
import { AudioFrames } from './audio-frames.js';
import type { Notices } from './notices.js';
import type { PesHandlers } from './pes-reader.js';
import { latmReader } from './latm.js';
import { FRAME_READERS, type SoundFrame } from './sound-headers.js';
import type { StreamKind } from './stream-types.js';

const TICKS_PER_MS = 90;

/** Takes the PES packets of one stream. */
export class SoundTrack implements PesHandlers {
  readonly #clock: Unwrapper;
  readonly #notices: Notices;
  readonly #onRefused: (name: string) => void;
  readonly #frames: AudioFrames;
  readonly #tagger: AudioTagger;
  #refused = false;

  /**
   * @param kind - what the program table says of it
   * @param onRefused - hears, once, that the frames turned out to be of a kind that cannot be carried
   */
  constructor(
    { codec, config, latm }: Extract<StreamKind, { kind: 'audio' }>,
    clock: Unwrapper,
    emit: TagSink,
    notices: Notices,
    onRefused: (name: string) => void,
  ) {
    this.#clock = clock;
    this.#notices = notices;
    this.#onRefused = onRefused;
    this.#tagger = new AudioTagger(codec, emit);
    this.#frames = new AudioFrames(latm === true ? latmReader() : FRAME_READERS[codec], (frame, data, pts) => {
      this.#frame({ ...frame, config: frame.config ?? config }, data, pts / TICKS_PER_MS);
    });
  }

  readonly onStart = (pts: number | undefined): void => {
    if (pts !== undefined) this.#frames.mark(this.#clock.unwrap(pts));
  };

  readonly onBytes = (bytes: Buffer, from: number, to: number): void => {
    if (!this.#refused) this.#frames.push(bytes, from, to);
  };

  readonly onWhole = (): void => {
    if (!this.#refused) this.#frames.whole();
  };

  readonly onDamage = (): void => {
    this.#frames.reset();
  };

  readonly onScrambled = (): void => {
    this.#notices.once('The sound is scrambled and left out.');
  };

  /** Nothing comes behind what is here. */
  flush(): void {
    // Who was refused is amid a frame, and is asked to end for that very reason.
    if (this.#refused) return;
    this.#frames.whole();
    this.#frames.reset();
  }

  #frame(frame: SoundFrame, data: Buffer, pts: number): void {
    if (this.#refused) return;
    if (frame.refused !== undefined) {
      this.#refused = true;
      this.#onRefused(frame.refused);
      return;
    }
    const units = frame.units ?? [data];
    const each = (frame.samples * 1000) / frame.sampleRate / units.length;
    for (const [i, unit] of units.entries()) {
      if (unit.byteLength === 0) continue;
      if (frame.config !== undefined) this.#tagger.configure(frame.config, pts);
      this.#tagger.push(unit, pts + i * each);
    }
  }
}
