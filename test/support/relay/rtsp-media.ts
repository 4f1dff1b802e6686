// Pictures and sound of a scripted RTSP server, and an RTSP origin without a relay around it.
import { onTestFinished } from 'vitest';
import type { FramerailError } from '#dist/index.js';
import type { Origin, OriginHints, OriginOptions, OriginSource } from '#dist/relay/origin.js';
import { rtspOrigin, type RtspRules } from '#dist/relay/rtsp/rtsp-origin.js';
import { Journal } from './journal.js';
import { aacPayload, h264Payloads, RtpSender } from './rtp.js';
import { isHeader } from './stream.js';
import { AUDIO, VIDEO, type Tag } from './tags.js';

/** Who sends pictures, and who sends sound. */
export const SOURCES = { video: 0x1111_1111, audio: 0x2222_2222 } as const;
const SPS = Buffer.from('674d401ee8805017fcb80880', 'hex');
const PPS = Buffer.from('68ebef20', 'hex');
/** Bytes of a picture, so that it takes some packets. */
const BYTES = 3000;
const PACKET = 1000;
const SOUND = 200;

/** Packets of pictures and sound of a clock of its own each. */
export class MediaSender {
  readonly video: RtpSender;
  readonly audio: RtpSender;
  readonly #first: { readonly video: number; readonly audio: number };

  /** @param first - the timestamps at zero */
  constructor(
    first: { readonly video: number; readonly audio: number } = { video: 0, audio: 0 },
    sources: { video: number; audio: number } = SOURCES,
  ) {
    this.video = new RtpSender(96, sources.video, 65_530);
    this.audio = new RtpSender(97, sources.audio, 65_530);
    this.#first = first;
  }

  /** The timestamp of a moment in milliseconds. */
  stamp(kind: 'video' | 'audio', time: number): number {
    return Math.round(this.#first[kind] + time * (kind === 'video' ? 90 : 48));
  }

  /** A picture with its number in it. */
  picture(time: number, number: number, key = false): Buffer[] {
    const slice = Buffer.alloc(BYTES, (number % 250) + 1);
    slice[0] = key ? 0x65 : 0x41;
    slice[1] = 0x88;
    slice.write(`#${String(number)}#`, 2);
    const nals = key ? [SPS, PPS, slice] : [slice];
    return this.video.packets(h264Payloads(nals, { size: PACKET }), this.stamp('video', time));
  }

  /** A frame of sound with its number in it. */
  sound(time: number, number: number): Buffer[] {
    const frame = Buffer.alloc(SOUND, (number % 250) + 1);
    frame.write(`#${String(number)}#`);
    return this.audio.packets([aacPayload([frame])], this.stamp('audio', time));
  }
}

/** The number in a tag of media; undefined in others. */
export function numberOf({ payload }: Pick<Tag, 'payload'>): number | undefined {
  const found = /#(\d+)#/.exec(payload.subarray(0, 40).toString('latin1'))?.[1];
  return found === undefined ? undefined : Number(found);
}

/** What an origin told. */
export interface OpenedOrigin {
  readonly origin: Origin;
  readonly source: OriginSource;
  readonly tags: Journal<Tag>;
  readonly warnings: string[];
  readonly hints: OriginHints[];
  /** Resolves when it plays. */
  readonly playing: Promise<void>;
  /** Resolves with how it ended. */
  readonly ended: Promise<FramerailError | undefined>;
  /** Tags of pictures or of sound, without their headers. */
  media(kind?: 'video' | 'audio'): Tag[];
}

/** Opens an address; it is closed with the running test. */
export function opened(
  url: string | OriginSource,
  options: Partial<OriginOptions> = {},
  rules: RtspRules = {},
): OpenedOrigin {
  const source = typeof url === 'string' ? rtspOrigin('from', url, rules) : url;
  const tags = new Journal<Tag>();
  const warnings: string[] = [];
  const hints: OriginHints[] = [];
  let play: () => void = () => undefined;
  const playing = new Promise<void>((resolve) => (play = resolve));
  let end: (error: FramerailError | undefined) => void = () => undefined;
  const ended = new Promise<FramerailError | undefined>((resolve) => (end = resolve));
  const origin = source.open(
    {
      onOpen: () => play(),
      onHints: (hint) => hints.push(hint),
      onTag: (type, timestamp, payload) => tags.push({ type, timestamp, payload: Buffer.from(payload) }),
      onTurn: () => undefined,
      onWarning: (message) => warnings.push(message),
      onEnd: (error) => end(error),
    },
    { timeout: 10_000, verify: false, allowHosts: [], ...options },
  );
  onTestFinished(() => origin.close());
  const types = { video: VIDEO, audio: AUDIO };
  return {
    ...{ origin, source, tags, warnings, hints, playing, ended },
    media: (kind) => tags.items.filter((tag) => !isHeader(tag) && (kind === undefined || tag.type === types[kind])),
  };
}
