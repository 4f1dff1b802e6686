// A connection to an RTMP server, in as many attempts as it takes: at once first, command by command for strict servers,
// and with a login for those that ask for one.
import type { FramerailError } from '../../base/index.js';
import { answerChallenge, readChallenge } from './auth.js';
import { RtmpClient, type ClientMarks, type ClientOptions } from './client.js';

/** How a server is dialled. */
export type DialOptions = Omit<ClientOptions, 'pipelined' | 'appSuffix'>;

/** A name, and a challenge: a server that wants more does not know what it wants. */
const MOST_LOGINS = 2;
/** Servers that took their commands one by one and had not taken them together, as far as this process has met them. */
const strict = new Set<string>();
const MOST_STRICT = 1000;

/** A connection that may be dialled anew behind the scenes until the server accepts. */
export class RtmpDial {
  readonly #options: DialOptions;
  #client: RtmpClient;
  #held: boolean;
  #logins = 0;
  #suffix = '';

  constructor(options: DialOptions) {
    this.#options = options;
    this.#held = options.held ?? false;
    this.#client = this.#open(!strict.has(placeOf(options)));
  }

  /** When the steps of the last connection were done. */
  get marks(): ClientMarks {
    return this.#client.marks;
  }

  /** Bytes that wait to be sent. */
  get queued(): number {
    return this.#client.queued;
  }

  /** Bytes that the system has taken. */
  get sent(): number {
    return this.#client.sent;
  }

  /** Lets the wish out that was held. */
  release(): void {
    this.#held = false;
    this.#client.release();
  }

  /** Gathers a message of the stream that is published. */
  send(type: number, timestamp: number, payload: Uint8Array): void {
    this.#client.send(type, timestamp, payload);
  }

  /** Sends what was gathered, in one write. */
  flush(): void {
    this.#client.flush();
  }

  /** Says goodbye and ends; `onEnd` is not called. */
  close(): void {
    this.#client.close();
  }

  /** Ends at once, with an error that `onEnd` hears. */
  fail(error: FramerailError): void {
    this.#client.fail(error);
  }

  #open(pipelined: boolean): RtmpClient {
    const client: RtmpClient = new RtmpClient({
      ...this.#options,
      held: this.#held,
      pipelined,
      appSuffix: this.#suffix,
      onAccepted: () => {
        if (!pipelined && strict.size < MOST_STRICT) strict.add(placeOf(this.#options));
        this.#options.onAccepted();
      },
      onEnd: (error) => {
        this.#ended(client, pipelined, error);
      },
    });
    return client;
  }

  #ended(client: RtmpClient, pipelined: boolean, error: FramerailError | undefined): void {
    if (error !== undefined && !client.accepted) {
      const suffix = this.#login(client.refusedWith);
      if (suffix !== undefined) {
        this.#suffix = suffix;
        this.#client = this.#open(pipelined);
        return;
      }
      if (stumbled(client, error)) {
        if (pipelined) {
          this.#client = this.#open(false);
          return;
        }
        // It fails either way: that was no question of manners.
        strict.delete(placeOf(this.#options));
      }
    }
    this.#options.onEnd(error);
  }

  #login(words: string | undefined): string | undefined {
    const { address } = this.#options;
    const { user, password = '', app } = address;
    if (words === undefined || user === undefined || this.#logins >= MOST_LOGINS) return undefined;
    const challenge = readChallenge(words);
    if (challenge === undefined) return undefined;
    this.#logins += 1;
    return answerChallenge(challenge, { user, password, app });
  }
}

/** Whether a server hung up on a flight of commands that it might take one by one. */
function stumbled({ marks }: RtmpClient, { code }: FramerailError): boolean {
  return marks.handshake !== undefined && (code === 'FR_RELAY_LOST' || code === 'FR_RELAY_PROTOCOL');
}

function placeOf({ address: { host, port } }: DialOptions): string {
  return `${host}:${String(port)}`;
}
