// A stream that is read from playlists and segments over HTTP.
import { argumentError, FramerailError, isFramerailError, monotonicNow } from '../../base/index.js';
import { createAddressPolicy, type AddressPolicy } from '../../net/index.js';
import { TAG } from '../flv/tag.js';
import { Notices } from '../mpegts/notices.js';
import type { Origin, OriginHandlers, OriginMarks, OriginOptions, OriginSource } from '../origin.js';
import { choices, type Choice } from './choose-variant.js';
import { HttpFetcher } from './http-fetcher.js';
import { HTTP_SCHEMES, shownOf } from './http-wish.js';
import { Pacer } from './pacer.js';
import { PlaylistFollower } from './playlist-follower.js';
import { PlaylistSource } from './playlist-source.js';
import type { MediaPlaylist, MultivariantPlaylist } from './playlist.js';
import { RenditionPlayer } from './rendition.js';
import { SegmentLoader } from './segment-loader.js';
import { Timeline } from './timeline.js';

/** A playlist of segments, and where to read it again. */
interface Loaded {
  readonly source: PlaylistSource;
  readonly playlist: MediaPlaylist;
  readonly url: URL;
}

/** A playlist that is played, and the types of tags that are taken from it. */
type Chosen = readonly [Loaded, ReadonlySet<number>];

/** Variants that are tried, one after the other, until the playlist of one can be read. */
const MOST_VARIANTS = 4;
const EVERYTHING: ReadonlySet<number> = new Set([TAG.audio, TAG.video, TAG.data]);
const SOUND: ReadonlySet<number> = new Set([TAG.audio]);
const PICTURES: ReadonlySet<number> = new Set([TAG.video, TAG.data]);

