// Hardware that refuses, dies or loses pictures: whatever it does, every frame is in the output once, in order, and is
// the picture that it was.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { FakeHardware } from '#dist/av/encoders/fake-hardware.js';
import type { ProcessOptions, ProcessResult } from '#dist/index.js';
import { sharedEngine } from '../../support/engines.js';
import { failure } from '../../support/failure.js';
import { fakeHardware } from '../../support/fake-hardware.js';
import { ffprobe } from '../../support/ffmpeg.js';
import { fixture } from '../../support/fixtures.js';
import { listFrames, tight, type Listed } from '../../support/frame-list.js';
import { some } from '../../support/long.js';
import { psnr } from '../../support/psnr.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

// 180 rows are no multiple of 16: hardware gets 192 of them.
const CLIP = fixture('plain.mp4');
const reader = sharedEngine();
let source: Listed[];

async function framesOf(path: string): Promise<Listed[]> {
  const video = await reader.open(path);
  return listFrames(video.frames({ format: 'yuv420p' }));
}

beforeAll(async () => {
  source = await framesOf(CLIP);
});

/** Times and pixels; keyframes are the encoder's own business. */
const seen = (frames: readonly Listed[]): unknown[] => frames.map(({ pts, md5 }) => [pts.toFixed(4), md5]);

async function run(name: string, options: ProcessOptions = {}): Promise<{ result: ProcessResult; output: string }> {
  const { Engine } = await import('#dist/index.js');
  const output = join(temporaryFolder(), name);
  // Workers are born with the faults of their test.
  const engine = new Engine({ workers: 1 });
  try {
    const result = await engine.process(CLIP, output, { encoder: 'fake', lossless: true, ...options }).result;
    return { result, output };
  } finally {
    await engine.close();
  }
}

test.each(['out.mp4', 'out.mkv'])('sides are padded to what it takes, and %s says what is seen', async (name) => {
  const { sessions } = fakeHardware();
  const { result, output } = await run(name);
  expect(result.encoder).toMatchObject({
    requested: 'fake',
    name: 'fake_hw',
    backend: 'fake',
    pixelFormat: 'nv12',
    attempts: [],
  });
  expect(result.encoder?.why).toBe('fake_hw is the encoder of fake for h264, and a test encode worked here.');
  const { video } = await reader.probe(output);
  expect(video.stored).toEqual({ width: 320, height: 192 });
  expect(video.crop).toEqual({ x: 0, y: 0, width: 320, height: 180 });
  expect(video.display).toEqual({ width: 320, height: 180 });
  expect(seen(await framesOf(output))).toEqual(seen(source));
  expect(sessions()).toEqual([]);
});

test('auto prefers it to software, and says why', async () => {
  fakeHardware();
  const { result } = await run('out.mp4', { encoder: 'auto' });
  expect(result.encoder).toMatchObject({ requested: 'auto', name: 'fake_hw', attempts: [] });
});

test('software leaves it out', async () => {
  fakeHardware();
  const { result } = await run('out.mp4', { encoder: 'software' });
  expect(result.encoder).toMatchObject({ name: 'libx264', backend: 'software', attempts: [] });
});

const places: NonNullable<FakeHardware['dieAt']>[] = ['send', 'receive', 'drain', 'silent'];
const manners: readonly [string, Omit<FakeHardware, 'folder'>, ProcessOptions][] = [
  ['with reordered pictures', {}, {}],
  ['with pictures one by one', {}, { lowLatency: true }],
  ['with a delay of its own', { delay: 7 }, { lowLatency: true }],
];
const MOMENTS = [4, 51, 99];
// Every place with every manner, and each of them with every moment: twelve cases hold all pairs.
const cases = places.flatMap((dieAt, i) =>
  manners.map(([how, faults, options], j) => {
    const dieAfter = MOMENTS[(i + j) % MOMENTS.length]!;
    return { dieAt, dieAfter, how, faults, options };
  }),
);

describe('it dies', () => {
  test.each(some(4, cases))('at $dieAt after $dieAfter $how', async ({ dieAt, dieAfter, faults, options }) => {
    const { sessions } = fakeHardware({ ...faults, dieAt, dieAfter });
    const { result, output } = await run(dieAfter === 51 ? 'out.mkv' : 'out.mp4', options);
    expect(result.encoded).toBe(100);
    expect(result.encoder).toMatchObject({ name: 'libx264', backend: 'software', attempts: [{ name: 'fake_hw' }] });
    expect(result.encoder?.why).toBe('fake_hw failed in mid-stream, and libx264 took over.');
    expect(result.encoder?.attempts[0]?.reason).toMatch(
      dieAt === 'silent' ? /^The encoder fake_hw (lost|held)/ : /^The fake hardware died after \d+ pictures\.$/,
    );
    expect(seen(await framesOf(output))).toEqual(seen(source));
    expect(sessions()).toEqual([]);
  });
});

