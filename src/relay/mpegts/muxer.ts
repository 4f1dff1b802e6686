// Tags into an MPEG transport stream (ISO/IEC 13818-1) for live use: nothing waits but a few frames of sound.
import { AudioUntagger } from '../elementary/audio-untagger.js';
import { joinAnnexB } from '../elementary/annex-b.js';
import type { NalCodecName } from '../elementary/nal-codecs.js';
import { VideoUntagger } from '../elementary/video-untagger.js';
import { audioCodec, audioKind, codecTitle, KIND, TAG, videoCodec } from '../flv/tag.js';
import { Notices } from './notices.js';
import { opusChannelCode, opusControl } from './opus.js';
import { PacketWriter, type PesPacket } from './packet-writer.js';
import { PAT_PID, writePat, writePmt, type Descriptor, type StreamEntry } from './psi.js';
import { SoundPacker } from './sound-packer.js';
import { opusExtension, registration, STREAM_TYPE, type SoundCodec } from './stream-types.js';

/** Who takes a transport stream. */
export interface TsMuxerHandlers {
  /** Whole packets of 188 bytes each, one or more; they are the receiver's for good. */
  readonly onPackets: (packets: Buffer) => void;
  /** One sentence on what cannot be carried; said once. */
  readonly onWarning: (message: string) => void;
}

const TICKS_PER_MS = 90;
const PMT_PID = 0x1000;
const FIRST_PID = 0x100;
/** Beyond, numbers of streams begin anew: nobody remembers the first ones. */
const LAST_PID = 0xfff;
const PROGRAM = 1;
const STREAM_ID = { video: 0xe0, audio: 0xc0, privateStream: 0xbd } as const;
/** Ticks between tables: what DVB asks for (ETSI TR 101 290, 1.3 and 1.5: half a second is an error, 100 ms are usual). */
const TABLE_EVERY = 100 * TICKS_PER_MS;
/** Ticks between clocks: DVB's 40 ms; the standard has 100 (2.7.2). */
const CLOCK_EVERY = 40 * TICKS_PER_MS;
/**
 * Ticks by which the clock is behind the times of decoding. A receiver shows nothing earlier than its clock says, so this is
 * delay for everybody, and FFmpeg's 700 ms are for files, whose bytes come at an even rate. Here a picture comes at once;
 * what must fit in is that sound waits in its packs and is written by the origin a little later than its pictures. Where an
 * origin's tracks are further apart, it grows by what was missing, once.
 */
const FIRST_DELAY = 100 * TICKS_PER_MS;
const MOST_DELAY = 1000 * TICKS_PER_MS;
/** Beyond what was missing. */
const SPARE = 20 * TICKS_PER_MS;
/** Added to all times, so that no clock is below zero. */
const BEGIN = MOST_DELAY;

/** Access unit delimiters (H.264 7.3.2.4, H.265 7.3.2.5) that allow pictures of any kind: transport streams must have them. */
const DELIMITER: Readonly<Record<NalCodecName, Buffer>> = {
  h264: Buffer.from([0x09, 0xf0]),
  hevc: Buffer.from([0x46, 0x01, 0x50]),
};

/** What a PMT says of each codec. */
const ENTRIES: Readonly<Record<NalCodecName | SoundCodec, Omit<StreamEntry, 'pid'>>> = {
  h264: { type: STREAM_TYPE.h264, descriptors: [] },
  hevc: { type: STREAM_TYPE.hevc, descriptors: [registration('HEVC')] },
  aac: { type: STREAM_TYPE.aac, descriptors: [] },
  mp3: { type: STREAM_TYPE.mpeg1Audio, descriptors: [] },
  ac3: { type: STREAM_TYPE.ac3, descriptors: [registration('AC-3')] },
  eac3: { type: STREAM_TYPE.eac3, descriptors: [registration('EAC3')] },
  opus: { type: STREAM_TYPE.privatePes, descriptors: [registration('Opus')] },
};

/** A stream that was announced. */
interface OutStream {
  readonly codec: string;
  readonly entry: StreamEntry;
}

