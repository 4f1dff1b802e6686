// Containers by endings are those that FFmpeg itself would choose, as far as they may be written.
import { expect, test } from 'vitest';
import { MediaOutput } from '#dist/av/index.js';
import { containerByEnding } from '#dist/spelling/index.js';

const ENDINGS =
  'mp4 m4v m4a mov mkv webm ts m2ts mts flv avi nut ogg ogv wmv asf mxf gif apng ivf h264 264 hevc h265 265 obu mjpg mjpeg mpg mpeg y4m yuv rgb 3gp MP4 txt jpg wav m3u8'.split(
    ' ',
  );

function chosenByFfmpeg(name: string): string | undefined {
  try {
    const output = MediaOutput.open({ name, seekable: true, write: () => undefined });
    output.close();
    return output.container;
  } catch {
    return undefined;
  }
}

test('the same container for every ending', () => {
  const ours = ENDINGS.map((ending) => [ending, containerByEnding(`/a.b/clip.${ending}`)]);
  expect(ours).toEqual(ENDINGS.map((ending) => [ending, chosenByFfmpeg(`/a.b/clip.${ending}`)]));
  expect(containerByEnding('no-ending')).toBeUndefined();
});
