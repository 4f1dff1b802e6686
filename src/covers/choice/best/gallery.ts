// Keeps the pictures of the candidates that may win, so that they need not be decoded again.
import type { Picture } from '../../../av/index.js';

interface Kept {
  readonly picture: Picture;
  readonly pts: number;
  readonly quality: number;
  readonly bytes: number;
}

/** The pictures of the best candidates so far, as many as there is room for; `close` frees them. */
export class Gallery {
  readonly #room: number;
  #kept: Kept[] = [];

  /** @param room - bytes of all pictures together; one is kept in any case */
  constructor(room: number) {
    this.#room = room;
  }

  /** Keeps a reference to a picture, which stays the caller's, if it is among the best. */
  offer(picture: Picture, pts: number, quality: number): void {
    // Three bytes a pixel: 4:2:0 with ten bits.
    this.#kept.push({ picture: picture.share(), pts, quality, bytes: 3 * picture.width * picture.height });
    this.#kept.sort((a, b) => b.quality - a.quality || a.pts - b.pts);
    let bytes = 0;
    const most = this.#kept.findIndex((one, index) => (bytes += one.bytes) > this.#room && index > 0);
    if (most > 0) for (const gone of this.#kept.splice(most)) gone.picture.close();
  }

  /** The picture of a time, which stays the gallery's; undefined where it was not kept. */
  find(pts: number): Picture | undefined {
    return this.#kept.find((one) => one.pts === pts)?.picture;
  }

  /** Frees all pictures. */
  close(): void {
    for (const { picture } of this.#kept) picture.close();
    this.#kept = [];
  }
}
