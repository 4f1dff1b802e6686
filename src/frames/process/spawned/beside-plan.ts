// The streams beside the video, where commands run: which are copied, which are encoded anew, which are left out.
import { devNull } from 'node:os';
import type { StreamInfo } from '../../../av/index.js';
import { FramerailError } from '../../../base/index.js';
import { SOUND_DECODERS } from '../../../sources/index.js';
import { BITS_PER_CHANNEL, isUnplayable, soundEncoderFor, soundRateFor } from '../../../spelling/index.js';
import { hasSoundEncoder, type CommandSession } from '../../../spawned/index.js';
import type { ProcessParams, SoundForm, StreamReport } from '../process-params.js';

/** A stream of the input, and what an ffmpeg is told to do with it. */
interface Planned {
  readonly report: StreamReport;
  /** Its codec in the output, and options of it. */
  readonly codec: string | undefined;
  readonly bitrate: number | undefined;
  /** The form that sound is brought to; undefined to leave it. */
  readonly form?: SoundForm | undefined;
}

/** Copies that need no try, by container; nobody has to start a command to know them. */
const KNOWN: Readonly<Record<string, RegExp>> = {
  mp4: /^(aac|mp3|e?ac3|alac|opus|mov_text)$/,
  mov: /^(aac|mp3|e?ac3|alac|pcm_s16le|mov_text)$/,
  ipod: /^(aac|alac)$/,
  matroska: /^(aac|mp[23]|e?ac3|alac|opus|vorbis|flac|dts|truehd|pcm_s16le|subrip|ass|webvtt)$/,
  webm: /^(opus|vorbis|webvtt)$/,
  mpegts: /^(aac|mp[23]|e?ac3|opus|dvb_subtitle)$/,
  flv: /^(aac|mp3)$/,
};

/** What becomes of every stream beside the video. */
export class BesidePlan {
  readonly #planned: readonly Planned[];

  private constructor(planned: readonly Planned[]) {
    this.#planned = planned;
  }

  /** Decides about each stream; throws FR_OUTPUT_FAILED for a copy that was asked for and cannot be. */
  static async make(
    session: CommandSession,
    streams: readonly StreamInfo[],
    video: number,
    params: Pick<ProcessParams, 'audio' | 'sound' | 'subtitles'>,
    container: string,
  ): Promise<BesidePlan> {
    const beside = streams.filter(({ index }) => index !== video);
    return new BesidePlan(await Promise.all(beside.map((stream) => plan(session, stream, params, container))));
  }

  /** The same without any stream, since the source can be read only once. */
  static none(streams: readonly StreamInfo[], video: number, why: string): BesidePlan {
    const beside = streams.filter(({ index }) => index !== video);
    return new BesidePlan(beside.map((stream) => dropped(stream, why)));
  }

  /** What became of each stream. */
  get reports(): StreamReport[] {
    return this.#planned.map(({ report }) => report);
  }

  /** Whether any is carried over. */
  get any(): boolean {
    return this.#planned.some(({ codec }) => codec !== undefined);
  }

  /**
   * Maps the video and the streams beside it, in the order of the input.
   * @param video - the number of the video stream in the source
   * @param from - which input is the video, and which one the source
   */
  maps(video: number, from: { readonly video: string; readonly source: number }): string[] {
    const args: string[] = [];
    let place = 0;
    let done = false;
    const mapVideo = (): void => {
      done = true;
      place += 1;
      args.push('-map', from.video);
    };
    for (const { report, codec, bitrate, form } of this.#planned) {
      if (!done && report.index > video) mapVideo();
      if (codec === undefined) continue;
      args.push('-map', `${String(from.source)}:${String(report.index)}`, `-c:${String(place)}`, codec);
      if (bitrate !== undefined) args.push(`-b:${String(place)}`, String(bitrate));
      if (form !== undefined)
        args.push(`-ar:${String(place)}`, String(form.sampleRate), `-ac:${String(place)}`, String(form.channels));
      place += 1;
    }
    if (!done) mapVideo();
    return args;
  }
}

function dropped(stream: StreamInfo, why: string): Planned {
  const { index, kind, codec } = stream;
  return { report: { index, kind, codec, action: 'drop', why }, codec: undefined, bitrate: undefined };
}

async function plan(
  session: CommandSession,
  stream: StreamInfo,
  params: Pick<ProcessParams, 'audio' | 'sound' | 'subtitles'>,
  container: string,
): Promise<Planned> {
  const { index, kind, codec } = stream;
  if (kind === 'video') return dropped(stream, 'One video stream is processed.');
  if (kind === 'data') return dropped(stream, 'Streams of data are not carried over.');
  const policy = kind === 'audio' ? params.audio : params.subtitles;
  if (policy === 'none') return dropped(stream, 'It was not wanted.');
  const sound = kind === 'audio' ? params.sound : null;
  if (sound === null && (await canCopy(session, stream, container)))
    return { report: { index, kind, codec, action: 'copy', why: undefined }, codec: 'copy', bitrate: undefined };
  if (policy === 'copy')
    throw new FramerailError('FR_OUTPUT_FAILED', `${container} does not hold ${codec}.`, { details: { codec } });
  if (kind === 'subtitle') return dropped(stream, `${container} does not hold ${codec}.`);
  const encoder = soundEncoderFor(container);
  const refusal = !SOUND_DECODERS.test(codec)
    ? `The sound needs a decoder that is missing or not allowed (${codec}).`
    : (await hasSoundEncoder(encoder))
      ? undefined
      : `This FFmpeg build has no encoder ${encoder}.`;
  const because =
    sound === null
      ? `${container} does not hold ${codec}`
      : `${String(sound.sampleRate)} samples a second and ${String(sound.channels)} channels are wanted`;
  if (refusal !== undefined) return dropped(stream, `${because}, and it cannot be encoded anew: ${refusal}`);
  const why = `${because}, so ${encoder} encodes it anew.`;
  const { channels, sampleRate } = sound ?? { channels: stream.channels ?? 2, sampleRate: stream.sampleRate ?? 48_000 };
  const rate = soundRateFor(container, sampleRate);
  const form = sound === null && rate === sampleRate ? undefined : { sampleRate: rate, channels };
  return {
    report: { index, kind, codec, action: 'encode', why },
    codec: encoder,
    bitrate: BITS_PER_CHANNEL * channels,
    form,
  };
}

/** Whether a container takes a stream as it is: each muxer knows only by itself, so a little is written to nowhere. */
async function canCopy(session: CommandSession, { index, codec }: StreamInfo, container: string): Promise<boolean> {
  if (KNOWN[container]?.test(codec) === true) return true;
  // These say no to everything else, and nobody connects to a live source once more to hear it.
  if (isUnplayable(container, codec) || container === 'webm' || session.source.kind === 'live') return false;
  const command = session.startReading('head', {
    command: 'ffmpeg',
    args: [
      ...['-hide_banner', '-nostdin', '-nostats', '-y', '-loglevel', 'level+error', '-t', '1', ...session.inputArgs],
      ...['-map', `0:${String(index)}`, '-c', 'copy', '-f', container, devNull],
    ],
  });
  return (await command.end())?.code === 0;
}
