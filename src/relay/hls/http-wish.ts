// What is asked for over HTTP.
import type { ByteRange } from './playlist.js';

/** Schemes that addresses of playlists may have. */
export const HTTP_SCHEMES = ['http:', 'https:'] as const;

/** What is asked for. */
export interface Wish {
  readonly url: URL;
  /** How it is called in messages, such as `the playlist`. */
  readonly what: string;
  /** Which bytes of it; an endless length stands for all that follow. */
  readonly range?: ByteRange | undefined;
  /** Whether it may come compressed, as texts do. */
  readonly text?: boolean;
  /** Milliseconds until the answer must have begun, redirects and all. */
  readonly within: number;
  /** Bytes that it may have at most. */
  readonly mostBytes: number;
}
