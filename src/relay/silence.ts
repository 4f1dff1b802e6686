// A track of silence for streams without sound: some platforms take no stream that has none.
import { aacSilence } from './elementary/aac-silence.js';
import { audioFrameTag, audioHeaderTag } from './elementary/tag-payload.js';
import { audioBody } from './flv/body.js';

/** AAC-LC, 48 kHz, stereo: what platforms ask for. */
const USUAL = Buffer.from([0x11, 0x90]);
/** Milliseconds for which sound may be missing until silence takes its place, where there was sound. */
const PATIENCE = 1000;
/** The longest hole that is filled; beyond, time has leapt. Milliseconds. */
const LONGEST = 5000;

/** Fills what sound leaves empty, paced by the pictures. */
export class Silence {
  readonly #emit: (time: number, payload: Buffer) => void;
  /** Undefined where the stream's own sound is of a kind that has no silence here. */
  #quiet = aacSilence(USUAL);
  /** Whether the stream has sound of its own now. */
  #heard = false;
  /** When the last sound of the stream came, or up to when there is silence. Milliseconds; undefined before either. */
  #until: number | undefined;

  /** @param emit - takes a frame of silence at its time */
  constructor(emit: (time: number, payload: Buffer) => void) {
    this.#emit = emit;
  }

  /** The sequence header of the silence of a stream that never had sound. */
  static header(): Buffer {
    return audioHeaderTag('aac', USUAL) ?? Buffer.alloc(0);
  }

  /** Takes the sequence header of the stream's own sound: silence goes on in its form, where that is AAC. */
  follow(header: Buffer): void {
    const found = audioBody(header);
    this.#quiet = found?.codec === 'aac' && found.packet === 'header' ? aacSilence(found.data) : undefined;
  }

  /** There is sound of the stream's own at a time; false where silence was told for that time: it is left out then. */
  sound(time: number): boolean {
    if (!this.#heard && this.#until !== undefined && time < this.#until) return false;
    this.#heard = true;
    this.#until = time;
    return true;
  }

  /** There is a picture at a time: sound that belongs ahead of it is here, or is missing. */
  picture(time: number): void {
    if (this.#quiet === undefined) return;
    const { frame, duration } = this.#quiet;
    let until = this.#until ?? time;
    if (this.#heard && time - until < PATIENCE) return;
    if (this.#heard) until += duration;
    this.#heard = false;
    if (Math.abs(time - until) > LONGEST) until = time;
    const payload = audioFrameTag('aac', frame);
    for (; until <= time; until += duration) this.#emit(Math.round(until), payload);
    this.#until = until;
  }
}
