// A storyboard as it grows: each picture is made small once, and put where its steps are.
import { join } from 'node:path';
import { encodeImage, type Breathe, type Picture, type VideoStreamInfo } from '../../av/index.js';
import { FramerailError } from '../../base/index.js';
import type { Size } from '../../pixels/index.js';
import { Canvas, composeCover, RGB_FORM, shownSize, smallSize } from '../shape/index.js';
import { BifWriter } from './bif.js';
import { checkSteps, gridFor, stepFrom } from './board-plan.js';
import { BIF_FILE } from './file-names.js';
import { SheetWriter } from './sheet-writer.js';
import type { StoryboardFacts, StoryboardParams, StoryboardTile } from './storyboard-params.js';

/** What a board is drawn from. */
export interface BoardSource {
  readonly stream: VideoStreamInfo;
  /** Seconds from one step to the next. */
  readonly every: number;
  /** Of the video, for messages. */
  readonly name: string;
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
  readonly #bif: BifWriter | undefined;
  /** Steps that have a picture. */
  #steps = 0;
  #sheets: SheetWriter | undefined;
  #size: Size | undefined;
  /** The last picture: it stays on display until the next one. */
  #last: SmallPicture | undefined;

  constructor(params: StoryboardParams, source: BoardSource) {
    this.#params = params;
    this.#source = source;
    this.#bif = params.bif
      ? new BifWriter(join(params.folder, BIF_FILE), join(params.folderName, BIF_FILE))
      : undefined;
  }

  /** Makes a picture small. */
  compose(picture: Picture): SmallPicture {
    const { tileWidth, format, quality } = this.#params;
    const size = (this.#size ??= smallSize(shownSize(picture, this.#source.stream), tileWidth));
    const shape = { size, fit: 'cover', background: [0, 0, 0] } as const;
    const inYuv =
      format === 'jpeg' || this.#bif !== undefined ? composeCover(picture, this.#source.stream, shape) : undefined;
    const jpeg =
      this.#bif === undefined || inYuv === undefined ? undefined : encodeImage(inYuv, { type: 'jpeg', quality });
    const drawn = format === 'jpeg' ? inYuv : composeCover(picture, this.#source.stream, shape, RGB_FORM);
    if (inYuv !== drawn) inYuv?.close();
    if (drawn === undefined) throw new FramerailError('FR_INTERNAL', 'A tile was not composed.');
    const tile = Canvas.copyOf(drawn);
    drawn.close();
    return { tile, jpeg };
  }

  /** Adds a picture from its time on. @param until - seconds at which it is shown no longer */
  async add(small: SmallPicture, facts: Pick<StoryboardTile, 'pts' | 'damaged'>, until: number): Promise<void> {
    const { folder, folderName, format, quality } = this.#params;
    const first = this.#tiles.length === 0;
    const tile = { width: small.tile.layout.width, height: small.tile.layout.height };
    this.#sheets ??= new SheetWriter({ folder, folderName, tile, grid: gridFor(tile, this.#params), format, quality });
    if (!first) await this.#repeatUntil(stepFrom(facts.pts, this.#source.every));
    this.#last?.tile.close();
    this.#last = small;
    this.until = Math.max(this.until, until);
    const place = await this.#sheets.paste(small.tile);
    if (small.jpeg !== undefined) this.#bif?.add(small.jpeg);
    this.#steps += 1;
    this.#tiles.push({ start: first ? 0 : facts.pts, ...facts, ...place });
  }

  async #repeatUntil(step: number): Promise<void> {
    const { every, name, breathe } = this.#source;
    checkSteps(step, every, name);
    const { tile, jpeg } = this.#last ?? {};
    for (; this.#steps < step; this.#steps++) {
      await breathe();
      if (jpeg !== undefined) this.#bif?.add(jpeg);
      if (tile !== undefined && this.#params.equalSteps) await this.#sheets?.paste(tile);
    }
  }

  /** Writes what is left. @param end - seconds that the video lasts */
  async finish(end: number): Promise<Pick<StoryboardFacts, 'tileWidth' | 'tileHeight' | 'sheets' | 'tiles'>> {
    const size = this.#size;
    if (this.#sheets === undefined || size === undefined)
      throw new FramerailError('FR_DECODE_NO_FRAME', `${this.#source.name} has no picture to make a storyboard of.`);
    await this.#repeatUntil(stepFrom(end, this.#source.every));
    await this.#sheets.finish();
    this.#bif?.finish(this.#source.every);
    return { tileWidth: size.width, tileHeight: size.height, sheets: this.#sheets.sheets, tiles: this.#tiles };
  }

  /** Frees what is native. */
  close(): void {
    this.#last?.tile.close();
    this.#sheets?.close();
  }
}
