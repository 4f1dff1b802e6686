// What a storyboard job is told, and what it says afterwards: plain data.
import type { CoverShot, CoverWork } from '../cover.js';
import type { BoardFolder } from './board-files.js';
import type { SheetFormat } from './file-names.js';

/** Everything that a storyboard job is told. */
export interface StoryboardParams {
  /** An empty folder for the files; null where the parent writes them. */
  readonly folder: BoardFolder | null;
  /** Seconds from one tile to the next; null to go by the length of the video. */
  readonly every: number | null;
  /** Columns of a tile; its rows follow from the shape of the video. */
  readonly tileWidth: number;
  /** Tiles beside each other at most. */
  readonly columns: number;
  /** Rows of tiles at most. */
  readonly rows: number;
  readonly format: SheetFormat;
  /** 1 to 100. */
  readonly quality: number;
  /** Undefined to look whether keyframes are near enough to each other. */
  readonly precision: 'keyframe' | 'exact' | undefined;
  /** The number of the video stream; null for the one that ffmpeg picks. */
  readonly stream: number | null;
  /** Whether a picture has a cell for each step that it is on display, as formats with equal steps want it. */
  readonly equalSteps: boolean;
  /** Whether a BIF file is written. */
  readonly bif: boolean;
}

/** A sheet of tiles. */
export interface StoryboardSheet {
  /** The name of its file. */
  readonly file: string;
  /** Columns of the image, in pixels. */
  readonly width: number;
  /** Rows of the image, in pixels. */
  readonly height: number;
  /** Tiles beside each other in it. */
  readonly columns: number;
  /** Rows of tiles in it. */
  readonly rows: number;
  /** Cells of it that are filled, row by row. */
  readonly cells: number;
  /** Bytes of the file. */
  readonly bytes: number;
}

/** A picture of the video, and where its tile lies. */
export interface StoryboardTile {
  /** Seconds of the video from which it is shown: its own time, and 0 for the first one. */
  readonly start: number;
  /** Its own time in seconds from the start of the video. */
  readonly pts: number;
  /** Whether the decoder had to conceal errors in it. */
  readonly damaged: boolean;
  /** Which of the sheets it lies on, counted from 0; where it has several cells, the first of them. */
  readonly sheet: number;
  /** Columns of the sheet left of it, in pixels. */
  readonly x: number;
  /** Rows of the sheet above it, in pixels. */
  readonly y: number;
}

/** What a storyboard job returns. */
export interface StoryboardFacts extends CoverWork {
  /** Seconds from one step to the next. */
  readonly every: number;
  /** What was taken for each step. */
  readonly precision: 'keyframe' | 'exact';
  /** The transfer of HDR whose light was brought into the range of SDR; null where the pictures were SDR. */
  readonly toneMapped: CoverShot['toneMapped'];
  /** Seconds that the video lasts. */
  readonly duration: number;
  /** Columns of a tile, in pixels. */
  readonly tileWidth: number;
  /** Rows of a tile, in pixels. */
  readonly tileHeight: number;
  /** The sheets in order. */
  readonly sheets: readonly StoryboardSheet[];
  /** The pictures in order of time, each once. */
  readonly tiles: readonly StoryboardTile[];
}
