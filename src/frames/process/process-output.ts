// The output of a process job: the encoded video, and the streams beside it.
import {
  colorOf,
  DRAWN,
  EncodeLane,
  MediaOutput,
  type ColorTags,
  type EncoderChange,
  type EncoderReport,
  type MediaInputHandle,
  type Picture,
  type VideoStreamInfo,
  type VideoTiming,
} from '../../av/index.js';
import { aspectAfter, isRgb, type Size } from '../../pixels/index.js';
import type { JobContext } from '../../workers/index.js';
import { BesideStreams } from './beside-streams.js';
import { hardwareDoor } from './hardware-door.js';
import { MAX_UNWRITTEN, openTarget, type OpenTarget } from './output-target.js';
import type { OutputSpec, ProcessCommand, ProcessEvent, ProcessParams, StreamReport } from './process-params.js';

/** What an output is made from. */
export interface OutputSetup {
  readonly input: MediaInputHandle;
  readonly stream: VideoStreamInfo;
  readonly params: ProcessParams;
  readonly context: JobContext;
  readonly output: OutputSpec;
}

/** An output that is being written. */
export class ProcessOutput {
  readonly #setup: OutputSetup;
  readonly #target: OpenTarget;
  readonly #media: MediaOutput;
  readonly #beside: BesideStreams;
  #lane: EncodeLane | undefined;

  /** Opens the output and has the input deliver what is copied; call it before anything is decoded. */
  constructor(setup: OutputSetup) {
    const { input, stream, params, context, output } = setup;
    this.#setup = setup;
    this.#target = openTarget(output, context);
    try {
      this.#media = MediaOutput.open(this.#target, { container: output.container ?? undefined });
    } catch (error) {
      this.#target.close();
      throw error;
    }
    try {
      this.#media.copyMetadata(input);
      this.#beside = new BesideStreams(input, this.#media, params, stream.index);
    } catch (error) {
      this.#media.close();
      this.#target.close();
      throw error;
    }
  }

  /** The encoder that runs; undefined before the first picture. */
  get encoder(): EncoderReport | undefined {
    return this.#lane?.report;
  }

  /** FFmpeg's name of the container. */
  get container(): string {
    return this.#media.container;
  }

  /** Bytes written so far. */
  get bytes(): number {
    return this.#media.size;
  }

  /** Whether anything is carried over beside the video. */
  get carries(): boolean {
    return this.#beside.reports.some(({ action }) => action !== 'drop');
  }

  /** What became of each stream of the input. */
  get streams(): StreamReport[] {
    const { index, kind, codec } = this.#setup.stream;
    const video: StreamReport = { index, kind, codec, action: 'encode', why: this.encoder?.why };
    return [video, ...this.#beside.reports].sort((a, b) => a.index - b.index);
  }

  /**
   * Opens the encoder and writes the header.
   * @param first - the first picture, as it was before it was converted for JavaScript
   * @param form - what the pictures that come look like
   * @param converted - what their samples mean, where JavaScript sees YUV or gray
   * @returns whether the parent said meanwhile that nothing more shall be read
   */
  async begin(
    first: Picture,
    form: { readonly size: Size; readonly format: string },
    timing: VideoTiming,
    converted: ColorTags | undefined,
  ): Promise<boolean> {
    const { input, params, context } = this.#setup;
    const own = isRgb(first.format) ? DRAWN : colorOf(first);
    const early: EncoderChange[] = [];
    let finish = false;
    const lane = await EncodeLane.open({
      wish: params.encoder,
      input: {
        ...form,
        original: first.format,
        color: converted === undefined || form.format.startsWith('gray') ? own : converted,
        timeBase: timing.timeBase,
        frameRate: timing.frameRate,
        pixelAspect: aspectAfter(timing.pixelAspect, first, form.size),
      },
      output: this.#media,
      threads: params.threads,
      hardware: hardwareDoor(context, (mail) => {
        // No frame can come back before the first one went out.
        const command = mail.kind === 'command' ? (mail.payload as ProcessCommand) : undefined;
        if (command?.kind === 'update') early.push(command.change);
        if (command?.kind === 'finish') finish = true;
      }),
      onChange: (encoder) => {
        context.notify({ kind: 'encoder', encoder } satisfies ProcessEvent);
      },
    });
    for (const change of early) lane.change(change);
    this.#lane = lane;
    lane.announce({ input, orientation: !params.upright });
    this.#media.begin();
    return finish;
  }

  /** Encodes a picture, whose owner may use it again at once. */
  send(picture: Picture, timestamp: bigint, duration: bigint): void {
    this.#lane?.send(picture, timestamp, duration);
  }

  /** Changes the running encode, from the next picture on. */
  change(change: EncoderChange): void {
    this.#lane?.change(change);
  }

  /** Waits while too many bytes are on their way. */
  async settle(): Promise<void> {
    await this.#setup.context.room(MAX_UNWRITTEN);
  }

  /** Writes what is left and the end of the container. */
  finish(): void {
    this.#lane?.finish();
    this.#media.finish();
  }

  close(): void {
    this.#lane?.close();
    this.#media.close();
    this.#target.close();
  }
}
