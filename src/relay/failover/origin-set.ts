// The origins of a relay in their order: one feeds it, and another one goes on when that one is lost, falls silent, or
// when one that is wanted more is well again.
import { monotonicNow, type FramerailError } from '../../base/index.js';
import type { Feed } from '../feed.js';
import type { OriginMarks, OriginSource } from '../origin.js';
import type { OriginLinkOptions } from '../origin-link.js';
import { Member } from './member.js';
import { Round } from './round.js';
import type { SlatePlayer } from './slate-player.js';
import { hasPictures, planTakeover, takeOver } from './takeover.js';
import { arrange } from './wanted.js';
import type { FailoverOptions, OriginStatus, Switch, SwitchReason } from './terms.js';

/** What the origins of a relay are kept with. */
export interface OriginSetOptions extends FailoverOptions {
  readonly origins: readonly OriginSource[];
  readonly link: Omit<OriginLinkOptions, 'from' | 'alone'>;
  /** Bytes of the last group of pictures of an origin that does not feed the relay. */
  readonly gopBytes: number;
}

/** Who hears of the origins. */
export interface OriginSetHandlers {
  /** One has answered. */
  readonly onOpen: (origin: Member) => void;
  /** One ended, without an error, or was lost; undefined milliseconds say that it is not dialled again. */
  readonly onLost: (origin: Member, error: FramerailError | undefined, retryIn: number | undefined) => void;
  /** Something of one is not as it should be, and the rest goes on. */
  readonly onWarning: (origin: Member, message: string) => void;
  /** What comes next is of a new connection. */
  readonly onNew: () => void;
  /** All that came together was handed over. */
  readonly onTurn: () => void;
  readonly onSwitch: (change: Switch) => void;
  /** The slate feeds the relay ahead of any origin. */
  readonly onSlate: () => void;
  /** No origin will come again. */
  readonly onOver: (error: FramerailError | undefined) => void;
}

/** Milliseconds in which the first media of a connection may come: to be slow at the beginning is no silence. */
const FIRST_MEDIA = 2000;
/** Milliseconds for which sound alone is looked at, until it counts as all that an origin has. */
const SOUND_ALONE = 1000;
/** Milliseconds that a burst is waited for to end, so that what takes over does not run ahead of the clock. */
const MOST_BURST = 1000;
/** For so many milliseconds a switch for silence makes the next one need more of it: twice as much for each. */
const DAMPED = 60_000;
const MOST_DOUBLINGS = 4;
/** Milliseconds beyond its time for which the slate stays away where an origin flows that has no keyframe yet. */
const SLATE_WAITS = 3000;

/**
 * Milliseconds by which those who go on for the slate may come to lie ahead of the clock on the wall: who is fed gets that much
 * in a burst. A group of most streams is shorter.
 */
const MOST_AHEAD = 10_000;

/** Keeps the origins of one relay. */
export class OriginSet {
  readonly #options: OriginSetOptions;
  readonly #handlers: OriginSetHandlers;
  readonly #feed: Feed;
  readonly #slate: SlatePlayer | undefined;
  readonly #members: readonly Member[];
  /** A relay of one origin and no slate has nothing to choose: what comes goes straight on. */
  readonly #alone: boolean;
  /** Who feeds the relay; undefined while nobody does, or the slate. */
  #onAir: Member | undefined;
  /** Who fed it last, and why no more. */
  #left: { readonly member: Member; readonly reason: SwitchReason } | undefined;
  readonly #round: Round;
  /** When it was switched for silence. */
  #silences: number[] = [];
  #tick: NodeJS.Timeout | undefined;
  #tickedAt = 0;
  #startedAt = 0;
  /** Milliseconds by which those who went on for the slate lie ahead of the clock on the wall. */
  #ahead = 0;
  #over = false;

