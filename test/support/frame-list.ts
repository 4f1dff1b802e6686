// Frames as a list of facts that can be compared.
import { createHash } from 'node:crypto';
import type { FrameStream, VideoFrame } from '#dist/index.js';

/** What a test compares of a frame. */
export interface Listed {
  readonly pts: number;
  readonly md5: string;
  readonly index: number;
  readonly keyframe: boolean;
}

/** The md5 of the pixels without padding. */
export function md5Of(frame: VideoFrame): string {
  return createHash('md5').update(tight(frame)).digest('hex');
}

/** The pixels without padding, in memory of the caller. */
export function tight(frame: VideoFrame): Uint8Array {
  const pixels = new Uint8Array(frame.allocationSize());
  frame.copyTo(pixels);
  return pixels;
}

/** Reads a stream to its end. */
export async function listFrames(stream: FrameStream): Promise<Listed[]> {
  const list: Listed[] = [];
  for await (const batch of stream)
    for (const frame of batch)
      list.push({ pts: frame.pts, md5: md5Of(frame), index: frame.index, keyframe: frame.keyframe });
  return list;
}

/** The place of the frame on display at a time: the last one that is not after it, or the first. */
export function onDisplay(frames: readonly { readonly pts: number }[], time: number): number {
  return Math.max(
    0,
    frames.findLastIndex(({ pts }) => pts <= time + 1e-6),
  );
}
