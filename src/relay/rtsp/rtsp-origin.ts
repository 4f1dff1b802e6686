// A stream that is played from an RTSP server: a camera, a recorder, or a media server.
import { FramerailError, isFramerailError, monotonicNow } from '../../base/index.js';
import { TAG } from '../flv/tag.js';
import type { Origin, OriginHandlers, OriginMarks, OriginOptions, OriginSource } from '../origin.js';
import type { WireGuard } from '../wire.js';
import { parseRtsp, readRtsp, withoutLogin, type RtspAddress } from './address.js';
import { RtspLink, type Asked } from './link.js';
import { MediaSession } from './media-session.js';
import { headerOf } from './message.js';
import { Opening } from './opening.js';
import { Negotiation, type ServerHabits } from './negotiation.js';

/** Decides where redirects may lead; one for each connection of an origin. */
export interface RedirectGuard extends WireGuard {
  /** What can be said before a name is resolved; throws the FramerailError that the relay ends with. */
  check(text: string, schemes: readonly string[]): URL;
}

/** What others know better than this file. */
export interface RtspRules {
  /** Makes the guard of one connection, given the host that the operator wrote; without one, redirects may lead anywhere. */
  readonly guard?: ((first: { readonly hostname: string }, options: OriginOptions) => RedirectGuard) | undefined;
}

/** More hops than any server makes. */
const MOST_REDIRECTS = 5;
/** Milliseconds between signs of life, at least and at most. */
const KEEP_ALIVE = { least: 1000, most: 30_000 };
const SESSION_NOT_FOUND = 454;

/** Reads the address; throws FR_ARG_INVALID. @param rules - what is asked beside this file */
export function rtspOrigin(name: string, text: string, rules: RtspRules = {}): OriginSource {
  const address = parseRtsp(name, text);
  const habits: ServerHabits = { oneByOne: false };
  return {
    shown: address.shown,
    open: (handlers, options) => new RtspOrigin(address, habits, rules, handlers, options),
  };
}

class RtspOrigin implements Origin {
  readonly #address: RtspAddress;
  readonly #habits: ServerHabits;
  readonly #guard: RedirectGuard | undefined;
  readonly #handlers: OriginHandlers;
  readonly #options: OriginOptions;
  readonly #began = monotonicNow();
  readonly #late: NodeJS.Timeout;
  #link: RtspLink;
  #media: MediaSession;
  #negotiation: Negotiation;
  #hops = 0;
  #marks: { handshake?: number; accepted?: number } = {};
  #opening: Opening | undefined;
  #keepAlive: NodeJS.Timeout | undefined;
  /** Tags were given of which nobody was told that the turn is over. */
  #given = false;
  #over = false;

