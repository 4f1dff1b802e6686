// A playlist behind an address: read, and read again.
import { FramerailError } from '../../base/index.js';
import type { Variables } from './attributes.js';
import type { HttpFetcher } from './http-fetcher.js';
import { shownOf } from '../http-address.js';
import { parsePlaylist } from './parse-playlist.js';
import type { Playlist } from './playlist.js';

/** Bytes of a playlist at most, uncompressed: a day of two seconds each with all that can be said of them. */
const MOST_BYTES = 8 * 1024 * 1024;

/** One playlist. */
export class PlaylistSource {
  readonly #fetcher: HttpFetcher;
  readonly #url: URL;
  readonly #variables: Variables | undefined;

  /** @param variables - of the multivariant playlist that leads to it */
  constructor(fetcher: HttpFetcher, url: URL, variables?: Variables) {
    this.#fetcher = fetcher;
    this.#url = url;
    this.#variables = variables;
  }

  /**
   * Reads it.
   * @param within - milliseconds for everything
   * @param wanted - number of a segment that the server is to wait for, where it can
   * @returns with the address where it was found, to which its own are relative
   * @throws FR_RELAY_*, FR_ADDRESS_REFUSED
   */
  async read(within: number, wanted?: number): Promise<{ readonly playlist: Playlist; readonly url: URL }> {
    const asked = new URL(this.#url);
    // As a text, as other parameters may be signed the way they are written (rfc8216bis section 6.2.5.2).
    if (wanted !== undefined)
      asked.search = `${asked.search === '' ? '?' : `${asked.search}&`}_HLS_msn=${String(wanted)}`;
    const end = performance.now() + within;
    const what = 'the playlist';
    const body = await this.#fetcher.open({ url: asked, what, text: true, within, mostBytes: MOST_BYTES });
    const bytes = await body.whole(Math.max(1, end - performance.now()));
    const { url } = body;
    return { playlist: this.#parse(bytes, url), url };
  }

  #parse(bytes: Buffer, url: URL): Playlist {
    const text = bytes.toString('utf8');
    try {
      return parsePlaylist(text, { url, variables: this.#variables });
    } catch (error) {
      if (/^\uFEFF?#EXTM3U/.test(text)) throw error;
      const message = `${shownOf(url)} cannot be read: it answered with something that is no playlist.`;
      throw new FramerailError('FR_RELAY_PROTOCOL', message, { cause: error });
    }
  }
}
