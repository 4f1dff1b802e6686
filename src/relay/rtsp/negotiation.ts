// From a connection to a stream that plays: DESCRIBE, SETUP for each stream, PLAY, in as few round trips as can be.
import { FramerailError, isFramerailError, monotonicNow } from '../../base/index.js';
import type { OriginHints } from '../origin.js';
import type { RtspTransport } from './address.js';
import { choose, type ChosenStream } from './choice.js';
import { baseOf } from './control.js';
import type { Asked, RtspLink } from './link.js';
import type { MediaPorts } from './media-ports.js';
import type { MediaSession } from './media-session.js';
import { headerOf, type RtspResponse } from './message.js';
import { announcedTimes } from './rtp-info.js';
import { RtspStream } from './rtsp-stream.js';
import { parseSdp } from './sdp.js';
import { DATAGRAMS, IN_ORDER } from './sequencer.js';
import type { StreamClock } from './timeline.js';
import { datagrams, interleaved, parseTransport, type AgreedTransport } from './transport.js';

/** What is known of a server from one connection to the next. */
export interface ServerHabits {
  /** Whether it lost a request that came together with another one. */
  oneByOne: boolean;
}

/** What plays. */
export interface PlayingSession {
  /** The address that controls it. */
  readonly url: string;
  /** Its name; undefined where the server gave none. */
  readonly session: string | undefined;
  /** Seconds without a sign of life after which the server ends it. */
  readonly timeout: number;
  /** What comes. */
  readonly kinds: readonly ('audio' | 'video')[];
}

/** Whom to ask for what, and who hears of it. */
export interface NegotiationOptions {
  readonly link: RtspLink;
  readonly media: MediaSession;
  readonly url: string;
  readonly shown: string;
  readonly transport: RtspTransport;
  /** Whether media by UDP would lie open where the connection is encrypted. */
  readonly secure: boolean;
  readonly habits: ServerHabits;
  readonly onDescribed: () => void;
  readonly onHints: (hints: OriginHints) => void;
  readonly onTag: (type: number, timestamp: number, payload: Buffer) => void;
  readonly onTurn: () => void;
  readonly onWarning: (message: string) => void;
  readonly onRedirect: (location: string) => void;
  readonly onPlaying: () => void;
  readonly onFail: (error: FramerailError) => void;
}

/** A stream on its way to being agreed on. */
interface Candidate extends ChosenStream {
  /** The first of its two channels. */
  readonly channel: number;
  ports?: MediaPorts;
  stream?: RtspStream;
  clock?: StreamClock;
}

const UNSUPPORTED_TRANSPORT = 461;
/** RFC 2326 12.37. */
const USUAL_TIMEOUT = 60;
/**
 * Until an answer to a request that came together with another one counts as lost: milliseconds at least, and how often what
 * the answer ahead of it took.
 */
const TOGETHER_PATIENCE = { least: 1500, times: 4 };

/** Agrees with a server. */
export class Negotiation {
  /** The request that is waited for. */
  step = 'DESCRIBE';
  readonly #options: NegotiationOptions;
  #candidates: Candidate[] = [];
  /** Those that were not asked for yet. */
  #left: Candidate[] = [];
  readonly #agreed: Candidate[] = [];
  #refusal: FramerailError | undefined;
  #way: 'tcp' | 'udp';
  #playUrl: string;
  #session: string | undefined;
  #timeout = USUAL_TIMEOUT;
  /** Requests that are under way together. */
  #together: { readonly candidate: Candidate; setUp: Asked | undefined; play: Asked } | undefined;
  /** Milliseconds of the last answer to SETUP. */
  #answerTook = 0;
  #impatience: NodeJS.Timeout | undefined;
  #over = false;

  constructor(options: NegotiationOptions) {
    this.#options = options;
    this.#way = options.transport === 'udp' ? 'udp' : 'tcp';
    this.#playUrl = options.url;
  }

