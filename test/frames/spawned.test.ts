// Frames of the ffmpeg command are those of the native engine: the same facts, the same pixels, the same refusals.
import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { Engine, type MediaInfo, type MediaInput, type VideoFrame } from '#dist/index.js';
import { clipBlocks } from '../support/blocks.js';
import { sharedEngine } from '../support/engines.js';
import { failure } from '../support/failure.js';
import { fixture } from '../support/fixtures.js';
import { listFrames, md5Of } from '../support/frame-list.js';
import { some } from '../support/long.js';
import { psnr } from '../support/psnr.js';

const native = sharedEngine({ workers: 1 });
const spawned = sharedEngine({ workers: 2, backend: 'spawn' });

/** Everything that is said of each frame. */
async function factsOf(engine: Engine, input: MediaInput): Promise<unknown[]> {
  await using video = await engine.open(input);
  const facts: unknown[] = [];
  for await (const batch of video.frames({ format: 'native' }))
    for (const frame of batch) facts.push(factsOfFrame(frame));
  return facts;
}

function factsOfFrame({ pts, duration, keyframe, index, width, height, format, planes }: VideoFrame): unknown {
  const layout = planes.map(({ offset, stride, width, height }) => ({ offset, stride, width, height }));
  return { pts, duration, keyframe, index, width, height, format, layout };
}

test.each(some(3, ['plain.ts', 'plain.mp4', 'vp9.webm', 'raw.h264', 'mpeg4.avi', 'hevc10.mp4', 'odd-420.webm']))(
  'what is said of the frames of %s',
  async (clip) => {
    const [ours, theirs] = [await factsOf(spawned, fixture(clip)), await factsOf(native, fixture(clip))];
    expect(ours.length).toBeGreaterThan(20);
    expect(ours).toEqual(theirs);
  },
);

test('uneven distances: the times agree, durations are what the FFmpeg of the machine says of its packets', async () => {
  const [ours, theirs] = await Promise.all(
    [spawned, native].map(async (engine) => {
      await using video = await engine.open(fixture('vfr.mp4'));
      return await listFrames(video.frames({ format: 'native', packed: true }));
    }),
  );
  expect(ours).toEqual(theirs);
});

/** What a report says, without what only one of the two can tell. */
function reportOf({ container: _, log: __, ...info }: MediaInfo & { log?: unknown }): unknown {
  const rounded = (value: number | undefined): number | undefined => value && Math.round(value * 1000) / 1000;
  const streams = info.streams.map((stream) => ({ ...stream, duration: rounded(stream.duration), bitRate: undefined }));
  return { ...info, duration: rounded(info.duration), streams, video: streams[info.video.index] };
}

test.each(some(3, ['plain.mp4', 'plain.mkv', 'plain.ts', 'turned-270.mp4', 'sar.mp4', 'mpeg4.avi']))(
  'the report on %s',
  async (clip) => {
    const [ours, theirs] = [await spawned.probe(fixture(clip)), await native.probe(fixture(clip))];
    expect(reportOf(ours)).toEqual(reportOf(theirs));
    expect(ours.scan!.packets).toBeGreaterThan(20);
  },
);

test('a stream that is asked for by its number, or the one that ffmpeg picks', async () => {
  for (const stream of [undefined, 0, 1, 2]) {
    const sizes = [];
    for (const engine of [spawned, native]) {
      await using video = await engine.open(fixture('two-videos.mp4'), { stream });
      for await (const batch of video.frames({ stream, count: 1, format: 'native' }))
        for (const frame of batch) sizes.push([frame.width, frame.height, md5Of(frame)]);
    }
    expect(sizes[0]).toEqual(sizes[1]);
  }
});

