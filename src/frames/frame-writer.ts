// Brings chosen pictures into the form that was asked for, written straight into slots.
import { copyPicture, needsTurn, Picture, pictureOver, Scaler, Turner, type VideoStreamInfo } from '../av/index.js';
import { oriented, planLayout, UPRIGHT, type PictureLayout, type Size } from '../pixels/index.js';
import type { FramesParams } from './selection.js';

/** Writes pictures of one video in one layout. */
export class FrameWriter {
  readonly layout: PictureLayout;
  readonly #turner: Turner | undefined;
  readonly #turned: Picture | undefined;
  readonly #native: { readonly width: number; readonly height: number; readonly format: string } | undefined;
  readonly #targets = new Map<number, Picture>();
  #scaler: Scaler | undefined;

  /**
   * @param first - the first picture: what it is decides the layout
   */
  constructor(params: FramesParams, stream: VideoStreamInfo, first: Picture) {
    const native = params.format === null;
    const orientation = stream.orientation === UPRIGHT ? (first.orientation ?? UPRIGHT) : stream.orientation;
    const turn = params.upright && !native ? { orientation, crop: stream.crop } : { orientation: UPRIGHT };
    this.#turner = needsTurn(turn) ? new Turner(turn) : undefined;
    this.#turned = this.#turner === undefined ? undefined : new Picture();
    const stored: Size = turn.crop ?? { width: first.width, height: first.height };
    const { width, height } = params.size ?? oriented(stored, turn.orientation);
    this.layout = planLayout(params.format ?? first.format, width, height, params.packed || params.gather !== null);
    this.#native = native && params.size === null ? { width, height, format: first.format } : undefined;
  }

  /**
   * Writes one picture.
   * @param memory - where; at least `layout.byteLength` bytes that live as long as this writer
   * @param key - the same for the same memory, so that its native twin is made once
   */
  write(picture: Picture, memory: Buffer, key: number): void {
    let target = this.#targets.get(key);
    if (target === undefined) {
      target = pictureOver(memory, this.layout);
      this.#targets.set(key, target);
    }
    let source = picture;
    if (this.#turner !== undefined && this.#turned !== undefined) {
      this.#turner.turn(picture, this.#turned);
      source = this.#turned;
    }
    // A change of resolution in mid-stream is scaled to the first one, as ffmpeg does.
    if (this.#native !== undefined && isLike(picture, this.#native)) {
      copyPicture(picture, target);
      return;
    }
    this.#scaler ??= new Scaler('bicubic');
    this.#scaler.convert(source, target);
  }

  /** Frees what is native. */
  close(): void {
    for (const target of this.#targets.values()) target.close();
    this.#targets.clear();
    this.#turned?.close();
    this.#turner?.close();
    this.#scaler?.close();
  }
}

function isLike(
  picture: Picture,
  kind: { readonly width: number; readonly height: number; readonly format: string },
): boolean {
  return picture.width === kind.width && picture.height === kind.height && picture.format === kind.format;
}
