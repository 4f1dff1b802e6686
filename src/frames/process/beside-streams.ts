// The streams beside the video: which are copied into the output, which are left out, and why.
import {
  withoutLog,
  type MediaInputHandle,
  type MediaOutput,
  type PacketFacts,
  type StreamInfo,
} from '../../av/index.js';
import { isFramerailError, type FramerailError } from '../../base/index.js';
import type { ProcessParams, StreamReport } from './process-params.js';

/** Sound and text on their way from an input into an output. */
export class BesideStreams {
  readonly reports: readonly StreamReport[];
  readonly #input: MediaInputHandle;
  readonly #output: MediaOutput;
  readonly #params: ProcessParams;
  /** The decoding time of the last packet of each stream: a seek must not bring it twice. */
  readonly #last = new Map<number, bigint>();
  readonly #texts: ReadonlySet<number>;

  /** Plans each stream and has the input deliver those that are kept. */
  constructor(input: MediaInputHandle, output: MediaOutput, params: ProcessParams, video: number) {
    this.#input = input;
    this.#output = output;
    this.#params = params;
    const reports: StreamReport[] = [];
    // The streams keep their order.
    for (const stream of input.streams) {
      if (stream.index === video) output.reserveVideo();
      else reports.push(this.#plan(stream));
    }
    this.reports = reports;
    this.#texts = new Set(reports.filter(({ kind }) => kind === 'subtitle').map(({ index }) => index));
    const kept = this.reports.filter(({ action }) => action !== 'drop').map(({ index }) => index);
    if (kept.length === 0) return;
    input.listen(kept, {
      packet: (facts) => {
        this.#take(facts);
      },
      restart: () => {
        output.dropHeld();
        this.#last.clear();
      },
    });
  }

  #plan(stream: StreamInfo): StreamReport {
    const { index, kind, codec } = stream;
    const report = { index, kind, codec };
    if (kind === 'video') return { ...report, action: 'drop', why: 'One video stream is processed.' };
    if (kind === 'data') return { ...report, action: 'drop', why: 'Streams of data are not carried over.' };
    const policy = kind === 'audio' ? this.#params.audio : this.#params.subtitles;
    if (policy === 'none') return { ...report, action: 'drop', why: 'It was not wanted.' };
    if (kind === 'audio' && policy === 'auto' && !this.#output.holdsSound)
      return { ...report, action: 'drop', why: `${this.#output.container} holds no sound.` };
    const { sound } = this.#params;
    if (kind === 'audio' && sound !== null) {
      const form = `${String(sound.sampleRate)} samples a second and ${String(sound.channels)} channels`;
      return { ...report, ...this.#encodeAnew(index, `${form} are wanted`) };
    }
    const ask = (): FramerailError | undefined => this.#output.refusalOf(this.#input, index);
    // What a container does not hold is no failure but where a copy was asked for.
    const refusal = policy === 'copy' ? ask() : withoutLog(ask);
    if (refusal === undefined) {
      this.#output.addCopy(this.#input, index);
      return { ...report, action: 'copy', why: undefined };
    }
    if (policy === 'copy') throw refusal;
    if (kind === 'audio')
      return { ...report, ...this.#encodeAnew(index, `${this.#output.container} does not hold ${codec}`) };
    return { ...report, action: 'drop', why: `${this.#output.container} does not hold ${codec}.` };
  }

  #encodeAnew(index: number, because: string): Pick<StreamReport, 'action' | 'why'> {
    try {
      const encoder = this.#output.addSound(this.#input, index, this.#params.sound ?? undefined);
      return { action: 'encode', why: `${because}, so ${encoder} encodes it anew.` };
    } catch (error) {
      if (!isFramerailError(error)) throw error;
      return {
        action: 'drop',
        why: `${because}, and it cannot be encoded anew: ${error.message}`,
      };
    }
  }

  #take({ stream, time, duration, decodeTimestamp }: PacketFacts): void {
    const { from, to } = this.#params;
    // Sound may begin before the first picture, to warm its decoder up: only a range of the caller's own cuts it.
    if (time !== undefined && ((from > 0 && time + duration <= from) || (to !== null && time >= to))) return;
    const last = this.#last.get(stream);
    if (decodeTimestamp !== undefined && last !== undefined && decodeTimestamp <= last) return;
    if (decodeTimestamp !== undefined) this.#last.set(stream, decodeTimestamp);
    // A subtitle is shown for seconds: what is seen of it within the range is carried over.
    const cut = this.#texts.has(stream) && (from > 0 || to !== null);
    const lasting = cut ? (to ?? Number.POSITIVE_INFINITY) - from : undefined;
    this.#output.writeCopy(this.#input, stream, this.#input.startTime + from, lasting);
  }
}
