// One stream of a session: its packets in, its tags out.
import { monotonicNow } from '../../base/index.js';
import { AudioTagger } from '../elementary/audio-tagger.js';
import { VideoTagger, type TagSink } from '../elementary/video-tagger.js';
import type { Carriage } from './carriage.js';
import type { Depacketizer } from './payload/depacketizer.js';
import { ReceptionCounter } from './reception.js';
import { readRtcp, receiverReport } from './rtcp.js';
import { readRtp, type RtpPacket } from './rtp.js';
import type { MediaFormat } from './sdp.js';
import { Sequencer, type Patience } from './sequencer.js';
import type { StreamClock } from './timeline.js';

/** What a stream is, and who hears of it. */
export interface RtspStreamOptions {
  readonly carriage: Carriage;
  readonly format: MediaFormat;
  readonly clock: StreamClock;
  readonly onTag: TagSink;
  /** All that came together was handed over. */
  readonly onTurn: () => void;
  /** Packets cannot be read: the end of a sentence that begins with the stream; said once. */
  readonly onComplaint: (what: string) => void;
  /** Its sender says that it has ended. */
  readonly onBye: () => void;
}

/** Receives one stream. */
export class RtspStream {
  /** Whether its sender has said that it ended, and sent nothing since. */
  ended = false;
  readonly #options: RtspStreamOptions;
  readonly #sequencer: Sequencer;
  readonly #depacketizer: Depacketizer;
  /** Makes known what the description said of the stream; it waits for the stream to be there. */
  #introduce: (() => void) | undefined;
  #source: number | undefined;
  #reception: ReceptionCounter | undefined;
  #complained = false;

  /** @param patience - for packets that overtake each other */
  constructor(options: RtspStreamOptions, patience: Patience) {
    this.#options = options;
    this.#depacketizer = this.#open(options);
    this.#sequencer = new Sequencer(patience, {
      onPacket: (packet) => {
        this.#depacketizer.push(packet);
      },
      onGap: () => {
        this.#depacketizer.gap();
      },
      onLate: options.onTurn,
    });
  }

  /** Takes a packet of media; where packets may overtake each other, its bytes are kept. */
  rtp(bytes: Buffer): void {
    const packet = readRtp(bytes);
    if (packet === undefined) return;
    const { format, clock } = this.#options;
    if (packet.payloadType !== format.payloadType) {
      this.#complain(`has packets of type ${String(packet.payloadType)}, which were not announced`);
      return;
    }
    if (packet.source !== this.#source) {
      if (this.#source !== undefined) {
        this.#sequencer.reset();
        this.#depacketizer.gap();
        clock.restart();
      }
      this.#source = packet.source;
      this.#reception = new ReceptionCounter(packet, format.clockRate);
    }
    this.ended = false;
    this.#reception?.count(packet, monotonicNow());
    this.#take(packet);
  }

  /** Takes a packet of reports. */
  rtcp(bytes: Buffer): void {
    readRtcp(bytes, {
      onReport: (source, ntp, timestamp, compact) => {
        if (this.#source !== undefined && source !== this.#source) return;
        const now = monotonicNow();
        this.#reception?.reported(compact, now);
        this.#options.clock.report(ntp, timestamp, now);
      },
      onBye: (source) => {
        if (this.#source !== undefined && source !== this.#source) return;
        this.ended = true;
        this.#options.onBye();
      },
    });
  }

  /** A report of what was received. */
  report(own: number, name: string): Buffer {
    return receiverReport(own, name, this.#reception?.take(monotonicNow()));
  }

  close(): void {
    this.#sequencer.reset();
  }

  #take(packet: RtpPacket): void {
    this.#introduce?.();
    this.#introduce = undefined;
    this.#sequencer.push(packet);
  }

  #open({ carriage, clock, onTag }: RtspStreamOptions): Depacketizer {
    const complain = (what: string): void => {
      this.#complain(what);
    };
    if (carriage.kind === 'video') {
      const tagger = new VideoTagger(carriage.codec, onTag);
      this.#introduce = () => {
        tagger.parameters(carriage.parameterSets);
      };
      return carriage.depacketizer((nals, timestamp) => {
        tagger.push(nals, clock.time(timestamp, monotonicNow()));
      }, complain);
    }
    const { codec, config } = carriage;
    const tagger = new AudioTagger(codec, onTag);
    return carriage.depacketizer((frame, timestamp) => {
      const time = clock.time(timestamp, monotonicNow());
      if (config !== undefined) tagger.configure(config, time);
      tagger.push(frame, time);
    }, complain);
  }

  #complain(what: string): void {
    if (this.#complained) return;
    this.#complained = true;
    this.#options.onComplaint(what);
  }
}