test.each([
  ['missing', fixture('none.mp4')],
  ['a directory', '/'],
  ['empty', fixture('empty.mp4')],
  ['a text', fixture('text.mp4')],
  ['without its index', fixture('no-index.mp4')],
  ['its first bytes', fixture('first-bytes.mp4')],
  ['sound alone', fixture('sound.m4a')],
  ['concat:', `concat:${fixture('plain.ts')}|${fixture('plain.ts')}`],
  ['file:, libav’s own', `file:${fixture('plain.mp4')}`],
])('refused alike: %s', async (_, input) => {
  const theirs = await failure(() => native.open(input));
  const ours = await failure(() => spawned.open(input));
  expect([ours.code, ours.retryable, ours.details['averror']]).toEqual([
    theirs.code,
    theirs.retryable,
    theirs.details['averror'],
  ]);
  expect(spawned.pids).toEqual([]);
});

test('a stream that is not there is named', async () => {
  const error = await failure(() => spawned.open(fixture('plain.mp4'), { stream: 7 }));
  expect(error).toMatchObject({ code: 'FR_INPUT_NO_VIDEO' });
  expect(error.message).toContain('0 video, 1 audio');
});

test('a file that breaks off gives what is there', async () => {
  const counts = [];
  for (const engine of [spawned, native]) {
    await using video = await engine.open(fixture('truncated.mp4'));
    counts.push((await listFrames(video.frames({ format: 'native' }))).length);
  }
  expect(counts[0]).toBeGreaterThan(20);
  expect(counts[0]).toBe(counts[1]);
});

describe('without a file', () => {
  test('from memory and from blocks', async () => {
    for (const clip of ['plain.mp4', 'plain.ts']) {
      await using file = await native.open(fixture(clip));
      const theirs = await listFrames(file.frames({ format: 'native', packed: true }));
      for (const input of [await readFile(fixture(clip)), await clipBlocks(clip)]) {
        await using video = await spawned.open(input);
        expect(await listFrames(video.frames({ format: 'native', packed: true }))).toEqual(theirs);
      }
    }
  });

  test('no more is read than is needed', async () => {
    const source = await clipBlocks('big.mp4');
    await using video = await spawned.open(source);
    source.asked = 0;
    expect(await listFrames(video.frames({ count: 2 }))).toHaveLength(2);
    // What lies in the buffers of a connection was asked for as well.
    expect(source.asked).toBeLessThan(source.size * 0.75);
  });

  test('a source that is slower than the silence that is allowed is not taken for a command that hangs', async () => {
    await using engine = new Engine({ backend: 'spawn', stallTimeout: 400 });
    const source = await clipBlocks('plain.mp4', () => new Promise((resolve) => setTimeout(resolve, 2800)));
    await using video = await engine.open(source);
    expect(video.info.video.stored).toEqual({ width: 320, height: 180 });
  });
});

test.each(['nhwc', 'nchw'] as const)('frames of chosen times in one piece: %s', async (layout) => {
  const options = { size: [40, 30], layout } as const;
  const tensors = [];
  for (const engine of [spawned, native]) {
    await using video = await engine.open(fixture('plain.mp4'));
    tensors.push(await video.framesAt([2.5, 0, 3.2, 0.7, 0.7], options));
  }
  const [ours, theirs] = tensors;
  expect(ours!.shape).toEqual(theirs!.shape);
  expect(ours!.frames).toEqual(theirs!.frames);
  expect(psnr(ours!.data, theirs!.data)).toBeGreaterThan(40);
  for (const tensor of tensors) tensor.release();
});

test('several videos at once', async () => {
  const clips = ['plain.mp4', 'plain.ts', 'vfr.mp4'];
  const lists = await Promise.all(
    clips.map(async (clip) => {
      await using video = await spawned.open(fixture(clip));
      return await listFrames(video.frames({ format: 'native', packed: true }));
    }),
  );
  for (const [i, clip] of clips.entries()) {
    await using video = await native.open(fixture(clip));
    expect(lists[i]).toEqual(await listFrames(video.frames({ format: 'native', packed: true })));
  }
});