test('through JavaScript, into lossy pictures, they are still alike', async () => {
  fakeHardware({ dieAfter: 60 });
  const drawn: Uint8Array[] = [];
  const { output } = await run('out.mp4', {
    lossless: false,
    quality: 75,
    format: 'yuv420p',
    transform: (batch) => {
      for (const frame of batch) {
        frame.planes[0]?.data.subarray(0, 640).fill(200);
        drawn.push(tight(frame));
      }
    },
  });
  const video = await reader.open(output);
  let place = 0;
  for await (const batch of video.frames({ format: 'yuv420p' }))
    for (const frame of batch) expect(psnr(tight(frame), drawn[place++]!)).toBeGreaterThan(35);
  expect(place).toBe(100);
});

test('players that go back find parameter sets before each keyframe, of hardware and of its successor', async () => {
  fakeHardware({ dieAfter: 90 });
  const { output } = await run('out.mp4', { lossless: false, keyframeInterval: 1 });
  const { packets } = await ffprobe('-select_streams', 'v', '-show_entries', 'packet=pos,flags,size', output);
  const bytes = readFileSync(output);
  const keyframes = (packets as { pos: string; flags: string; size: string }[]).filter(({ flags }) =>
    flags.startsWith('K'),
  );
  expect(keyframes.length).toBeGreaterThan(3);
  for (const { pos, size } of keyframes) {
    const kinds = unitKinds(bytes.subarray(Number(pos), Number(pos) + Number(size)));
    expect(kinds).toEqual(expect.arrayContaining([SEQUENCE_SET, PICTURE_SET, KEY_SLICE]));
  }
});

const [KEY_SLICE, SEQUENCE_SET, PICTURE_SET] = [5, 7, 8];

/** The kinds of the units of an H.264 packet in MP4: a length of four bytes before each (ITU-T H.264, 7.3.1). */
function unitKinds(packet: Buffer): number[] {
  const kinds: number[] = [];
  for (let at = 0; at < packet.byteLength; at += 4 + packet.readUInt32BE(at)) kinds.push(packet.readUInt8(at + 4) & 31);
  return kinds;
}

test('without a fallback its death is the failure of the call', async () => {
  const { sessions } = fakeHardware({ dieAfter: 20 });
  const error = await failure(() => run('out.mp4', { fallback: false }));
  expect([error.code, error.message]).toEqual(['FR_ENCODE_FAILED', 'The fake hardware died after 20 pictures.']);
  expect(sessions()).toEqual([]);
});

test('a format or a wish that it has no words for leads to software, with the reason', async () => {
  fakeHardware();
  const { result } = await run('out.mp4', { lossless: false, encoder: 'fake', pixelFormat: 'yuv444p' });
  expect(result.encoder).toMatchObject({ name: 'libx264', pixelFormat: 'yuv444p', attempts: [{ name: 'fake_hw' }] });
  expect(result.encoder?.attempts[0]?.reason).toContain('nv12');
  expect(result.encoder?.why).toMatch(/^fake could not be had: .* libx264 is the software encoder for h264\.$/);
});

test('what dies again and again leaves nothing behind', async () => {
  const { sessions } = fakeHardware({ dieAfter: 90 });
  const { Engine } = await import('#dist/index.js');
  const engine = new Engine({ workers: 1 });
  const folder = temporaryFolder();
  const resident = (): number => {
    const status = readFileSync(`/proc/${String(engine.pids[0])}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) / 1024;
  };
  try {
    const sizes: number[] = [];
    const inUse: number[] = [];
    for (let i = 0; i < 14; i++) {
      const { encoder, contexts } = await engine.process(CLIP, join(folder, 'out.mp4'), { encoder: 'fake' }).result;
      expect(encoder?.name).toBe('libx264');
      inUse.push(contexts['scalers']?.inUse ?? Number.NaN);
      sizes.push(resident());
    }
    // Forty held pictures a run would be 4 MiB each time.
    expect(sizes.at(-1)! - sizes[5]!).toBeLessThan(16);
    expect(new Set(inUse).size).toBe(1);
    expect(sessions()).toEqual([]);
  } finally {
    await engine.close();
  }
});