/** Whether an address is that of a playlist. */
export function isHls(address: string): boolean {
  return /^https?:\/\/[^?#]*\.m3u8?(?![^/?#.])/i.test(address);
}

/** Reads the address; throws FR_ARG_INVALID. */
export function hlsOrigin(name: string, text: string): OriginSource {
  if (!URL.canParse(text)) throw argumentError(name, 'an address such as http://host/live/index.m3u8', 'another text');
  const url = new URL(text);
  return {
    shown: shownOf(url),
    open: (handlers, options) => new HlsOrigin(url, handlers, options),
  };
}

class HlsOrigin implements Origin {
  readonly marks: { -readonly [name in keyof OriginMarks]: OriginMarks[name] } = { dialled: monotonicNow() };
  readonly #url: URL;
  readonly #shown: string;
  readonly #handlers: OriginHandlers;
  readonly #options: OriginOptions;
  readonly #policy: AddressPolicy;
  readonly #fetcher: HttpFetcher;
  readonly #loader: SegmentLoader;
  readonly #pacer: Pacer;
  readonly #timeline = new Timeline();
  readonly #notices: Notices;
  readonly #closing = new AbortController();
  readonly #late: NodeJS.Timeout;
  #over = false;

  constructor(url: URL, handlers: OriginHandlers, options: OriginOptions) {
    this.#url = url;
    this.#shown = shownOf(url);
    this.#handlers = handlers;
    this.#options = options;
    const { timeout, verify, allowHosts } = options;
    const { marks } = this;
    this.#policy = createAddressPolicy({ operatorHosts: [url.hostname], allowHosts });
    this.#fetcher = new HttpFetcher({ origin: url, policy: this.#policy, verify, marks });
    const { signal } = this.#closing;
    this.#loader = new SegmentLoader({ fetcher: this.#fetcher, policy: this.#policy, timeout, signal });
    this.#notices = new Notices((message) => {
      if (!this.#over) handlers.onWarning(message);
    });
    this.#pacer = new Pacer({
      onTag: (type, timestamp, payload) => {
        this.#guarded(() => {
          handlers.onTag(type, timestamp, payload);
        });
      },
      onTurn: () => {
        this.#guarded(handlers.onTurn);
      },
    });
    this.#late = setTimeout(() => {
      const message = `${this.#shown} gave no segment within ${String(timeout)} ms.`;
      this.fail(new FramerailError('FR_RELAY_TIMEOUT', message));
    }, timeout);
    this.#run().then(
      () => {
        this.#end(undefined);
      },
      (error: unknown) => {
        this.#end(typed(error));
      },
    );
  }

  close(): void {
    this.#over = true;
    clearTimeout(this.#late);
    this.#closing.abort();
    this.#fetcher.close();
    this.#pacer.close();
  }

  fail(error: FramerailError): void {
    this.#end(error);
  }

  async #run(): Promise<void> {
    const source = new PlaylistSource(this.#fetcher, this.#url);
    const { playlist, url } = await source.read(this.#options.timeout);
    if (playlist.kind === 'media') await this.#play([[{ source, playlist, url }, EVERYTHING]]);
    else await this.#multivariant(playlist, url);
    await this.#pacer.drained();
  }

  /** Plays the best variant, or the next best where its playlist cannot be read. */
  async #multivariant(playlist: MultivariantPlaylist, base: URL): Promise<void> {
    const ranked = choices(playlist).slice(0, MOST_VARIANTS);
    for (const [i, choice] of ranked.entries()) {
      let loaded: readonly Chosen[];
      try {
        loaded = await this.#readChoice(choice, playlist, base);
      } catch (error) {
        if (i === ranked.length - 1 || !isFramerailError(error) || isFinal(error)) throw error;
        this.#notices.count(
          'variant',
          (times) => `A variant of the playlist was passed over ${times}: ${error.message}`,
        );
        continue;
      }
      this.#handlers.onHints(choice.hints);
      await this.#play(loaded);
      return;
    }
  }

  /** Reads the playlists of a variant and of the sound beside it, both at once. */
  async #readChoice(
    { variant, audio }: Choice,
    { variables }: MultivariantPlaylist,
    base: URL,
  ): Promise<readonly Chosen[]> {
    const read = async (uri: string): Promise<Loaded> => {
      const source = new PlaylistSource(this.#fetcher, this.#policy.check(uri, HTTP_SCHEMES, base), variables);
      const { playlist, url } = await source.read(this.#options.timeout);
      if (playlist.kind === 'media') return { source, playlist, url };
      throw new FramerailError(
        'FR_RELAY_PROTOCOL',
        `${shownOf(url)} cannot be read: playlists lead to further playlists.`,
      );
    };
    // Sound without pictures lists itself as the sound beside it.
    if (audio?.uri === undefined || audio.uri === variant.uri) return [[await read(variant.uri), EVERYTHING]];
    const [pictures, sound] = await Promise.all([read(variant.uri), read(audio.uri)]);
    return [
      [pictures, PICTURES],
      [sound, SOUND],
    ];
  }

  async #play(renditions: readonly Chosen[]): Promise<void> {
    this.marks.handshake = monotonicNow();
    const { timeout } = this.#options;
    const { signal } = this.#closing;
    const players = renditions.map(([{ source, playlist, url }, types]) => {
      const notices = this.#notices;
      return new RenditionPlayer({
        ...{ types, notices, loader: this.#loader, timeline: this.#timeline, pacer: this.#pacer },
        follower: new PlaylistFollower({ source, timeout, signal, notices }, playlist, url),
        onOpen: () => {
          this.#open();
        },
        onHints: (hints) => {
          if (this.#over) return;
          // A rendition knows nothing of what is taken from another one.
          const audio = types.has(TAG.audio) ? hints.audio : undefined;
          this.#handlers.onHints({ audio, video: types.has(TAG.video) ? hints.video : undefined });
        },
      });
    });
    await Promise.all(players.map(async (player) => await player.play()));
  }

  #open(): void {
    if (this.#over || this.marks.accepted !== undefined) return;
    this.marks.accepted = monotonicNow();
    clearTimeout(this.#late);
    this.#handlers.onOpen();
  }

  /** Who takes tags may find that they are none. */
  #guarded(act: () => void): void {
    if (this.#over) return;
    try {
      act();
    } catch (error) {
      this.#end(typed(error));
    }
  }

  #end(error: FramerailError | undefined): void {
    if (this.#over) return;
    this.close();
    this.#handlers.onEnd(error);
  }
}

function isFinal({ code }: FramerailError): boolean {
  return code === 'FR_RELAY_AUTH' || code === 'FR_ADDRESS_REFUSED' || code === 'FR_CLOSED';
}

function typed(error: unknown): FramerailError {
  if (isFramerailError(error)) return error;
  return new FramerailError('FR_INTERNAL', 'The stream of an HLS origin could not be handled.', { cause: error });
}
