// Who hears the stream of a relay beside destinations and recordings.
import type { FeedTarget } from './feed.js';

/** Who hears the stream of a relay from some time on, as viewers do. */
export interface Listener extends FeedTarget {
  /** The streams are known. */
  begin(): void;
}