/** Writes one program with at most one video and one sound; either may come at any time, and change. */
export class TsMuxer {
  readonly #handlers: TsMuxerHandlers;
  readonly #notices: Notices;
  readonly #writer = new PacketWriter();
  readonly #pictures = new VideoUntagger();
  readonly #sounds = new AudioUntagger();
  #video: OutStream | undefined;
  #audio: OutStream | undefined;
  #packer: SoundPacker | undefined;
  #nextPid = FIRST_PID;
  #version = -1;
  #pmt: Buffer = Buffer.alloc(0);
  #changed = false;
  /** When tables were last written, and the clock last told, in its ticks. */
  #tablesAt: number | undefined;
  #clockAt: number | undefined;
  /** The clock, which never goes back. */
  #clock: number | undefined;
  #delay = FIRST_DELAY;
  /** The latest time of decoding of any stream. */
  #latest = -Infinity;

  constructor(handlers: TsMuxerHandlers) {
    this.#handlers = handlers;
    this.#notices = new Notices(handlers.onWarning);
  }

  /** Takes the payload of a sequence header; its stream is announced with what is written next. */
  setup(type: number, payload: Buffer): void {
    if (type === TAG.video) {
      this.#pictures.read(payload);
      this.#addVideo(payload);
    } else if (type === TAG.audio) {
      this.#sounds.read(payload);
      this.#addAudio(payload);
    }
  }

  /**
   * Takes a tag of media.
   * @param kind - bits of `KIND`
   * @param time - when it is decoded, in milliseconds, not wrapped
   */
  media(type: number, kind: number, time: number, payload: Buffer): void {
    if ((kind & KIND.header) !== 0) this.setup(type, payload);
    else if ((kind & KIND.media) === 0) return;
    else if (type === TAG.video) this.#picture(time, payload);
    else if (type === TAG.audio) this.#sound(time, payload);
  }

  /** Writes the frames of sound that wait for others: at the end of a stream or of a segment. */
  flush(): void {
    this.#packer?.flush();
  }

  /** What is written next begins a segment that somebody may begin with: tables and the clock go ahead of it. */
  restart(): void {
    this.#tablesAt = undefined;
    this.#clockAt = undefined;
  }

