// Frames of ADTS out of bytes that are all there, by what a relay reads of each.
import { adtsFrame, adtsLength, type AdtsFrame } from '#dist/relay/elementary/aac.js';

const HEADER = 7;

/** Frames as views; `rest` is what is no whole frame yet. What lies between frames is passed over. */
export function splitAdts(bytes: Uint8Array): { frames: AdtsFrame[]; rest: Uint8Array } {
  const frames: AdtsFrame[] = [];
  let at = 0;
  while (at + HEADER <= bytes.byteLength) {
    const length = adtsLength(bytes, at);
    if (length === undefined) {
      at += 1;
      continue;
    }
    if (at + length > bytes.byteLength) break;
    const frame = adtsFrame(bytes.subarray(at, at + length));
    if (frame !== undefined) frames.push(frame);
    at += length;
  }
  return { frames, rest: bytes.subarray(at) };
}
