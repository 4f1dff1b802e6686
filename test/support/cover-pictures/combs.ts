// Interlaced clips, and how much of a comb a picture shows.
import { join } from 'node:path';
import { ffmpeg } from '../ffmpeg.js';

/** Two moments in turn, row by row: a white bar that moves fast over gray. @param moving - whether it does */
export function weave(moving: boolean): string[] {
  const bar = `color=gray:size=320x192:rate=50:duration=0.4,format=yuv420p[g];color=white:size=48x120:rate=50:duration=0.4,format=yuv420p[b];[g][b]overlay=x=${moving ? '8+n*12' : '100'}:y=36`;
  return ['-filter_complex', `${bar},tinterlace=interleave_top,setfield=tff`];
}

/** Makes an interlaced clip. @param args - the encoder */
export async function weaveClip(
  folder: string,
  file: string,
  moving: boolean,
  args: readonly string[],
): Promise<string> {
  const path = join(folder, `${moving ? '' : 'still-'}${file}`);
  await ffmpeg('-y', ...weave(moving), ...args, path);
  return path;
}

/**
 * How far rows differ from both of their neighbours, which are alike: 0 without a comb.
 * @param luma - one byte a pixel
 */
export function combiness(luma: Uint8Array, width: number): number {
  let most = 0;
  for (let at = width; at + width < luma.length; at++) {
    const [above, here, below] = [luma[at - width]!, luma[at]!, luma[at + width]!];
    if (Math.abs(above - below) < 8) most = Math.max(most, Math.abs(here - (above + below) / 2));
  }
  return most;
}
