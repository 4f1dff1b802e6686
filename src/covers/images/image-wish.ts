// In what form a cover is written.

/** The kind of file. */
export type ImageFormat = 'jpeg' | 'webp' | 'avif' | 'png';

/** How good an image is, or what must come of it. */
export type ImageGoal =
  | { readonly kind: 'quality'; readonly quality: number }
  | { readonly kind: 'maxBytes'; readonly bytes: number }
  | { readonly kind: 'minSsim'; readonly ssim: number };

/** What is wanted of the file. */
export interface ImageWish {
  readonly format: ImageFormat;
  /** Without meaning for PNG, which loses nothing. */
  readonly goal: ImageGoal;
}
