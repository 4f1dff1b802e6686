// A destination that is a folder: the stream as a playlist of HLS and its segments, for any web server to serve.
import { FramerailError, isFramerailError, messageOf, monotonicNow } from '../../base/index.js';
import type { DestinationLink, DestinationMarks, LinkHandlers, LinkOptions } from '../destination-link.js';
import { audioKind, KIND, TAG, videoKind } from '../flv/tag.js';
import { TsMuxer } from '../mpegts/muxer.js';
import { Cutter } from './cutter.js';
import { HlsFolder } from './folder.js';

/** Milliseconds in which the last files have to be written when a relay ends. */
const GOODBYE = 10_000;
/** Milliseconds in which a stream may appear that belongs to the beginning: only then it is no other stream than before. */
const BEGINNING = 500;
/** Milliseconds by which the clock of the segments is moved at each towards the one on the wall: no player notices. */
const SLEW = 10;

/** Writes one playlist. */
export class HlsLink implements DestinationLink {
  readonly #marks: { -readonly [name in keyof DestinationMarks]: DestinationMarks[name] } = { dialled: monotonicNow() };
  readonly #handlers: LinkHandlers;
  readonly #folder: HlsFolder;
  readonly #cutter: Cutter;
  readonly #muxer: TsMuxer;
  /** Seconds. */
  readonly #least: number;
  #held: boolean;
  #opened = false;
  #over = false;
  /** What decoders were told last, by the type of its tags. */
  readonly #headers = new Map<number, Buffer>();
  /** Types of headers that the muxer is told with the next tag of their stream: the segment of before ends without them. */
  readonly #waiting = new Set<number>();
  /** Types of media that came. */
  readonly #seen = new Set<number>();
  /** The time of the first tag of all, in milliseconds. */
  #began: number | undefined;
  #discontinuity = false;
  /** Where the segment is that was published last, on the wall. */
  #wall: number | undefined;

  constructor(path: string, { hls }: LinkOptions, handlers: LinkHandlers) {
    this.#handlers = handlers;
    this.#held = handlers.held;
    this.#least = hls.segment / 1000;
    this.#cutter = new Cutter(hls.segment);
    this.#folder = new HlsFolder(path, hls.list, (error) => {
      this.fail(lost(error));
    });
    this.#muxer = new TsMuxer({
      onPackets: (packets) => {
        this.#folder.write(packets);
      },
      onWarning: handlers.onWarning,
    });
    this.#folder.open().then(
      () => {
        this.#opened = true;
        this.#discontinuity = this.#folder.continues;
        this.#accept();
      },
      (error: unknown) => {
        this.fail(lost(error));
      },
    );
  }

  get marks(): DestinationMarks {
    return this.#marks;
  }

  get queued(): number {
    return this.#folder.queued;
  }

  get sent(): number {
    return this.#folder.sent;
  }

  release(): void {
    this.#held = false;
    this.#accept();
  }

  /** Segments have no place for it. */
  describe(): undefined {
    return undefined;
  }

  send(type: number, time: number, payload: Buffer): void {
    if (this.#over || (type !== TAG.video && type !== TAG.audio)) return;
    const kind = type === TAG.video ? videoKind(payload) : audioKind(payload);
    if ((kind & KIND.header) !== 0) {
      this.#header(type, time, payload);
      return;
    }
    if ((kind & KIND.media) === 0) return;
    this.#began ??= time;
    if (!this.#seen.has(type)) {
      this.#seen.add(type);
      if (time - this.#began > BEGINNING) this.#cutter.tear(time);
    }
    const { start = time, end } = this.#cutter;
    const decision = this.#cutter.take(type, kind, time, this.#folder.target);
    if (decision === 'leave out') return;
    if (decision !== 'go on') {
      this.#finish(start, decision === 'cut' ? time : end);
      this.#discontinuity = decision !== 'cut';
    }
    this.#tell(type);
    this.#muxer.media(type, kind, time, payload);
  }

  flush(): void {
    // The system is handed everything as it comes.
  }

  fail(error: FramerailError): void {
    if (this.#over) return;
    this.#over = true;
    void this.#folder.drop();
    this.#handlers.onEnd(error);
  }

  async close(): Promise<void> {
    if (this.#over) return;
    const { start, end } = this.#cutter;
    if (start !== undefined) this.#finish(start, end);
    this.#over = true;
    let late: NodeJS.Timeout | undefined;
    const deadline = new Promise<void>((done) => {
      late = setTimeout(done, GOODBYE);
    });
    await Promise.race([this.#opened ? this.#folder.end() : undefined, deadline]);
    clearTimeout(late);
  }

  /** What decoders are told; where it is something else than before, what comes does not join what came. */
  #header(type: number, time: number, payload: Buffer): void {
    const before = this.#headers.get(type);
    if (before?.equals(payload) === true) return;
    if (before !== undefined) this.#cutter.tear(time);
    this.#headers.set(type, Buffer.from(payload));
    this.#waiting.add(type);
  }

  #tell(type: number): void {
    const header = this.#waiting.has(type) ? this.#headers.get(type) : undefined;
    this.#waiting.delete(type);
    if (header !== undefined) this.#muxer.setup(type, header);
  }

  #finish(from: number, to: number): void {
    const duration = Math.max(1, to - from);
    this.#muxer.flush();
    const now = Date.now() - duration;
    // Clocks of origins are off by seconds a day; what players are told must not jump for that.
    if (this.#wall === undefined || this.#discontinuity) this.#wall = now;
    else this.#wall += Math.max(-SLEW, Math.min(SLEW, now - this.#wall));
    this.#folder.finish({ duration, discontinuity: this.#discontinuity, date: new Date(this.#wall) }, this.#least);
    this.#wall += duration;
    this.#discontinuity = false;
    this.#muxer.restart();
  }

  #accept(): void {
    if (this.#held || !this.#opened || this.#over || this.#marks.accepted !== undefined) return;
    this.#marks.accepted = monotonicNow();
    this.#handlers.onAccepted();
  }
}

/** A disk may have room again, and a folder come back. */
function lost(error: unknown): FramerailError {
  const { message, details } = isFramerailError(error) ? error : new FramerailError('FR_INTERNAL', messageOf(error));
  return new FramerailError('FR_RELAY_LOST', message, { details, cause: error });
}