  constructor(options: OriginSetOptions, feed: Feed, slate: SlatePlayer | undefined, handlers: OriginSetHandlers) {
    this.#options = options;
    this.#feed = feed;
    this.#slate = slate;
    this.#handlers = handlers;
    this.#alone = options.origins.length === 1 && slate === undefined;
    const limits = { bytes: options.gopBytes, kept: 2 * options.failoverAfter + 1000 };
    this.#members = options.origins.map(
      (from, i) =>
        new Member(i, { ...options.link, from, alone: this.#alone }, limits, {
          onDial: (member) => {
            if (member === this.#onAir && member.link.connections > 1) this.#again();
          },
          ...{ onOpen: handlers.onOpen, onWarning: handlers.onWarning },
          onHints: (member, hints) => {
            if (member === this.#onAir) feed.hint(hints);
          },
          onTag: (member, type, timestamp, payload) => {
            if (!this.#alone) member.take(type, timestamp, payload, member === this.#onAir);
            if (member === this.#onAir) feed.push(type, timestamp, payload);
          },
          onTurn: (member) => {
            this.#turn(member);
          },
          onLost: (member, error, retryIn) => {
            this.#lost(member, error, retryIn);
          },
        }),
    );
    this.#round = new Round(this.#members);
    this.#onAir = this.#members[0];
  }

  /** Whether one has answered and is not lost. */
  get open(): boolean {
    return this.#members.some(({ link }) => link.open);
  }

  /** The one that feeds the relay, or fed it last. */
  get current(): Member | undefined {
    return this.#onAir ?? this.#left?.member ?? this.#members[0];
  }

  /** When the steps of the last connection of the one that feeds the relay were done. */
  get marks(): OriginMarks | undefined {
    return this.current?.marks;
  }

  /** Each of them, in their order. */
  status(): OriginStatus[] {
    return this.#members.map((member) => {
      const { shown, link } = member;
      const { state, connections, lastError } = link;
      const open = member === this.#onAir ? 'active' : 'standby';
      const error = lastError === undefined ? null : { code: lastError.code, message: lastError.message };
      return { address: shown, state: state === 'open' ? open : state, connections, lastError: error };
    });
  }

  /** Dials the first one, and whoever else is to be there from the beginning. */
  start(): void {
    this.#startedAt = this.#tickedAt = monotonicNow();
    this.#members[0]?.link.dial();
    if (this.#alone) return;
    this.#arrange(this.#startedAt);
    const every = Math.min(50, Math.max(20, this.#options.failoverAfter / 8));
    this.#tick = setInterval(() => {
      this.#look();
    }, every);
  }

  /** Looks whether they still send; called now and then. */
  watch(now: number): void {
    for (const { link } of this.#members) link.watch(now);
  }

  /** Ends them all. */
  close(): void {
    this.#over = true;
    clearInterval(this.#tick);
    this.#slate?.stop();
    for (const { link } of this.#members) link.close();
  }

  #again(): void {
    this.#handlers.onNew();
    this.#feed.restart();
  }

  #turn(member: Member): void {
    if (member !== this.#onAir) {
      // Without anybody on air, whatever comes is looked at; else what matters is a keyframe.
      if (this.#idle || member.keyframe) this.#consider(member, monotonicNow());
      if (member !== this.#onAir) return;
    }
    this.#handlers.onTurn();
  }

  get #idle(): boolean {
    return this.#onAir === undefined && this.#slate?.playing !== true;
  }

  /** How much silence is too much now: on a link that had to be left again and again, more than at first. */
  #patience(now: number): number {
    this.#silences = this.#silences.filter((at) => now - at < DAMPED);
    return this.#options.failoverAfter * 2 ** Math.min(MOST_DOUBLINGS, this.#silences.length);
  }

  #look(): void {
    const now = monotonicNow();
    const slept = now - this.#tickedAt - this.#options.failoverAfter / 2;
    this.#tickedAt = now;
    const patience = this.#patience(now);
    const first = Math.max(FIRST_MEDIA, patience);
    for (const member of this.#members) {
      if (slept > 0) member.progress.forgive(slept, now);
      member.look(now, patience, first);
    }
    if (this.#troubled) {
      for (const member of this.#round.order(this.current)) if (this.#consider(member, now)) break;
      if (this.#troubled && now - this.#round.hurriedAt >= this.#options.failoverAfter) this.#hurry(now);
    } else if (this.#onAir?.doubtful !== true) this.#round.end();
    // Who is dialled while the silence is still none has pictures by the time when it is one.
    else if (!this.#members.some((member) => member !== this.#onAir && member.promises)) this.#hurry(now);
    // What has no pictures has no keyframe to be looked at for.
    if (!this.#troubled)
      for (const member of this.#members) if (!hasPictures(member.preview)) this.#consider(member, now);
    this.#mayShowSlate(now);
    this.#arrange(now);
  }

  /** Whether another source than the one on air is wanted at once. */
  get #troubled(): boolean {
    return this.#onAir?.trouble !== undefined || this.#onAir === undefined;
  }

  /** Has a member go on, if it may. */
  #consider(member: Member, now: number): boolean {
    const reason = this.#reasonFor(member, now);
    member.keyframe = false;
    if (reason === undefined || member === this.#onAir || !member.flows) return false;
    const { progress, preview } = member;
    const began = progress.flowingSince ?? now;
    if (progress.bursts(now) && now - began < MOST_BURST) return false;
    const mayRunAhead = this.#slate?.playing === true ? Math.max(0, MOST_AHEAD - this.#ahead) : 0;
    const plan = planTakeover(this.#feed, preview, mayRunAhead);
    if (!this.#atOnce(now) && !plan.pictures) {
      // What has no pictures needs no keyframe; what has some is waited for.
      if (hasPictures(preview) || (now - began < SOUND_ALONE && this.#feed.codecs.video !== undefined)) return false;
    }
    this.#take(member, reason, () => {
      this.#ahead += plan.ahead;
      takeOver(this.#feed, preview, plan);
    });
    preview.clearMedia();
    return true;
  }

  /** Why a member would go on for the one on air; undefined when it would not. */
  #reasonFor(member: Member, now: number): SwitchReason | undefined {
    const onAir = this.#onAir;
    if (onAir === undefined) return this.#idle ? (this.#left?.reason ?? 'lost') : 'back';
    const { trouble } = onAir;
    if (trouble === 'silent') return 'silent';
    if (trouble === 'stalled') {
      const track = onAir.progress.stalled(now, this.#patience(now));
      return track === undefined || member.progress.has(track) ? 'stalled' : undefined;
    }
    const since = member.progress.flowingSince;
    const well = since !== undefined && now - since >= this.#options.failbackAfter;
    return member.index < onAir.index && well ? 'failback' : undefined;
  }

  /** Whether sound goes on without waiting for a keyframe: nothing comes, and nothing will from who was on air. */
  #atOnce(now: number): boolean {
    const onAir = this.#onAir;
    if (onAir === undefined) return this.#idle;
    return onAir.trouble === 'silent' && now - onAir.progress.lastAt > 2 * this.#patience(now);
  }

  #take(member: Member | undefined, reason: SwitchReason, join: () => void): void {
    const now = monotonicNow();
    const { lastAt } = this.#feed;
    const from = this.#slate?.playing === true ? 'slate' : (this.#onAir ?? this.#left?.member)?.shown;
    const to = member?.shown ?? 'slate';
    const same =
      this.#slate?.playing !== true && member !== undefined && (this.#onAir ?? this.#left?.member) === member;
    if (reason === 'silent' || reason === 'stalled') this.#silences.push(now);
    if (this.#onAir !== undefined) this.#left = { member: this.#onAir, reason };
    if (member !== undefined) this.#slate?.stop();
    this.#onAir = member;
    if (member !== undefined) this.#round.end();
    this.#handlers.onNew();
    join();
    // One that was lost and is there again went on by itself.
    if (!same && from !== undefined && lastAt > 0)
      this.#handlers.onSwitch({ from, to, reason, gapMs: Math.round((now - lastAt) * 10) / 10 });
  }

  #lost(member: Member, error: FramerailError | undefined, retryIn: number | undefined): void {
    this.#handlers.onLost(member, error, retryIn);
    if (this.#over) return;
    const now = monotonicNow();
    const ended = this.#members.every(({ link }) => link.state === 'ended');
    if (ended || (this.#slate === undefined && this.#members.every((one) => one.over))) {
      this.#handlers.onOver(error);
      return;
    }
    if (this.#alone) return;
    if (member === this.#onAir) {
      this.#left = { member, reason: error === undefined ? 'ended' : 'lost' };
      this.#onAir = undefined;
      this.#round.end();
      for (const one of this.#round.order(member)) if (this.#consider(one, now)) break;
      if (this.#onAir !== undefined) this.#handlers.onTurn();
    }
    if (this.#troubled) this.#hurry(now);
    this.#arrange(now);
  }

  /** Dials the next one that was not tried yet, without its pause. */
  #hurry(now: number): void {
    this.#round.next(this.current, now)?.link.dial();
  }

  #arrange(now: number): void {
    const { standby, failbackAfter } = this.#options;
    arrange(this.#members, { onAir: this.#troubled ? undefined : this.#onAir, standby, failbackAfter }, now);
  }

  #mayShowSlate(now: number): void {
    const slate = this.#slate;
    if (slate === undefined || slate.playing || !slate.ready) return;
    const { slateAfter } = this.#options;
    const silent = now - Math.max(this.#feed.lastAt, this.#startedAt);
    const coming = this.#members.some((member) => member !== this.#onAir && member.flows);
    if (silent < slateAfter + (coming ? SLATE_WAITS : 0)) return;
    this.#take(undefined, this.#left?.reason ?? 'silent', () => {
      this.#ahead -= slate.start(now, this.#ahead);
    });
    this.#handlers.onSlate();
  }
}
