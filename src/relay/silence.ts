// A track of silence for streams without sound: some platforms take no stream that has none.
import { readAacConfig } from './elementary/aac.js';
import { audioFrameTag, audioHeaderTag } from './elementary/tag-payload.js';
import { audioBody } from './flv/body.js';

/** AAC-LC, 48 kHz, stereo: what platforms ask for. */
const USUAL = Buffer.from([0x11, 0x90]);
/** Samples of a frame of AAC. */
const SAMPLES = 1024;
const AAC_LC = 2;
/**
 * Frames of AAC-LC whose bands are all empty (ISO/IEC 14496-3, 4.4.2): one element with max_sfb 0, and the mark of the
 * end. They are the same at every rate.
 */
const FRAMES: Readonly<Record<number, readonly number[]>> = { 1: [0, 0, 0, 7], 2: [0x21, 0, 0, 0, 0, 0x1c] };
/** Milliseconds for which sound may be missing until silence takes its place, where there was sound. */
const PATIENCE = 1000;
/** The longest hole that is filled; beyond, time has leapt. Milliseconds. */
const LONGEST = 5000;

/** Fills what sound leaves empty, paced by the pictures. */
export class Silence {
  readonly #emit: (time: number, payload: Buffer) => void;
  #frame = frameOf(2);
  /** Milliseconds of a frame. */
  #step = (SAMPLES * 1000) / 48_000;
  /** Whether the stream has sound of its own now. */
  #heard = false;
  /** When the last sound of the stream came, or up to when there is silence. Milliseconds; undefined before either. */
  #until: number | undefined;
  #able = true;

  /** @param emit - takes a frame of silence at its time */
  constructor(emit: (time: number, payload: Buffer) => void) {
    this.#emit = emit;
  }

  /** The sequence header of the silence of a stream that never had sound. */
  static header(): Buffer {
    return audioHeaderTag('aac', USUAL) ?? Buffer.alloc(0);
  }

  /** Takes the sequence header of the stream's own sound: silence goes on in its form, where that is AAC of one or two channels. */
  follow(header: Buffer): void {
    const found = audioBody(header);
    const config = found?.codec === 'aac' && found.packet === 'header' ? readAacConfig(found.data) : undefined;
    this.#able = config?.objectType === AAC_LC && config.channels in FRAMES;
    if (config === undefined || !this.#able) return;
    this.#frame = frameOf(config.channels);
    this.#step = (SAMPLES * 1000) / config.sampleRate;
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
    if (!this.#able) return;
    let until = this.#until ?? time;
    if (this.#heard && time - until < PATIENCE) return;
    if (this.#heard) until += this.#step;
    this.#heard = false;
    if (Math.abs(time - until) > LONGEST) until = time;
    for (; until <= time; until += this.#step) this.#emit(Math.round(until), this.#frame);
    this.#until = until;
  }
}

function frameOf(channels: number): Buffer {
  return audioFrameTag('aac', Uint8Array.from(FRAMES[channels] ?? []));
}
