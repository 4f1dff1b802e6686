// Brings chosen pictures into the form that was asked for, written straight into slots.
import {
  borrowScaler,
  blankPicture,
  copyPicture,
  orientationOf,
  Picture,
  pictureOver,
  type ContextLease,
  type Scaler,
  Turner,
  type VideoStreamInfo,
} from '../av/index.js';
import { isRgb, needsTurn, oriented, planLayout, UPRIGHT, type PictureLayout, type Size } from '../pixels/index.js';

/** What pictures are brought into. */
export interface FrameForm {
  /** FFmpeg's name of the pixel format, or null for what comes, untouched. */
  readonly format: string | null;
  /** The size to scale to; null for the size of what comes. */
  readonly size: Size | null;
  /** No padding between rows and planes. */
  readonly packed: boolean;
  /** Turn and crop pictures as their container says; never applied to native ones. */
  readonly upright: boolean;
}

/** Writes pictures of one video in one layout. */
export class FrameWriter {
  readonly layout: PictureLayout;
  readonly #turner: Turner | undefined;
  readonly #turned: Picture | undefined;
  readonly #native: boolean;
  readonly #targets = new Map<number, Picture>();
  /** Where libswscale writes when rows without padding would lose their last columns. */
  readonly #padded: Picture | undefined;
  #scaler: ContextLease<Scaler> | undefined;

  /**
   * @param first - the first picture: what it is decides the layout
   */
  constructor(form: FrameForm, stream: VideoStreamInfo, first: Picture) {
    const native = form.format === null;
    const turn =
      form.upright && !native
        ? { orientation: orientationOf(stream, first), crop: stream.crop }
        : { orientation: UPRIGHT };
    this.#turner = needsTurn(turn) ? new Turner(turn) : undefined;
    this.#turned = this.#turner === undefined ? undefined : new Picture();
    const stored: Size = turn.crop ?? { width: first.width, height: first.height };
    const { width, height } = form.size ?? oriented(stored, turn.orientation);
    this.layout = planLayout(form.format ?? first.format, width, height, form.packed);
    this.#native = native;
    this.#padded = losesColumns(this.layout) ? blankPicture(this.layout.format, { width, height }) : undefined;
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
    if (this.#isWanted(source)) {
      copyPicture(source, target);
      return;
    }
    // A change of resolution in mid-stream is scaled to the first one, as ffmpeg does.
    this.#scaler ??= borrowScaler({ filter: 'bicubic' }, source, this.#padded ?? target);
    this.#scaler.value.convert(source, this.#padded ?? target);
    if (this.#padded !== undefined) copyPicture(this.#padded, target);
  }

  /** Whether a picture has the samples that were asked for already. Limited range is what YUV is delivered in. */
  #isWanted({ width, height, format, fullRange }: Picture): boolean {
    const { layout } = this;
    const same = width === layout.width && height === layout.height && format === layout.format;
    return same && (this.#native || (!fullRange && /^(yuv420p|nv12)$/.test(format)));
  }

  /** Frees what is native. */
  close(): void {
    for (const target of this.#targets.values()) target.close();
    this.#targets.clear();
    this.#padded?.close();
    this.#turned?.close();
    this.#turner?.close();
    this.#scaler?.release();
  }
}

/**
 * libswscale turns YUV into RGB eight pixels at a time and leaves out the last ones when the row has no room for eight
 * (yuv2rgb in libswscale/x86: `if (h_size * depth > dstStride) h_size -= 8`).
 */
function losesColumns({ format, width, planes }: PictureLayout): boolean {
  const plane = planes[0];
  return width % 8 !== 0 && plane !== undefined && plane.stride === plane.rowBytes && isRgb(format);
}
