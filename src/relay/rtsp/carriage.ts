// Which formats of a description can be carried as tags, and how their packets are taken apart.
import type { NalCodecName } from '../elementary/nal-codecs.js';
import type { AudioCodec } from '../elementary/tag-payload.js';
import { AacDepacketizer } from './payload/aac.js';
import { readGeneralAudio } from './payload/aac-config.js';
import type { Complaint, Depacketizer, FrameSink, PictureSink } from './payload/depacketizer.js';
import { FrameDepacketizer } from './payload/frames.js';
import { H264Depacketizer } from './payload/h264.js';
import { HevcDepacketizer } from './payload/hevc.js';
import { LatmDepacketizer, readStreamMuxConfig } from './payload/latm.js';
import { Mp3Depacketizer } from './payload/mp3.js';
import type { MediaDescription, MediaFormat } from './sdp.js';

/** How one format is carried. */
export type Carriage =
  | {
      readonly kind: 'video';
      readonly codec: NalCodecName;
      /** Parameter sets that the description has; broken ones may be among them. */
      readonly parameterSets: readonly Buffer[];
      readonly depacketizer: (onPicture: PictureSink, complain: Complaint) => Depacketizer;
    }
  | {
      readonly kind: 'audio';
      readonly codec: AudioCodec;
      /** What decoders are told. */
      readonly config: Buffer | undefined;
      readonly depacketizer: (onFrame: FrameSink, complain: Complaint) => Depacketizer;
    };

/** How a format is carried, or the end of a sentence that begins with its name and says why not. */
export function carriageOf({ kind, protocol }: MediaDescription, format: MediaFormat): Carriage | string {
  if (/SAVP/.test(protocol)) return 'is encrypted (SRTP), which cannot be read';
  const carried = tableOf(kind)[format.encoding];
  return carried === undefined ? 'cannot be carried' : carried(format);
}

/** Its name in messages; names that come from afar are cut to what a name is. */
export function formatName({ encoding, payloadType }: MediaFormat): string {
  const name = encoding.replace(/[^A-Z0-9.+_-]/g, '').slice(0, 32);
  return name === '' ? `payload type ${String(payloadType)}` : name;
}

type Reader = (format: MediaFormat) => Carriage | string;

const h264: Reader = ({ parameters }) => {
  // RFC 6184 6.4.
  if (parameters.get('packetization-mode') === '2') return 'is interleaved, which cannot be read';
  return {
    kind: 'video',
    codec: 'h264',
    parameterSets: parameterSets(parameters, ['sprop-parameter-sets']),
    depacketizer: (onPicture, complain) => new H264Depacketizer(onPicture, complain),
  };
};

const hevc: Reader = ({ parameters }) => {
  // RFC 7798 7.1: units carry their numbers where they may be sent out of the order of decoding.
  const numbered = Number(parameters.get('sprop-max-don-diff') ?? 0) > 0;
  return {
    kind: 'video',
    codec: 'hevc',
    parameterSets: parameterSets(parameters, ['sprop-vps', 'sprop-sps', 'sprop-pps']),
    depacketizer: (onPicture, complain) => new HevcDepacketizer(numbered, onPicture, complain),
  };
};

