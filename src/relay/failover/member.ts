// One of several origins: its connection, what is known of its stream, and whether it flows.
import { monotonicNow, type FramerailError } from '../../base/index.js';
import { KIND, TAG } from '../flv/tag.js';
import type { OriginHints, OriginMarks, OriginSource } from '../origin.js';
import { OriginLink, type OriginLinkOptions } from '../origin-link.js';
import { Preview } from './preview.js';
import { Progress, type Trouble } from './progress.js';

/** Who hears of a member. */
export interface MemberHandlers {
  readonly onDial: (member: Member) => void;
  readonly onOpen: (member: Member) => void;
  readonly onHints: (member: Member, hints: OriginHints) => void;
  readonly onWarning: (member: Member, message: string) => void;
  /** A tag; the payload is valid until it returns. */
  readonly onTag: (member: Member, type: number, timestamp: number, payload: Buffer) => void;
  /** All that came together was handed over. */
  readonly onTurn: (member: Member) => void;
  readonly onLost: (member: Member, error: FramerailError | undefined, retryIn: number | undefined) => void;
}

/** How much is kept of a member that does not feed the relay. */
export interface PreviewLimits {
  /** Bytes of media at most. */
  readonly bytes: number;
  /** Milliseconds of media at least, within these bytes. */
  readonly kept: number;
}

/** One origin among others. */
export class Member {
  /** Its place in the order, from 0: the first one is the one that is wanted most. */
  readonly index: number;
  readonly source: OriginSource;
  readonly link: OriginLink;
  readonly preview: Preview;
  progress = new Progress(0);
  /** What was wrong when it was last looked at. */
  trouble: Trouble | undefined;
  /** Whether trouble was to be feared when it was last looked at. */
  doubtful = false;
  /** When it was last dialled, by the monotonic clock in milliseconds. */
  dialledAt = -Infinity;
  /** Since when nobody needs its connection; undefined while somebody does. */
  idleSince: number | undefined;
  /** Whether a keyframe has come that was not looked at yet. */
  keyframe = false;

  constructor(
    index: number,
    options: OriginLinkOptions,
    { bytes, kept }: PreviewLimits,
    { onDial, onOpen, onHints, onWarning, onTag, onTurn, onLost }: MemberHandlers,
  ) {
    this.index = index;
    this.source = options.from;
    this.preview = new Preview(bytes, kept);
    this.link = new OriginLink(options, {
      onDial: () => {
        this.dialledAt = monotonicNow();
        this.progress = new Progress(this.dialledAt);
        this.trouble = undefined;
        this.doubtful = false;
        this.preview.clear();
        onDial(this);
      },
      onOpen: () => {
        onOpen(this);
      },
      onHints: (hints) => {
        this.preview.hint(hints);
        onHints(this, hints);
      },
      onWarning: (message) => {
        onWarning(this, message);
      },
      onTag: (type, timestamp, payload) => {
        onTag(this, type, timestamp, payload);
      },
      onTurn: () => {
        onTurn(this);
      },
      onLost: (error, retryIn) => {
        this.preview.clear();
        onLost(this, error, retryIn);
      },
    });
  }

  get shown(): string {
    return this.source.shown;
  }

  get marks(): OriginMarks | undefined {
    return this.link.marks;
  }

  /** Whether it will not come back by itself. */
  get over(): boolean {
    return this.link.state === 'ended' || this.link.state === 'failed';
  }

  /** Whether media flows over its connection. */
  get flows(): boolean {
    return this.link.open && this.progress.begun && this.trouble === undefined;
  }

  /** Whether media flows from it, or was asked for and may come. */
  get promises(): boolean {
    return this.flows || (this.link.lives && this.source.listens !== true);
  }

  /**
   * Takes a tag of its own.
   * @param feeds - whether it feeds the relay: then what it brings is kept there
   */
  take(type: number, timestamp: number, payload: Buffer, feeds: boolean): void {
    const now = monotonicNow();
    const { preview, progress } = this;
    if (type === TAG.data) {
      preview.note(type, payload);
      return;
    }
    const bits = feeds ? preview.note(type, payload) : preview.push(type, timestamp, payload, now);
    if ((bits & KIND.media) === 0) return;
    progress.tag(type === TAG.video ? 'video' : 'audio', timestamp, now);
    if (this.trouble === 'silent') this.trouble = undefined;
    if (type === TAG.video && (bits & KIND.key) !== 0) this.keyframe = true;
  }

  /** Looks whether it flows. Milliseconds. */
  look(now: number, patience: number, first: number): void {
    const { lives } = this.link;
    this.trouble = lives ? this.progress.trouble(now, patience, first) : undefined;
    this.doubtful = lives && this.progress.doubtful(now, patience);
  }
}
