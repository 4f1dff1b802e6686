// Follows a playlist: reloads it as it grows, and gives its segments one after the other.
import { setTimeout as sleep } from 'node:timers/promises';
import { FramerailError, isFramerailError, monotonicNow } from '../../base/index.js';
import type { Notices } from '../mpegts/notices.js';
import { firstSegment, secondsFrom } from './live-edge.js';
import type { PlaylistSource } from './playlist-source.js';
import type { MediaPlaylist, Segment } from './playlist.js';
import type { Placed } from './segment-loader.js';
import { shownOf } from './http-wish.js';

/** The next segment, and what became of those ahead of it. */
export interface Next extends Placed {
  /** How often the packager began anew: its numbers mean something else then. */
  readonly generation: number;
  /** Milliseconds that were left out ahead of it. */
  readonly skipped: number;
}

/** What a follower goes by. */
export interface FollowerOptions {
  readonly source: PlaylistSource;
  /** Milliseconds until an answer must have come. */
  readonly timeout: number;
  readonly signal: AbortSignal;
  readonly notices: Notices;
}

/** Target durations without a new segment, after which the timeout begins to run. */
const STALE = 3;
/** The shortest time between two reloads. Milliseconds. */
const SHORTEST = 250;
/** Target durations for which a playlist may be older than the last one, as that of another cache. */
const OLDER = 1.5;

/** Follows one playlist of segments. */
export class PlaylistFollower {
  readonly #options: FollowerOptions;
  #playlist: MediaPlaylist;
  #base: URL;
  /** Number of the segment that comes next. */
  #position: number | undefined;
  #generation = 0;
  /** When it was last asked for, and when it last had something new. */
  #askedAt = monotonicNow();
  #newAt = monotonicNow();
  /** Whether the last answer had something new. */
  #grew = true;
  /** Since when it has been older than it was. */
  #olderSince: number | undefined;

  /**
   * @param playlist - that was read already
   * @param base - where it was found
   */
  constructor(options: FollowerOptions, playlist: MediaPlaylist, base: URL) {
    this.#options = options;
    this.#playlist = playlist;
    this.#base = base;
    this.#seek();
  }

  /** Seconds that are listed and were not given yet; undefined where the list is complete, and nobody need hurry. */
  get ahead(): number | undefined {
    const { ended } = this.#playlist;
    return ended || this.#position === undefined ? undefined : secondsFrom(this.#playlist, this.#position);
  }

  /** Seconds that no segment is longer than. */
  get targetDuration(): number {
    return this.#playlist.targetDuration;
  }