  #picture(time: number, payload: Buffer): void {
    const unit = this.#pictures.read(payload);
    const stream = this.#addVideo(payload);
    if (unit === undefined || stream === undefined) return;
    const dts = BEGIN + time * TICKS_PER_MS;
    const pts = dts + unit.composition * TICKS_PER_MS;
    // Sound that waits is older, and must not come behind a clock that has passed it.
    this.#packer?.flushBefore(dts);
    this.#write({
      pid: stream.entry.pid,
      streamId: STREAM_ID.video,
      // Some encoders put pictures ahead of their own decoding; nothing is shown earlier than that.
      ...{ pts, dts: Math.min(dts, pts), pcr: undefined },
      payload: joinAnnexB([DELIMITER[unit.codec], ...unit.nals]),
      randomAccess: unit.keyframe,
    });
  }

  #sound(time: number, payload: Buffer): void {
    const frame = this.#sounds.read(payload);
    if (this.#addAudio(payload) === undefined) return;
    if (frame === undefined) {
      if ((audioKind(payload) & KIND.media) !== 0 && this.#sounds.config !== undefined)
        this.#notices.once('This AAC cannot be framed for MPEG-TS and is left out.');
      return;
    }
    const { data } = frame;
    const framed = frame.codec === 'opus' ? Buffer.concat([opusControl(data.byteLength), data]) : Buffer.from(data);
    this.#packer?.push(framed, BEGIN + time * TICKS_PER_MS);
  }

  /** The stream of a video tag, which is announced when it is new; undefined for one that cannot be carried. */
  #addVideo(payload: Buffer): OutStream | undefined {
    const { codec } = this.#pictures;
    const named = videoCodec(payload);
    if (codec === undefined || (named !== undefined && named !== codec)) {
      if (named !== 'h264' && named !== 'hevc') this.#leaveOut('video', named);
      return undefined;
    }
    if (this.#video?.codec !== codec) this.#video = this.#announce(codec, ENTRIES[codec]);
    return this.#video;
  }

  #addAudio(payload: Buffer): OutStream | undefined {
    const codec = audioCodec(payload);
    const descriptors = isSound(codec) ? this.#descriptors(codec) : undefined;
    if (!isSound(codec) || descriptors === undefined) {
      this.#leaveOut('sound', codec);
      return undefined;
    }
    if (this.#audio?.codec === codec && sameDescriptors(this.#audio.entry.descriptors, descriptors)) return this.#audio;
    // AAC without its header cannot be framed, and may yet have one.
    if (codec === 'aac' && this.#sounds.aac === undefined) return undefined;
    this.#packer?.flush();
    const stream = this.#announce(codec, { type: ENTRIES[codec].type, descriptors });
    this.#audio = stream;
    this.#packer = new SoundPacker(codec, ({ pts, payload: frames }) => {
      const streamId = codec === 'aac' || codec === 'mp3' ? STREAM_ID.audio : STREAM_ID.privateStream;
      const { pid } = stream.entry;
      this.#write({ pid, streamId, pts, dts: pts, payload: frames, pcr: undefined, randomAccess: false });
    });
    return stream;
  }

  /** Undefined for channels that have no number. */
  #descriptors(codec: SoundCodec): readonly Descriptor[] | undefined {
    const { descriptors } = ENTRIES[codec];
    if (codec !== 'opus') return descriptors;
    const { config } = this.#sounds;
    // Opus may come without a header: then it has two channels at most, and decoders make two of one.
    const code = config === undefined ? 2 : opusChannelCode(config);
    return code === undefined ? undefined : [...descriptors, opusExtension(code)];
  }

  #leaveOut(what: string, codec: string | undefined): void {
    this.#notices.once(
      `MPEG-TS cannot carry the ${what} and it is left out: ${codec === undefined ? 'an unknown codec' : codecTitle(codec)}.`,
    );
  }

  /** A new stream, or one of another codec, gets a number of its own: receivers take it for what it is. */
  #announce(codec: string, entry: Omit<StreamEntry, 'pid'>): OutStream {
    const pid = this.#nextPid;
    this.#nextPid = pid === LAST_PID ? FIRST_PID : pid + 1;
    this.#changed = true;
    return { codec, entry: { ...entry, pid } };
  }

  /** Writes a PES packet behind the tables and the clock that are due. */
  #write(pes: PesPacket): void {
    const clock = this.#tick(pes.dts);
    const clockPid = (this.#video ?? this.#audio)?.entry.pid ?? pes.pid;
    if (this.#changed || pes.randomAccess || clock - (this.#tablesAt ?? -Infinity) >= TABLE_EVERY)
      this.#tables(clock, clockPid);
    const own = pes.pid === clockPid;
    const due = clock - (this.#clockAt ?? -Infinity) >= CLOCK_EVERY;
    if (due || (own && clock !== this.#clockAt)) this.#clockAt = clock;
    if (due && !own) this.#handlers.onPackets(this.#writer.clock(clockPid, clock));
    this.#handlers.onPackets(this.#writer.pes({ ...pes, pcr: own && this.#clockAt === clock ? clock : undefined }));
  }

  /** The clock at the time that something is written which is decoded then. */
  #tick(dts: number): number {
    const before = this.#clock ?? -Infinity;
    this.#latest = Math.max(this.#latest, dts);
    // It comes later than it is decoded: the clock stands still until there is as much time as this needs.
    if (dts < before) this.#delay = Math.max(this.#delay, Math.min(MOST_DELAY, this.#latest - dts + SPARE));
    this.#clock = Math.max(before, dts - this.#delay);
    return this.#clock;
  }

  #tables(clock: number, clockPid: number): void {
    if (this.#changed) {
      this.#changed = false;
      this.#version = (this.#version + 1) % 32;
      const streams = [this.#video, this.#audio].flatMap((stream) => (stream === undefined ? [] : [stream.entry]));
      this.#pmt = writePmt({ program: PROGRAM, clockPid, descriptors: [], streams }, this.#version);
    }
    this.#tablesAt = clock;
    const pat = this.#writer.section(PAT_PID, writePat(1, { number: PROGRAM, pid: PMT_PID }));
    this.#handlers.onPackets(Buffer.concat([pat, this.#writer.section(PMT_PID, this.#pmt)]));
  }
}

function isSound(codec: string | undefined): codec is SoundCodec {
  return codec === 'aac' || codec === 'mp3' || codec === 'ac3' || codec === 'eac3' || codec === 'opus';
}

function sameDescriptors(one: readonly Descriptor[], other: readonly Descriptor[]): boolean {
  return (
    one.length === other.length && one.every(({ tag, data }, i) => other[i]?.tag === tag && other[i].data.equals(data))
  );
}
