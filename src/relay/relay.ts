// A relay: one stream from an origin to any number of destinations, all dialled at the same moment.
import { EventEmitter } from 'node:events';
import { FramerailError, isFramerailError, monotonicNow } from '../base/index.js';
import { Destination } from './destination.js';
import { type OriginTimings, type RelayEvent, type RelayEventMap } from './events.js';
import { Feed, type FeedTarget } from './feed.js';
import { checkRelay, type CheckedRelay, type RelayOptions } from './options.js';
import { firstEarly } from './early-dial.js';
import { RelayHistory, type HistoryStep, type RelaySample } from './history.js';
import type { Listener } from './listener.js';
import { parseDestination } from './parse-destination.js';
import type { Member } from './failover/member.js';
import { OriginSet } from './failover/origin-set.js';
import { SlateKeeper } from './failover/slate-keeper.js';
import { RelayMetrics } from './relay-metrics.js';
import { Telemetry } from '../telemetry/index.js';
import { eventError } from './event-error.js';
import { Recording } from './record/recording.js';
import type { ReadyReason } from './readiness.js';
import { describeDestination, describeFeed, type RelayStatus } from './status.js';
import { destinationTimings, originTimings, roundTime } from './timings.js';

type Listeners = { [Name in keyof RelayEventMap]: [RelayEventMap[Name]] } & { event: [RelayEvent] };

/** How often peers are looked after, in milliseconds. */
const WATCH_INTERVAL = 500;
/** Makes a relay, which begins with `start()`. Throws FR_ARG_INVALID. */
export function createRelay(options: RelayOptions): Relay {
  return new Relay(checkRelay(options));
}

/** A relay. Its events are those of {@link RelayEventMap}; `event` has all of them. */
export class Relay extends EventEmitter<Listeners> {
  /** Its metrics, also as text for Prometheus. */
  readonly telemetry = new Telemetry();
  readonly #metrics = new RelayMetrics(this.telemetry);
  readonly #options: CheckedRelay;
  readonly #feed: Feed;
  readonly #destinations = new Map<number, Destination>();
  readonly #targets = new Set<FeedTarget>();
  readonly #listeners = new Set<Listener>();
  readonly #origins: OriginSet;
  readonly #slate: SlateKeeper | undefined;
  readonly #done: Promise<void>;
  #settle: (error: FramerailError | undefined) => void = () => undefined;
  #nextId = 1;
  #startedAt = 0;
  #state: 'new' | 'running' | 'over' = 'new';
  #watch: NodeJS.Timeout | undefined;
  /** What the last connection of the origin brought, and when; the steps towards it are its own. */
  #brought: OriginTimings = {};
  readonly #history = new RelayHistory();
  #recording: Recording | undefined;
  readonly #standing: boolean;
  /** Destinations that were closed and still write. */
  readonly #closing = new Set<Promise<void>>();

