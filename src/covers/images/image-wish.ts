// In what form a cover is written.

/** The kind of file. */
export type ImageFormat = 'jpeg';

/** What is wanted of the file. */
export interface ImageWish {
  readonly format: ImageFormat;
  /** 1 to 100. */
  readonly quality: number;
}
