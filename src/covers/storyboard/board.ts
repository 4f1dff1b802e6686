// A storyboard as it grows: each picture is made small once, and put where its steps are.
import { encodeImage, type Breathe, type Picture } from '../../av/index.js';
import { FramerailError } from '../../base/index.js';
import type { OpenedVideo } from '../../frames/index.js';
import { Canvas } from '../shape/index.js';
import { SmallPictures } from '../small-pictures.js';
import type { BoardFiles } from './board-files.js';
import { checkSteps, gridFor, stepFrom } from './board-plan.js';
import { SheetWriter } from './sheet-writer.js';
import type { StoryboardFacts, StoryboardParams, StoryboardTile } from './storyboard-params.js';

/** What a board is drawn from. */
export interface BoardSource {
  readonly opened: OpenedVideo;
  readonly files: BoardFiles;
  /** Seconds from one step to the next. */
  readonly every: number;
  /** Called between steps; throws to stop. */
  readonly breathe: Breathe;
}

/** A picture that was made small, in the forms that are written. */
interface SmallPicture {
  readonly tile: Canvas;
  readonly jpeg: Uint8Array | undefined;
}

/** Puts pictures, which come in order of time, on sheets and into a BIF. */
export class Board {
  /** Seconds at which the last picture is shown no longer. */
  until = 0;
  readonly #params: StoryboardParams;
  readonly #source: BoardSource;
  readonly #tiles: StoryboardTile[] = [];
  /** Steps that have a picture. */
  #steps = 0;
  #sheets: SheetWriter | undefined;
  readonly #tilesOf: SmallPictures;
  /** What JPEGs are made of; where sheets are JPEGs too, the same. */
  readonly #jpegsOf: SmallPictures;
  /** The last picture: it stays on display until the next one. */
  #last: SmallPicture | undefined;

  constructor(params: StoryboardParams, source: BoardSource) {
    this.#params = params;
    this.#source = source;
    const small = (jpeg: boolean): SmallPictures =>
      new SmallPictures(source.opened, { width: params.tileWidth, format: jpeg ? 'yuv420p' : 'yuv444p' });
    this.#tilesOf = small(params.format === 'jpeg');
    this.#jpegsOf = params.format === 'jpeg' ? this.#tilesOf : small(true);
  }

  /** The transfer of HDR that the last picture was mapped from; null where it was SDR. */
  get toneMapped(): SmallPictures['toneMapped'] {
    return this.#tilesOf.toneMapped;
  }

  /** Makes a picture small. */
  compose(picture: Picture): SmallPicture {
    const composed = this.#tilesOf.make(picture);
    try {
      return { tile: Canvas.copyOf(composed), jpeg: this.#params.bif ? this.#jpegOf(picture, composed) : undefined };
    } finally {
      composed.close();
    }
  }

  #jpegOf(picture: Picture, composed: Picture): Uint8Array {
    const { quality } = this.#params;
    if (this.#jpegsOf === this.#tilesOf) return encodeImage(composed, { type: 'jpeg', quality });
    const own = this.#jpegsOf.make(picture);
    try {
      return encodeImage(own, { type: 'jpeg', quality });
    } finally {
      own.close();
    }
  }

  /** Adds a picture from its time on. @param until - seconds at which it is shown no longer */
  async add(small: SmallPicture, facts: Pick<StoryboardTile, 'pts' | 'damaged'>, until: number): Promise<void> {
    const { format, quality } = this.#params;
    const first = this.#tiles.length === 0;
    const tile = { width: small.tile.layout.width, height: small.tile.layout.height };
    const { files, every, breathe } = this.#source;
    const grid = gridFor(tile, this.#params);
    this.#sheets ??= new SheetWriter({ files, tile, grid, format, quality, breathe });
    if (!first) await this.#repeatUntil(stepFrom(facts.pts, every));
    this.#last?.tile.close();
    this.#last = small;
    this.until = Math.max(this.until, until);
    const place = await this.#sheets.paste(small.tile);
    if (small.jpeg !== undefined) await files.image(small.jpeg);
    this.#steps += 1;
    this.#tiles.push({ start: first ? 0 : facts.pts, ...facts, ...place });
  }

  async #repeatUntil(step: number): Promise<void> {
    const { files, every, opened, breathe } = this.#source;
    checkSteps(step, every, opened.input.name);
    const { tile, jpeg } = this.#last ?? {};
    for (; this.#steps < step; this.#steps++) {
      await breathe();
      if (jpeg !== undefined) await files.image(jpeg);
      if (tile !== undefined && this.#params.equalSteps) await this.#sheets?.paste(tile);
    }
  }

  /** Writes what is left. @param end - seconds that the video lasts */
  async finish(end: number): Promise<Pick<StoryboardFacts, 'tileWidth' | 'tileHeight' | 'sheets' | 'tiles'>> {
    const { files, every, opened } = this.#source;
    if (this.#sheets === undefined || this.#last === undefined)
      throw new FramerailError('FR_DECODE_NO_FRAME', `${opened.input.name} has no picture to make a storyboard of.`);
    const { width, height } = this.#last.tile.layout;
    await this.#repeatUntil(stepFrom(end, every));
    await this.#sheets.finish();
    if (this.#params.bif) await files.end(every);
    return { tileWidth: width, tileHeight: height, sheets: this.#sheets.sheets, tiles: this.#tiles };
  }

  /** Frees what is native. */
  close(): void {
    this.#last?.tile.close();
    this.#sheets?.close();
  }
}