  /**
   * @internal
   * @param standing - whether it goes on when all its destinations were given up, as others may come
   */
  constructor(options: CheckedRelay, standing = false) {
    super();
    this.#options = options;
    this.#standing = standing;
    this.#feed = new Feed(
      options,
      {
        onFirst: (kind) => {
          const name = kind === 'audio' ? 'firstAudio' : 'firstVideo';
          this.#brought[name] ??= this.#now();
        },
        onReady: (reason) => {
          this.#ready(reason);
        },
        onStream: ({ kind, codec, late }) => {
          this.#tell('stream', { kind, codec: codec ?? null, late });
        },
      },
      () => this.#targets,
    );
    if (options.slate !== undefined)
      this.#slate = new SlateKeeper(options.slate, this.#feed, () => {
        this.#flush();
      });
    this.#origins = this.#makeOrigins(options);
    this.#done = new Promise((resolve, reject) => {
      this.#settle = (error) => {
        if (error === undefined) resolve();
        else reject(error);
      };
    });
    this.#done.catch(() => undefined);
    for (const [i, url] of options.to.entries()) this.#make(url, `to[${String(i)}]`);
  }

  /** Resolves when the relay was stopped, or its origin ended with `onEnd: 'exit'`; rejects with what it failed for. */
  get done(): Promise<void> {
    return this.#done;
  }

  /** Dials everybody at once. Resolves when the first destination is fed, or when the relay ends without an error; else rejects. */
  async start(): Promise<void> {
    if (this.#state !== 'new') throw new FramerailError('FR_CLOSED', 'A relay can be started once.');
    this.#state = 'running';
    // A command that dialled before it read this code began there.
    const early = firstEarly();
    this.#startedAt = early === undefined ? monotonicNow() : Number(early) / 1e6;
    const started = new Promise<void>((resolve) => {
      this.once('started', () => {
        resolve();
      });
    });
    if (this.#options.record !== undefined) {
      const { path } = this.#options.record;
      const handlers = {
        onFirst: () => {
          this.emit('started', { destination: path, id: 0 });
        },
        onPublished: (file: string) => {
          this.#tell('recorded', { file });
        },
        onWarning: (message: string) => {
          this.#tell('warning', { message });
        },
        onLost: (error: FramerailError, retryIn: number | undefined) => {
          const file = this.#recording?.status.file ?? path;
          this.#tell('recordingLost', { file, error: eventError(error), retryInMs: retryIn ?? null });
          if (retryIn === undefined) this.#givenUp(error);
        },
      };
      this.#recording = new Recording(this.#options.record, this.#feed, handlers, this.#targets);
    }
    for (const destination of this.#destinations.values()) this.#open(destination);
    this.#origins.start();
    const slate = this.#slate?.prepare();
    slate?.catch((error: unknown) => {
      const internal = new FramerailError('FR_INTERNAL', 'The slate could not be prepared.', { cause: error });
      this.#finish(isFramerailError(error) ? error : internal);
    });
    this.#watch = setInterval(() => {
      this.#look();
    }, WATCH_INTERVAL);
    await Promise.race([Promise.all([started, slate]), this.#done]);
  }

  /**
   * Adds a destination, also while the relay runs. Throws FR_ARG_INVALID or FR_CLOSED.
   * @returns its number
   */
  add(url: string): number {
    if (this.#state === 'over') throw new FramerailError('FR_CLOSED', 'The relay is over.');
    const id = this.#make(url, 'url');
    const destination = this.#destinations.get(id);
    if (this.#state === 'running' && destination !== undefined) this.#open(destination);
    return id;
  }

  /** Removes a destination; false when there is none of that number. */
  remove(id: number): boolean {
    const destination = this.#destinations.get(id);
    if (destination === undefined) return false;
    this.#destinations.delete(id);
    this.#targets.delete(destination);
    this.#close(destination);
    return true;
  }

  /**
   * @internal
   * Has somebody else hear the stream, from what is kept of it on.
   * @param make - makes the listener for the feed
   * @returns how to stop that
   */
  listen(make: (feed: Feed) => Listener): () => void {
    const listener = make(this.#feed);
    this.#targets.add(listener);
    this.#listeners.add(listener);
    if (this.#feed.ready !== undefined) listener.begin();
    return () => {
      this.#targets.delete(listener);
      this.#listeners.delete(listener);
    };
  }

  /** What is known now. */
  status(): RelayStatus {
    const now = monotonicNow();
    const { current } = this.#origins;
    return {
      origin: {
        address: current?.shown ?? '',
        open: current?.link.open === true,
        connections: current?.link.connections ?? 0,
      },
      origins: this.#origins.status(),
      slate: this.#slate?.status ?? null,
      ready: this.#feed.ready ?? null,
      feed: describeFeed(this.#feed, now),
      destinations: [...this.#destinations].map(([id, destination]) => describeDestination(id, destination)),
      recording: this.#recording?.status ?? null,
      timings: {
        origin: this.#originTimings(),
        destinations: Object.fromEntries(
          [...this.#destinations].map(([id, one]) => [id, destinationTimings(one, this.#startedAt)]),
        ),
      },
    };
  }

  /** What it was like: the last five minutes by `second`, or the last day by `minute`; from the oldest to the newest. */
  history(step: HistoryStep): RelaySample[] {
    return this.#history.list(step);
  }

  /**
   * Ends everything; resolves when the recording, if any, is published. To make an MP4 of hours takes its time: a signal that
   * aborts leaves it as it was recorded, which `done` then rejects with.
   */
  async stop({ signal }: { readonly signal?: AbortSignal | undefined } = {}): Promise<void> {
    const abort = (): void => {
      this.#recording?.abort();
    };
    if (signal?.aborted === true) abort();
    else signal?.addEventListener('abort', abort, { once: true });
    this.#finish(undefined);
    await this.#done.catch(() => undefined);
    signal?.removeEventListener('abort', abort);
  }

  /** The same as `stop()`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #make(url: string, name: string): number {
    const id = this.#nextId;
    const place = parseDestination(name, url);
    const { shown } = place;
    const destination: Destination = new Destination(place, this.#feed, this.#options.destination, {
      onState: (state) => {
        this.#tell('state', { destination: shown, id, state });
      },
      onAccepted: () => {
        this.#tell('connected', { destination: shown, id, timings: destinationTimings(destination, this.#startedAt) });
      },
      onFirstTag: () => {
        this.#tell('started', { destination: shown, id });
      },
      onFirstPicture: () => {
        this.#tell('picture', { destination: shown, id });
      },
      onLost: (error, retryIn) => {
        this.#tell('lost', { destination: shown, id, error: eventError(error), retryInMs: retryIn ?? null });
        if (retryIn === undefined) this.#givenUp(error);
      },
      onWarning: (message) => {
        this.#tell('warning', { destination: shown, id, message });
      },
    });
    this.#nextId += 1;
    this.#destinations.set(id, destination);
    this.#targets.add(destination);
    return id;
  }

  #open(destination: Destination): void {
    if (this.#options.publishEarly || this.#origins.open || this.#slate?.player.playing === true) destination.release();
    destination.open();
  }

  #makeOrigins(options: CheckedRelay): OriginSet {
    const { connectTimeout, verify } = options.destination;
    const { origins, failover, onEnd, originTimeout, allowHosts, rtspTransport } = options;
    const link = { connectTimeout, originTimeout, verify, allowHosts, rtspTransport, onEnd };
    return new OriginSet({ ...failover, origins, link, gopBytes: options.gopBytes }, this.#feed, this.#slate?.player, {
      onOpen: (origin) => {
        this.#tell('origin', { origin: origin.shown, timings: this.#originTimings(origin) });
        this.#release();
      },
      onNew: () => {
        this.#brought = {};
      },
      onTurn: () => {
        this.#flush();
      },
      onSwitch: (change) => {
        this.#tell('switch', change);
      },
      onSlate: () => {
        this.#release();
      },
      onWarning: (origin, message) => {
        this.#tell('warning', { origin: origin.shown, message });
      },
      onLost: ({ shown }, error, wait) => {
        const what = { origin: shown, error: error === undefined ? null : eventError(error), retryInMs: wait ?? null };
        this.#tell('originLost', what);
      },
      onOver: (error) => {
        this.#finish(error);
      },
    });
  }

  #release(): void {
    for (const destination of this.#destinations.values()) destination.release();
  }

  #flush(): void {
    for (const destination of this.#destinations.values()) destination.flush();
  }

  #ready(reason: ReadyReason): void {
    this.#brought.ready = this.#now();
    const { codecs, silent } = this.#feed;
    this.#tell('ready', { reason, audio: codecs.audio ?? null, video: codecs.video ?? null, silence: silent });
    for (const destination of this.#destinations.values()) destination.begin();
    this.#recording?.begin();
    for (const listener of this.#listeners) listener.begin();
  }

  #look(): void {
    const now = monotonicNow();
    this.#origins.watch(now);
    this.#slate?.follow();
    for (const destination of this.#destinations.values()) destination.watch(now);
    this.#metrics.sample(this.#feed, this.#destinations, this.#slate?.player.seconds);
    this.#history.look(now, () => this.status());
  }

  /** A destination, or the recording, will not be tried again: without any other there is nothing to do. */
  #givenUp(error: FramerailError): void {
    if (this.#standing || (this.#recording !== undefined && this.#recording.status.state !== 'failed')) return;
    if ([...this.#destinations.values()].every(({ state }) => state === 'failed')) this.#finish(error);
  }

  #finish(error: FramerailError | undefined): void {
    if (this.#state === 'over') return;
    this.#state = 'over';
    clearInterval(this.#watch);
    this.#metrics.sample(this.#feed, this.#destinations, this.#slate?.player.seconds);
    this.telemetry.close();
    this.#feed.stop();
    this.#origins.close();
    this.#slate?.close();
    for (const destination of this.#destinations.values()) {
      destination.flush();
      this.#close(destination);
    }
    const recorded = this.#recording?.close(error === undefined || this.#feed.ready !== undefined);
    const waits = [...this.#closing, ...(recorded === undefined ? [] : [recorded])];
    const end = (failure: FramerailError | undefined): void => {
      this.#tell('end', { error: failure === undefined ? null : eventError(failure) });
      this.#settle(failure);
    };
    if (waits.length === 0) end(error);
    else
      void Promise.allSettled(waits).then((results) => {
        const failed = results.find((result) => result.status === 'rejected');
        end(isFramerailError(failed?.reason) ? failed.reason : error);
      });
  }

  /** Files are finished in their own time; the relay is not over before them. */
  #close(destination: Destination): void {
    const closing = destination.close();
    if (closing === undefined) return;
    this.#closing.add(closing);
    void closing.then(() => this.#closing.delete(closing));
  }

  #now(): number {
    return roundTime(monotonicNow() - this.#startedAt);
  }

  /** Of the origin that feeds the relay, or of another one. */
  #originTimings(origin?: Member): OriginTimings {
    const { current } = this.#origins;
    const brought = origin === undefined || origin === current ? this.#brought : {};
    return originTimings((origin ?? current)?.marks, brought, this.#startedAt);
  }

  #tell<Name extends keyof RelayEventMap>(event: Name, what: RelayEventMap[Name]): void {
    const whole = { event, sinceStartMs: this.#now(), ...what };
    this.#metrics.hear(whole as RelayEvent);
    // The types of the emitter cannot follow a name that is a parameter.
    const emit = (name: string, value: object): boolean => super.emit(name as 'event', value as RelayEvent);
    try {
      emit(event, what);
      emit('event', whole);
    } catch (error) {
      // A listener that throws is the caller's mistake, and no failure of whoever happened to be on the line.
      queueMicrotask(() => {
        throw error;
      });
    }
  }
}
