// How far a running process is: frames, speed, and how long it will take, as far as anybody knows.
import { messageOf } from '../../base/index.js';
import type { ProcessEvent } from './process-params.js';

/** How far it is. */
export interface ProcessProgress {
  /** Frames that went into the encoder. */
  readonly frames: number;
  /** Seconds of the output so far. */
  readonly time: number;
  /** Bytes of the output so far. */
  readonly bytes: number;
  /** Frames per second of wall time, since the first one. */
  readonly fps: number;
  /** Seconds of video for each second of wall time. */
  readonly speed: number;
  /** 0 to 100; undefined when the input does not say how long it is. */
  readonly percent: number | undefined;
  /** Seconds of wall time that are left at this speed; undefined when nobody knows. */
  readonly eta: number | undefined;
  /** The encoder that runs; undefined before it is known. */
  readonly encoder: string | undefined;
}

/** Keeps count, and tells a listener. */
export class ProgressMeter {
  readonly #listener: ((progress: ProcessProgress) => void) | undefined;
  #started = performance.now();
  #duration: number | undefined;
  #encoder: string | undefined;
  #frames = 0;
  #time = 0;
  #bytes = 0;
  #ended = false;
  #blamed = false;

  constructor(listener: ((progress: ProcessProgress) => void) | undefined) {
    this.#listener = listener;
  }

  /** Hears what the job says. */
  hear(event: ProcessEvent): void {
    if (event.kind === 'started') {
      this.#started = performance.now();
      this.#duration = event.duration;
      this.#encoder = event.encoder?.name;
      return;
    }
    if (event.kind === 'encoder') this.#encoder = event.encoder.name;
    if (event.kind !== 'progress') return;
    this.#frames = event.frames;
    this.#time = event.time;
    this.#bytes = event.bytes;
    if (!this.#ended) this.#tell();
  }

  /** A listener that throws is no reason to lose the video: it is a warning, once. */
  #tell(): void {
    try {
      this.#listener?.(this.now());
    } catch (error) {
      if (this.#blamed) return;
      this.#blamed = true;
      const reason = messageOf(error);
      process.emitWarning(`\`onProgress\` failed: ${reason}. It is called again, but not reported again.`, {
        code: 'FRAMERAIL_LISTENER',
      });
    }
  }

  /** How far it is now. */
  now(): ProcessProgress {
    const seconds = (performance.now() - this.#started) / 1000;
    const speed = seconds > 0 ? this.#time / seconds : 0;
    const done = this.#duration === undefined || this.#duration <= 0 ? undefined : this.#time / this.#duration;
    const left = this.#duration === undefined || speed === 0 ? undefined : (this.#duration - this.#time) / speed;
    return {
      frames: this.#frames,
      time: this.#time,
      bytes: this.#bytes,
      fps: seconds > 0 ? this.#frames / seconds : 0,
      speed,
      percent: done === undefined ? undefined : Math.min(100, done * 100),
      eta: left === undefined ? undefined : Math.max(0, left),
      encoder: this.#encoder,
    };
  }

  /** Nobody is told any more. */
  end(): void {
    this.#ended = true;
  }
}
