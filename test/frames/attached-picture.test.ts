// A picture beside the media is a video of one frame, wherever in it somebody looks.
import { expect, test } from 'vitest';
import { open } from '#dist/index.js';
import { makeClip } from '../support/cover-pictures/patches.js';
import { ffmpeg } from '../support/ffmpeg.js';
import { temporaryFolder } from '../support/temporary-folder.js';

test('the cover of an album', async () => {
  const folder = temporaryFolder();
  const image = await makeClip(folder, { file: 'art.png', frames: 1, args: ['-pix_fmt', 'rgb24'] });
  const song = `${folder}/song.mp3`;
  const sound = ['-f', 'lavfi', '-i', 'sine=duration=3', '-i', image, '-map', '0', '-map', '1', '-c:v', 'copy'];
  await ffmpeg(...sound, '-c:a', 'libmp3lame', '-id3v2_version', '3', song);
  await using video = await open(song);
  for (const options of [{}, { at: [2, 1] }, { keyframes: true }, { at: [1.5], precision: 'keyframe' as const }]) {
    const colors: number[][] = [];
    for await (const batch of video.frames({ ...options, packed: true }))
      for (const frame of batch) colors.push([...frame.data.subarray(3 * (160 * 20 + 60), 3 * (160 * 20 + 60) + 3)]);
    expect(colors).toEqual(
      Array.from({ length: options.at?.length ?? 1 }, () =>
        [200, 40, 40].map((part): unknown => expect.closeTo(part, -0.5)),
      ),
    );
  }
});
