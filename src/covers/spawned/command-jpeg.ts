// Writes a composed picture as JPEG by commands, and reads it back: what a search for the right quality needs.
import type { Size } from '../../pixels/index.js';
import { jpegQuantiser } from '../../spelling/index.js';
import type { CommandSession } from '../../spawned/index.js';
import { JPEG_QUALITIES } from '../images/jpeg-qualities.js';
import type { ImageWriter } from '../images/reach-goal.js';
import { ssim } from '../images/ssim.js';
import { filtered } from './filtered.js';

/** The output of an ffmpeg that writes one JPEG; bit-exact files do not name the program that wrote them. */
export function jpegOutput(quality: number): string[] {
  const quantiser = ['-qmin', '1', '-q:v', String(jpegQuantiser(quality))];
  return ['-c:v', 'mjpeg', ...quantiser, '-flags:v', '+bitexact', '-f', 'mjpeg', 'pipe:1'];
}

/** Encodes one picture of planes of luma and halved chroma, in full range, again and again. */
export function commandJpegWriter(session: CommandSession, pixels: Uint8Array, size: Size): ImageWriter {
  const { width, height } = size;
  const raw = ['-f', 'rawvideo', '-pix_fmt', 'yuvj420p', '-video_size', `${String(width)}x${String(height)}`];
  const luma = (data: Uint8Array) => ({ data, stride: width, width, height });
  return {
    qualities: JPEG_QUALITIES,
    encode: (quality) => filtered(session, pixels, [...raw, '-i', 'pipe:0', ...jpegOutput(quality)]),
    likeness: async (file) => {
      const back = ['-f', 'mjpeg', '-i', 'pipe:0', '-f', 'rawvideo', '-pix_fmt', 'yuvj420p', 'pipe:1'];
      return ssim(luma(pixels), luma(await filtered(session, file, back)));
    },
  };
}