  /** What was agreed on so far; what has a name must be told goodbye. */
  get session(): PlayingSession {
    const kinds = this.#agreed.map(({ carriage }) => carriage.kind);
    return { url: this.#playUrl, session: this.#session, timeout: this.#timeout, kinds };
  }

  /** Begins, on a connection that stands. */
  start(): void {
    const { url, link, secure, shown } = this.#options;
    if (secure && this.#way === 'udp') {
      const why = 'is encrypted, and media by UDP would not be';
      this.#fail(new FramerailError('FR_RELAY_REFUSED', `${shown} ${why}: it is only played by TCP.`));
      return;
    }
    link.ask('DESCRIBE', url, { Accept: 'application/sdp' }, (response) => {
      if (this.#passes(response)) this.#described(response);
    });
  }

  /** Hears no answers any more. */
  close(): void {
    this.#over = true;
    clearTimeout(this.#impatience);
  }

  #described(response: RtspResponse): void {
    const { url, shown, onDescribed, onHints, onWarning } = this.#options;
    onDescribed();
    const choice = choose(parseSdp(response.body.toString()), baseOf(response, url));
    if (choice.streams.length === 0) {
      const why = choice.leftOut.length === 0 ? 'it describes no streams' : choice.leftOut.join('; ');
      this.#fail(new FramerailError('FR_RELAY_REFUSED', `${shown} cannot be relayed: ${why}.`));
      return;
    }
    for (const what of choice.leftOut) onWarning(`${shown} is relayed without ${what}.`);
    this.#playUrl = choice.url;
    this.#candidates = choice.streams.map((stream, i) => ({ ...stream, channel: 2 * i }));
    this.#left = [...this.#candidates];
    this.#hint(onHints, this.#candidates);
    if (this.#way === 'udp') this.#openPorts();
    else this.#next();
  }

  #hint(onHints: (hints: OriginHints) => void, streams: readonly Candidate[]): void {
    const has = (kind: string): boolean => streams.some(({ carriage }) => carriage.kind === kind);
    onHints({ audio: has('audio'), video: has('video') });
  }

  /** Asks for the next stream; with the last one, PLAY goes along, unless the server was seen to lose such requests. */
  #next(): void {
    const candidate = this.#left.shift();
    if (candidate === undefined) {
      if (this.#agreed.length > 0) this.#play();
      else this.#fail(this.#refusal ?? this.#refused('SETUP', undefined));
      return;
    }
    const alone = this.#agreed.length === 0 || this.#left.length > 0 || this.#options.habits.oneByOne;
    const setUp = this.#setUp(candidate, alone);
    if (alone) return;
    this.#together = { candidate, setUp, play: this.#play() };
    this.#impatience = setTimeout(
      () => {
        this.#apart();
      },
      Math.max(TOGETHER_PATIENCE.least, TOGETHER_PATIENCE.times * this.#answerTook),
    );
  }

  /** @param alone - whether the next request waits for the answer */
  #setUp(candidate: Candidate, alone: boolean): Asked {
    this.step = 'SETUP';
    const askedAt = monotonicNow();
    const { url, channel, ports } = candidate;
    const headers = {
      Transport: ports === undefined ? interleaved(channel) : datagrams(ports.port),
      Session: this.#session,
    };
    return this.#options.link.ask('SETUP', url, headers, (response) => {
      if (this.#over) return;
      this.#answerTook = monotonicNow() - askedAt;
      if (this.#together !== undefined) this.#together.setUp = undefined;
      if (this.#wantsUdp(response)) this.#turnToUdp(response);
      else {
        this.#answered(candidate, response);
        if (alone && !this.#over) this.#next();
      }
    });
  }

  #answered(candidate: Candidate, response: RtspResponse): void {
    const { channel, carriage } = candidate;
    if (response.status >= 300 && response.status < 400 && !this.#passes(response)) return;
    const transport = parseTransport(headerOf(response, 'transport'), channel);
    const fits = response.status === 200 && transport?.kind === this.#way;
    if (fits) {
      this.#readSession(response);
      this.#agree(candidate, transport);
      return;
    }
    this.#refusal = this.#refused('SETUP', response);
    const { shown, onHints, onWarning } = this.#options;
    if (this.#agreed.length + this.#left.length === 0) return;
    onWarning(`${shown} is relayed without the ${carriage.kind}: ${this.#refusal.message}`);
    this.#hint(onHints, [...this.#agreed, ...this.#left]);
  }

  /** Whether a server that was asked for media in the connection has only UDP: it refuses, or agrees to that instead. */
  #wantsUdp(response: RtspResponse): boolean {
    const { transport, secure } = this.#options;
    if (transport !== 'auto' || secure || this.#way === 'udp' || this.#agreed.length > 0) return false;
    if (response.status === UNSUPPORTED_TRANSPORT) return true;
    return response.status === 200 && parseTransport(headerOf(response, 'transport'), 0)?.kind === 'udp';
  }

  #turnToUdp(response: RtspResponse): void {
    this.#readSession(response);
    this.#way = 'udp';
    this.#left = [...this.#candidates];
    this.#openPorts();
  }

  #agree(candidate: Candidate, transport: AgreedTransport): void {
    const { link, media, onTag, onTurn, onWarning, shown } = this.#options;
    const { carriage, format, ports } = candidate;
    const clock = media.timeline.add(format.clockRate);
    const stream = new RtspStream(
      {
        ...{ carriage, format, clock, onTag, onTurn },
        onComplaint: (what) => {
          onWarning(`The ${carriage.kind} of ${shown} ${what}.`);
        },
        onBye: () => {
          media.bye();
        },
      },
      transport.kind === 'udp' ? DATAGRAMS : IN_ORDER,
    );
    Object.assign(candidate, { stream, clock });
    this.#agreed.push(candidate);
    media.add(stream, transport, link.ends?.remote ?? '', ports);
  }

  #play(): Asked {
    this.step = 'PLAY';
    const headers = { Session: this.#session, Range: 'npt=0.000-' };
    return this.#options.link.ask('PLAY', this.#playUrl, headers, (response) => {
      if (this.#over) return;
      const together = this.#together;
      this.#together = undefined;
      clearTimeout(this.#impatience);
      if (response.status === 200) this.#playing(response);
      // Servers that had not yet set up all streams refuse to play some of them.
      else if (together !== undefined && response.status >= 400) this.#play();
      else if (this.#passes(response)) this.#fail(this.#refused('PLAY', response));
    });
  }

  /** Requests that came together were not all answered: they are sent once more, one by one. */
  #apart(): void {
    const { together, link, habits } = { together: this.#together, ...this.#options };
    if (together === undefined || this.#over) return;
    this.#together = undefined;
    habits.oneByOne = true;
    link.forget(together.play);
    if (together.setUp !== undefined) {
      link.forget(together.setUp);
      this.#left.unshift(together.candidate);
    }
    this.#next();
  }

  #playing(response: RtspResponse): void {
    this.#readSession(response);
    const times = announcedTimes(
      headerOf(response, 'rtp-info'),
      this.#agreed.map(({ url }) => url),
    );
    for (const [i, { clock }] of this.#agreed.entries()) if (clock !== undefined) clock.announced = times[i];
    this.#options.onPlaying();
  }

  /** Opens ports for every stream, then asks for the first one. */
  #openPorts(): void {
    const { link, media } = this.#options;
    const local = link.ends?.local;
    const opening = this.#candidates.map(async (candidate) => {
      candidate.ports = await media.openPorts(local ?? '0.0.0.0', () => candidate.stream);
    });
    Promise.all(opening).then(
      () => {
        if (!this.#over) this.#next();
      },
      (error: unknown) => {
        const failure = new FramerailError('FR_INTERNAL', 'UDP ports could not be opened.', { cause: error });
        this.#fail(isFramerailError(error) ? error : failure);
      },
    );
  }

  #readSession(response: RtspResponse): void {
    const [id = '', ...parameters] = (headerOf(response, 'session') ?? '').split(';').map((part) => part.trim());
    if (id === '') return;
    this.#session = id;
    const timeout = Number(parameters.map((part) => /^timeout\s*=\s*(\d+)$/i.exec(part)?.[1]).find((one) => one));
    if (timeout > 0) this.#timeout = timeout;
  }

  /** Whether an answer is one to go on with; what leads elsewhere, or refuses, ends it. */
  #passes(response: RtspResponse): boolean {
    if (this.#over) return false;
    const { status } = response;
    const location = headerOf(response, 'location');
    if (status >= 300 && status < 400 && location !== undefined) {
      this.close();
      this.#options.onRedirect(location);
      return false;
    }
    if (status === 200) return true;
    this.#fail(this.#refused(this.step, response));
    return false;
  }

  #refused(method: string, response: RtspResponse | undefined): FramerailError {
    const { status = 0, reason = '' } = response ?? {};
    const code = CODES[status] ?? 'FR_RELAY_REFUSED';
    const words = `${String(status)} ${reason.replace(/[^\x20-\x7e]/g, '').slice(0, 60)}`.trim();
    const answer = status === 200 ? 'another way of transport than was asked for' : words;
    return new FramerailError(code, `${this.#options.shown} answered ${method} with ${answer}.`, {
      details: { status, method },
    });
  }

  #fail(error: FramerailError): void {
    if (this.#over) return;
    this.close();
    this.#options.onFail(error);
  }
}

/** What answers mean that are no plain refusal: a wrong login, and a server that has no room now. */
const CODES: Readonly<Record<number, 'FR_RELAY_AUTH' | 'FR_RELAY_BUSY'>> = {
  401: 'FR_RELAY_AUTH',
  403: 'FR_RELAY_AUTH',
  407: 'FR_RELAY_AUTH',
  453: 'FR_RELAY_BUSY',
  500: 'FR_RELAY_BUSY',
  502: 'FR_RELAY_BUSY',
  503: 'FR_RELAY_BUSY',
  504: 'FR_RELAY_BUSY',
};