/** `mpeg4-generic` (RFC 3640 4.1). */
const aac: Reader = ({ parameters, clockRate }) => {
  const mode = parameters.get('mode')?.toLowerCase();
  if (mode?.startsWith('aac') === false) return 'is no AAC, and cannot be carried';
  const number = (name: string): number => {
    const value = Number(parameters.get(name) ?? 0);
    return Number.isInteger(value) && value >= 0 && value <= 32 ? value : 0;
  };
  if (Number(parameters.get('maxdisplacement') ?? 0) > 0) return 'is interleaved, which cannot be read';
  const config = Buffer.from(parameters.get('config')?.replace(/"/g, '') ?? '', 'hex');
  if (config.byteLength < 2) return 'comes without its configuration, and cannot be carried';
  const constantSize = Number(parameters.get('constantsize') ?? 0);
  const lengths = [number('sizelength'), number('indexlength'), number('indexdeltalength')] as const;
  // Cameras that name the mode alone mean what it stands for (RFC 3640 3.3.5 and 3.3.6).
  const usual = mode === 'aac-lbr' ? ([6, 2, 2] as const) : ([13, 3, 3] as const);
  const [sizeLength, indexLength, indexDeltaLength] = lengths[0] === 0 && !(constantSize > 0) ? usual : lengths;
  const framing = {
    ...{ sizeLength, indexLength, indexDeltaLength },
    constantSize: constantSize > 0 ? constantSize : undefined,
    duration: Number(parameters.get('constantduration') ?? 0) || aacDuration(config, clockRate),
  };
  return {
    kind: 'audio',
    codec: 'aac',
    config,
    depacketizer: (onFrame, complain) => new AacDepacketizer(framing, onFrame, complain),
  };
};

/** `MP4A-LATM` (RFC 6416 7.3). */
const latm: Reader = ({ parameters, clockRate }) => {
  if ((parameters.get('cpresent') ?? '1') !== '0')
    return 'has its configuration within the stream, which cannot be read';
  const mux = readStreamMuxConfig(Buffer.from(parameters.get('config') ?? '', 'hex'));
  if (mux === undefined) return 'has a configuration that cannot be read';
  const { config, frames } = mux;
  const duration = aacDuration(config, clockRate);
  return {
    kind: 'audio',
    codec: 'aac',
    config,
    depacketizer: (onFrame) => new LatmDepacketizer(frames, duration, onFrame),
  };
};

const opus: Reader = ({ parameters }) => ({
  kind: 'audio',
  codec: 'opus',
  // Decoders give as many channels as they are asked for; only who says that he sends one has one (RFC 7587 7.1).
  config: opusHead(parameters.get('sprop-stereo') === '0' ? 1 : 2),
  depacketizer: (onFrame) => new FrameDepacketizer(onFrame),
});

const mp3: Reader = ({ clockRate }) => ({
  kind: 'audio',
  codec: 'mp3',
  config: undefined,
  depacketizer: (onFrame, complain) => new Mp3Depacketizer(clockRate, onFrame, complain),
});

function g711(codec: 'pcm_alaw' | 'pcm_mulaw'): Reader {
  return ({ clockRate, channels = 1 }) => {
    // A tag of it has no room for a rate: it means this one.
    if (clockRate !== 8000 || channels !== 1)
      return `of ${String(clockRate)} Hz and ${String(channels)} channels cannot be carried`;
    return { kind: 'audio', codec, config: undefined, depacketizer: (onFrame) => new FrameDepacketizer(onFrame) };
  };
}

function tableOf(kind: string): Readonly<Record<string, Reader>> {
  return kind === 'video' ? VIDEO : kind === 'audio' ? AUDIO : {};
}

const VIDEO: Readonly<Record<string, Reader>> = { H264: h264, H265: hevc, HEVC: hevc };
const AUDIO: Readonly<Record<string, Reader>> = {
  ...{ 'MPEG4-GENERIC': aac, 'MP4A-LATM': latm, OPUS: opus, MPA: mp3 },
  ...{ PCMA: g711('pcm_alaw'), PCMU: g711('pcm_mulaw') },
};

function parameterSets(parameters: ReadonlyMap<string, string>, names: readonly string[]): Buffer[] {
  return names
    .flatMap((name) => (parameters.get(name) ?? '').split(','))
    .map((text) => Buffer.from(text.trim(), 'base64'))
    .filter((nal) => nal.byteLength > 0);
}

/** Ticks of one frame. */
function aacDuration(config: Uint8Array, clockRate: number): number {
  const { frameLength, sampleRate } = readGeneralAudio(config) ?? { frameLength: 1024, sampleRate: clockRate };
  return (frameLength * clockRate) / sampleRate;
}

/** What an Ogg file has ahead of Opus (RFC 7845 5.1). */
function opusHead(channels: number): Buffer {
  const head = Buffer.alloc(19);
  head.write('OpusHead', 'latin1');
  head[8] = 1;
  head[9] = channels;
  // Nothing is skipped: a stream that is joined has no beginning.
  head.writeUInt32LE(48_000, 12);
  return head;
}