  constructor(
    address: RtspAddress,
    habits: ServerHabits,
    rules: RtspRules,
    handlers: OriginHandlers,
    options: OriginOptions,
  ) {
    this.#address = address;
    this.#habits = habits;
    this.#guard = rules.guard?.({ hostname: address.host }, options);
    this.#handlers = handlers;
    this.#options = options;
    this.#late = setTimeout(() => {
      const { step } = this.#negotiation;
      const waited = `within ${String(options.timeout)} ms`;
      this.#end(new FramerailError('FR_RELAY_TIMEOUT', `${address.shown} did not answer ${step} ${waited}.`));
    }, options.timeout);
    [this.#link, this.#media, this.#negotiation] = this.#dial(address);
  }

  get marks(): OriginMarks {
    return { ...this.#link.marks, dialled: this.#began, ...this.#marks };
  }

  close(): void {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#late);
    this.#leave();
  }

  fail(error: FramerailError): void {
    this.#end(error);
  }

  #dial(address: RtspAddress): [RtspLink, MediaSession, Negotiation] {
    const { shown } = this.#address;
    const { onHints, onWarning } = this.#handlers;
    const onTurn = (): void => {
      this.#turn();
    };
    const media = new MediaSession({
      onTurn,
      sendFrame: (channel, payload) => {
        link.frame(channel, payload);
      },
      onEnd: () => {
        this.#end(undefined);
      },
    });
    const link: RtspLink = new RtspLink({
      ...{ address, login: this.#loginFor(address), verify: this.#options.verify, guard: this.#guard, onTurn },
      onOpen: () => {
        negotiation.start();
      },
      onFrame: (channel, payload) => {
        media.frame(channel, payload);
      },
      isChannel: (channel) => media.isChannel(channel),
      onRequest: (method) => {
        // The server ends the session, or wants it to go on elsewhere: it is dialled again.
        if (method === 'TEARDOWN' || method === 'REDIRECT') this.#end(undefined);
      },
      onEnd: (error) => {
        if (this.#link === link) this.#end(error ?? this.#closed());
      },
    });
    const negotiation: Negotiation = new Negotiation({
      ...{ link, media, url: address.url, secure: address.secure, shown, habits: this.#habits },
      transport: this.#options.rtspTransport ?? 'auto',
      onDescribed: () => (this.#marks.handshake = monotonicNow()),
      ...{ onHints, onTurn, onWarning },
      onTag: (type, timestamp, payload) => {
        this.#opening?.push(type, timestamp, payload);
      },
      onRedirect: (location) => {
        this.#redirected(location, address);
      },
      onPlaying: () => {
        this.#playing();
      },
      onFail: (error) => {
        this.#end(error);
      },
    });
    return [link, media, negotiation];
  }

  /** The login goes to the host that it was written for, and to none that a server names. */
  #loginFor({ host, user, password = '' }: RtspAddress): { user: string; password: string } | undefined {
    if (user !== undefined) return { user, password };
    const own = this.#address;
    if (own.user === undefined || own.host.toLowerCase() !== host.toLowerCase()) return undefined;
    return { user: own.user, password: own.password ?? '' };
  }

  #turn(): void {
    if (!this.#given || this.#over) return;
    this.#given = false;
    this.#handlers.onTurn();
  }

  #playing(): void {
    clearTimeout(this.#late);
    this.#marks.accepted = monotonicNow();
    this.#handlers.onOpen();
    if (this.#over) return;
    this.#opening = new Opening(
      this.#negotiation.session.kinds.map((kind) => TAG[kind]),
      (type, timestamp, payload) => {
        this.#given = true;
        if (!this.#over) this.#handlers.onTag(type, timestamp, payload);
      },
      () => {
        this.#turn();
      },
    );
    this.#stayAlive();
    this.#media.begin();
  }

  /** A session ends at the server when it hears nothing; some count only requests, and not reports or what is sent to them. */
  #stayAlive(): void {
    const { url, session, timeout } = this.#negotiation.session;
    const interval = Math.min(KEEP_ALIVE.most, Math.max(KEEP_ALIVE.least, timeout * 500));
    // The first one asks what the server knows: some only count this request, and others know nothing of it.
    let method = 'OPTIONS';
    let last: Asked | undefined;
    this.#keepAlive = setInterval(() => {
      // Cameras that never answer play on.
      if (last !== undefined) this.#link.forget(last);
      last = this.#link.ask(method, url, { Session: session }, (response) => {
        const { status } = response;
        if (/\bGET_PARAMETER\b/i.test(headerOf(response, 'public') ?? '')) method = 'GET_PARAMETER';
        else if (method === 'GET_PARAMETER' && status !== 200) method = 'OPTIONS';
        if (status === SESSION_NOT_FOUND)
          this.#end(new FramerailError('FR_RELAY_LOST', `${this.#address.shown} has ended the session.`));
      });
    }, interval);
  }

  #redirected(location: string, from: RtspAddress): void {
    const to = readRtsp(location.trim());
    const { shown } = this.#address;
    const refuse = (why: string): void => {
      this.#end(new FramerailError('FR_RELAY_REFUSED', `${shown} cannot be played: ${why}.`));
    };
    this.#hops += 1;
    if (to === undefined) refuse('it redirects to what is no RTSP');
    else if (from.secure && !to.secure) refuse('it redirects away from TLS');
    else if (this.#hops > MOST_REDIRECTS) refuse(`it redirects more than ${String(MOST_REDIRECTS)} times`);
    else {
      try {
        // A login that the server wrote into it is read here, and is nothing that an address may be refused for.
        this.#guard?.check(withoutLogin(location.trim()), ['rtsp:', 'rtsps:']);
      } catch (error) {
        if (isFramerailError(error)) this.#end(error);
        else refuse('it redirects to where it may not');
        return;
      }
      this.#leave();
      this.#marks = {};
      [this.#link, this.#media, this.#negotiation] = this.#dial(to);
    }
  }

  /** What it means that the server hung up. */
  #closed(): FramerailError | undefined {
    const { shown } = this.#address;
    if (this.#marks.accepted === undefined)
      return new FramerailError('FR_RELAY_LOST', `${shown} hung up instead of answering ${this.#negotiation.step}.`);
    return this.#link.pending ? new FramerailError('FR_RELAY_LOST', `${shown} ended within a packet.`) : undefined;
  }

  #leave(): void {
    clearInterval(this.#keepAlive);
    this.#opening?.close();
    this.#negotiation.close();
    this.#media.close();
    const { url, session } = this.#negotiation.session;
    if (session === undefined) this.#link.drop();
    else this.#link.leave('TEARDOWN', url, { Session: session });
  }

  #end(error: FramerailError | undefined): void {
    if (this.#over) return;
    this.close();
    this.#handlers.onEnd(error);
  }
}
