// Makes small pictures of the decoded ones of a video: settled, upright, opaque and SDR, as its covers are.
import type { Picture } from '../av/index.js';
import type { OpenedVideo } from '../frames/index.js';
import type { Size } from '../pixels/index.js';
import { DEFAULT_LIMITS } from '../sources/index.js';
import { preparePicture, type PreparedPicture } from './picture/index.js';
import { CoverComposer, isMuchSmaller, smallSize, type ComposedFormat } from './shape/index.js';

/** What small pictures are. */
export interface SmallPictureWish {
  /** Columns; rows follow from the shape of the first picture, which is not enlarged. */
  readonly width: number;
  /** How chroma lies in them; their colours are those of JPEG. */
  readonly format: ComposedFormat;
}

const BLACK = [0, 0, 0] as const;

/** Makes pictures of one size. */
export class SmallPictures {
  /** The transfer of HDR that the last picture was mapped from; null where it was SDR, or there was none yet. */
  toneMapped: PreparedPicture['toneMapped'] = null;
  readonly #opened: OpenedVideo;
  readonly #wish: SmallPictureWish;
  /** They are so much smaller that nobody sees what was left out on the way. */
  readonly #much: boolean;
  #size: Size | undefined;

  constructor(opened: OpenedVideo, wish: SmallPictureWish) {
    const { display, stored } = opened.stream;
    this.#opened = opened;
    this.#wish = wish;
    this.#much = isMuchSmaller(smallSize(display, wish.width), stored);
  }

  /** Makes one; it shares no memory with the decoded one, and the caller closes it. */
  make(decoded: Picture): Picture {
    const { input, stream } = this.#opened;
    const surroundings = { name: input.name, container: input.color, limits: DEFAULT_LIMITS, small: this.#much };
    const prepared = preparePicture(decoded, surroundings);
    try {
      this.toneMapped = prepared.toneMapped;
      const composer = new CoverComposer(prepared.picture, stream, this.#wish.format);
      const size = (this.#size ??= smallSize(composer.shown, this.#wish.width));
      return composer.compose({ size, fit: 'cover', border: 'color', background: BLACK, safeZone: null }).picture;
    } finally {
      prepared.close();
    }
  }
}
