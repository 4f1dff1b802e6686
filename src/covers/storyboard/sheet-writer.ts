// Pastes tiles on sheets and hands each sheet on as soon as it is full: only one is in memory.
import { JFIF, setColor, type Breathe } from '../../av/index.js';
import type { Size } from '../../pixels/index.js';
import { encodeCover } from '../images/index.js';
import { Canvas, fill, paste } from '../shape/index.js';
import type { BoardFiles } from './board-files.js';
import { placeOf, usedPart, type Grid } from './board-plan.js';
import { sheetFile, type SheetFormat } from './file-names.js';
import type { StoryboardSheet } from './storyboard-params.js';

/** What sheets are made of. */
export interface SheetSetup {
  readonly files: BoardFiles;
  readonly tile: Size;
  readonly grid: Grid;
  readonly format: SheetFormat;
  /** 1 to 100. */
  readonly quality: number;
  /** Called between encodes; throws to stop. */
  readonly breathe: Breathe;
}

/** Black, for cells that stay empty. */
const EMPTY = [0, 128, 128] as const;

/** Writes the sheets of one storyboard. */
export class SheetWriter {
  /** The sheets that were written so far. */
  readonly sheets: StoryboardSheet[] = [];
  readonly #setup: SheetSetup;
  #canvas: Canvas | undefined;
  /** Cells that were filled, all sheets together. */
  #cells = 0;

  constructor(setup: SheetSetup) {
    this.#setup = setup;
  }

  /** Pastes a tile into the next cell, and says where that is. */
  async paste(tile: Canvas): Promise<ReturnType<typeof placeOf>> {
    const { grid, tile: size } = this.#setup;
    const { columns, rows } = grid;
    const place = placeOf(this.#cells, grid, size);
    this.#canvas ??= this.#emptySheet(tile.layout.format);
    paste(tile, this.#canvas, place);
    this.#cells += 1;
    if (this.#cells % (columns * rows) === 0) await this.#write(columns * rows);
    return place;
  }

  /** Writes the sheet that is not full. */
  async finish(): Promise<void> {
    const { columns, rows } = this.#setup.grid;
    const cells = this.#cells % (columns * rows);
    if (cells > 0) await this.#write(cells);
  }

  #emptySheet(format: string): Canvas {
    const { grid, tile } = this.#setup;
    const canvas = new Canvas(format, { width: grid.columns * tile.width, height: grid.rows * tile.height });
    fill(canvas, EMPTY);
    return canvas;
  }

  async #write(cells: number): Promise<void> {
    const { files, grid, tile, format } = this.#setup;
    const canvas = this.#canvas;
    if (canvas === undefined) return;
    const used = usedPart(cells, grid, this.sheets.length === 0);
    const size = { width: used.columns * tile.width, height: used.rows * tile.height };
    const data = await this.#encode(canvas, size);
    const file = sheetFile(this.sheets.length + 1, format);
    await files.sheet(data);
    this.sheets.push({ file, ...size, ...used, cells, bytes: data.byteLength });
    fill(canvas, EMPTY);
  }

  async #encode(canvas: Canvas, size: Size): Promise<Uint8Array> {
    const { format, quality, breathe } = this.#setup;
    const part = canvas.part(size);
    setColor(part, JFIF);
    try {
      return (await encodeCover(part, { format, goal: { kind: 'quality', quality } }, breathe)).data;
    } finally {
      part.close();
    }
  }

  /** Frees what is native. */
  close(): void {
    this.#canvas?.close();
  }
}