  /**
   * The next segment; undefined behind the last one of a playlist that has ended.
   * @throws FR_RELAY_TIMEOUT where nothing new came for too long, and what the last reloads failed with
   */
  async next(): Promise<Next | undefined> {
    for (let skipped = 0; ;) {
      const { segments, ended } = this.#playlist;
      skipped += this.#leap();
      const segment = segments[(this.#position ?? 0) - (segments[0]?.sequence ?? 0)];
      if (segment !== undefined) {
        this.#position = segment.sequence + 1;
        if (!segment.gap) return this.#place(segment, skipped);
        skipped += segment.duration * 1000;
      } else if (ended) return undefined;
      else await this.#reload();
    }
  }

  #place(segment: Segment, skipped: number): Next {
    const { targetDuration } = this.#playlist;
    return { segment, base: this.#base, targetDuration, generation: this.#generation, skipped };
  }

  /** Goes to where a playlist is begun. */
  #seek(): void {
    this.#position = firstSegment(this.#playlist)?.sequence;
  }

  /** Where the next segment has left the list, goes on where the list would be begun; milliseconds that this leaves out. */
  #leap(): number {
    const first = this.#playlist.segments[0];
    if (first === undefined) return 0;
    const position = this.#position;
    if (position === undefined) this.#seek();
    if (position === undefined || position >= first.sequence) return 0;
    this.#seek();
    const left = (this.#position ?? position) - position;
    this.#options.notices.count('expired', (times) => `Segments left the playlist before they were read, ${times}.`);
    return left * this.#playlist.targetDuration * 1000;
  }

  /** Reads the playlist again when it is time. */
  async #reload(): Promise<void> {
    const { source, timeout, signal } = this.#options;
    const { targetDuration, canBlock, segments } = this.#playlist;
    // Who can wait answers when the next segment is there; who did not, is asked now and then.
    const block = canBlock && this.#grew;
    if (!block) await sleep(Math.max(0, this.#askedAt + this.#interval() - monotonicNow()), undefined, { signal });
    this.#askedAt = monotonicNow();
    const wanted = block ? (segments.at(-1)?.sequence ?? -1) + 1 : undefined;
    const patience = timeout + (block ? STALE * targetDuration * 1000 : 0);
    try {
      const { playlist, url } = await source.read(patience, wanted);
      if (playlist.kind !== 'media') throw new FramerailError('FR_RELAY_PROTOCOL', 'The playlist changed its kind.');
      this.#take(playlist, url);
    } catch (error) {
      this.#grew = false;
      if (isFatal(error) || this.#isStale()) throw error;
      return;
    }
    if (!this.#isStale() || this.#playlist.ended) return;
    const seconds = ((monotonicNow() - this.#newAt) / 1000).toFixed(1);
    const message = `The playlist of ${shownOf(this.#base)} has listed no new segment for ${seconds} s.`;
    throw new FramerailError('FR_RELAY_TIMEOUT', message);
  }

  /** Milliseconds between two reloads (RFC 8216 section 6.3.4), or less where segments are shorter than they may be. */
  #interval(): number {
    const { targetDuration, segments } = this.#playlist;
    const last = segments.at(-1)?.duration ?? targetDuration;
    const usual = Math.max(SHORTEST, Math.min(last, targetDuration) * 1000);
    return this.#grew ? usual : Math.max(SHORTEST, usual / 2);
  }

  #isStale(): boolean {
    const { targetDuration } = this.#playlist;
    return monotonicNow() - this.#newAt >= STALE * targetDuration * 1000 + this.#options.timeout;
  }

  #take(fresh: MediaPlaylist, url: URL): void {
    const how = compare(this.#playlist, fresh);
    this.#grew = how === 'newer' || fresh.ended;
    if (how === 'older') {
      this.#olderSince ??= monotonicNow();
      if (monotonicNow() - this.#olderSince < OLDER * fresh.targetDuration * 1000) return;
    }
    this.#olderSince = undefined;
    if (how === 'older' || how === 'another') this.#restart(fresh);
    this.#playlist = fresh;
    this.#base = url;
    if (this.#grew) this.#newAt = monotonicNow();
  }

  #restart(fresh: MediaPlaylist): void {
    this.#generation += 1;
    this.#grew = true;
    this.#position = firstSegment(fresh)?.sequence;
    this.#options.notices.count('restart', (times) => `The packager of the playlist began anew, ${times}.`);
  }
}

/**
 * What a playlist is beside the last one. Other names for the same numbers, or numbers that begin from zero, are those of
 * a packager that began anew; lower numbers with the same names may be an old copy.
 */
function compare(last: MediaPlaylist, fresh: MediaPlaylist): 'newer' | 'same' | 'older' | 'another' {
  const [newest, known] = [fresh.segments.at(-1), last.segments.at(-1)];
  if (newest === undefined) return 'same';
  if (known === undefined) return 'newer';
  const [first, begin] = [last.segments[0]?.sequence ?? 0, fresh.segments[0]?.sequence ?? 0];
  for (const { sequence, uri, range } of fresh.segments.slice(-RECENT)) {
    const before = last.segments[sequence - first];
    if (before === undefined || before.sequence !== sequence) continue;
    if (nameOf(before.uri) !== nameOf(uri) || before.range?.offset !== range?.offset) return 'another';
  }
  if (newest.sequence > known.sequence) return 'newer';
  if (newest.sequence === known.sequence) return 'same';
  return begin <= 1 && first > newest.sequence ? 'another' : 'older';
}

/** Segments that are compared. */
const RECENT = 16;

/** The last part of an address, without what may be a token. */
function nameOf(uri: string): string {
  return /([^/]*)$/.exec(uri.replace(/[?#].*$/s, ''))?.[1] ?? '';
}

/** Whether another try would be in vain. */
function isFatal(error: unknown): boolean {
  const fatal = ['FR_RELAY_AUTH', 'FR_ADDRESS_REFUSED', 'FR_CLOSED'];
  return !isFramerailError(error) || fatal.includes(error.code);
}
