// The pixels of encoded images, decoded in this process: a start of ffmpeg takes longer than that.
import sharp from 'sharp';

/** Tightly packed rgb24. */
export async function rgbOf(image: Uint8Array): Promise<Buffer> {
  return sharp(image).toColourspace('srgb').removeAlpha().raw().toBuffer();
}

/** Full-range luma, by the matrix of JPEG (ITU-T T.871). */
export async function lumaOf(image: Uint8Array): Promise<Buffer> {
  const rgb = await rgbOf(image);
  const luma = Buffer.alloc(rgb.byteLength / 3);
  for (let i = 0; i < luma.byteLength; i++)
    luma[i] = Math.round(0.299 * rgb[3 * i]! + 0.587 * rgb[3 * i + 1]! + 0.114 * rgb[3 * i + 2]!);
  return luma;
}
