// A finished storyboard, as its caller sees it.
import type { StoryboardFacts } from './storyboard-params.js';

export type { StoryboardSheet, StoryboardTile } from './storyboard-params.js';
export type { SheetFormat } from './file-names.js';

/** A finished storyboard: the files in its folder, and what they hold. */
export interface Storyboard extends StoryboardFacts {
  /** The folder, as the caller named it. */
  readonly folder: string;
  /** The name of the WebVTT file. */
  readonly vtt: string;
  /** The name of the JSON file. */
  readonly json: string;
  /** The name of the HLS image media playlist; undefined where none was wanted. */
  readonly hls: string | undefined;
  /** The line that a multivariant playlist has for it; undefined where none was wanted. */
  readonly hlsLine: string | undefined;
  /** The name of the BIF file; undefined where none was wanted. */
  readonly bif: string | undefined;
}
