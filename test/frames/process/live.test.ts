// Live inputs of the network: what arrives is recorded, also when the sender is gone; silence and delay have bounds.
import { join } from 'node:path';
import { setTimeout as later } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { sharedEngine } from '../../support/engines.js';
import { failure } from '../../support/failure.js';
import { framemd5 } from '../../support/ffmpeg.js';
import { fixture } from '../../support/fixtures.js';
import { sender } from '../../support/live.js';
import { each, filesIn, streamsOf, untouched } from '../../support/process.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

describe.each(['rtmp', 'srt'] as const)('%s', (kind) => {
  const engine = sharedEngine({ workers: 1 });

  test('frames arrive as they are sent, and the recording outlives the sender', async () => {
    const { url, ended } = await sender(kind);
    const output = join(temporaryFolder(), 'out.mkv');
    const result = await engine.process({ live: url }, output, {
      transform: untouched,
      format: 'native',
      lossless: true,
      maxDelay: 60_000,
      inputTimeout: 10_000,
    }).result;
    await ended;
    const [sent, got] = [await framemd5(fixture('plain.mp4')), await framemd5(output)];
    expect(got.length).toBe(result.encoded);
    // What is sent before a connection stands may be lost; then they come without a gap.
    const first = sent.indexOf(got[0]!);
    expect(first).toBeGreaterThanOrEqual(0);
    expect(first).toBeLessThan(60);
    const whole = sent.slice(first, first + got.length);
    expect(got.slice(0, whole.length - 5)).toEqual(whole.slice(0, -5));
    expect(got.length).toBeGreaterThan(30);
    expect((await streamsOf(output)).map(({ codec_name }) => codec_name)).toEqual(['h264', 'aac']);
  });

  test('a sender that is killed ends the recording, which stays whole', async () => {
    const { url, pid } = await sender(kind, 'plain.mp4', ['-stream_loop', '-1']);
    const folder = temporaryFolder();
    const output = join(folder, 'out.mp4');
    let killed = false;
    const { encoded } = await engine.process({ live: url }, output, {
      inputTimeout: 10_000,
      transform: each(({ index }) => {
        if (index < 25 || killed) return;
        killed = true;
        process.kill(pid, 'SIGKILL');
      }),
    }).result;
    expect(encoded).toBeGreaterThanOrEqual(25);
    expect((await framemd5(output)).length).toBe(encoded);
    expect(filesIn(folder)).toEqual(['out.mp4']);
  });

  test('a sender that goes silent is FR_INPUT_STALLED within the timeout', async () => {
    const { url, pid } = await sender(kind, 'plain.mp4', ['-stream_loop', '-1']);
    const folder = temporaryFolder();
    let stoppedAt = 0;
    const error = await failure(
      () =>
        engine.process({ live: url }, join(folder, 'out.mp4'), {
          inputTimeout: 1000,
          transform: each(({ index }) => {
            if (index < 10 || stoppedAt > 0) return;
            stoppedAt = performance.now();
            process.kill(pid, 'SIGSTOP');
          }),
        }).result,
    );
    const after = performance.now() - stoppedAt;
    expect([error.code, error.retryable]).toEqual(['FR_INPUT_STALLED', true]);
    expect(error.message).not.toContain('?');
    expect(after).toBeGreaterThan(500);
    expect(after).toBeLessThan(3500);
    expect(filesIn(folder)).toEqual([]);
  });
});

describe('delay', () => {
  const engine = sharedEngine({ workers: 1 });

  test('a transform that is too slow sees what is now: late frames are passed over', async () => {
    const { url } = await sender('rtmp', 'plain.mp4');
    const seen: number[] = [];
    const result = await engine.process({ live: url }, null, {
      maxDelay: 200,
      slots: 3,
      batchSize: 1,
      transform: async (batch) => {
        seen.push(...batch.frames.map(({ pts }) => pts));
        await later(120);
      },
    }).result;
    expect(result.late).toBeGreaterThan(20);
    expect(result.decoded).toBe(result.late + result.encoded);
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
    // Four seconds of video at 120 ms a frame: all of it was seen, with gaps.
    expect(seen.at(-1)! - seen[0]!).toBeGreaterThan(2.5);
    expect(seen.length).toBeLessThan(50);
  });
});

describe('addresses', () => {
  const engine = sharedEngine({ workers: 1 });

  test.each([
    'rtmp://127.0.0.1:9/live/key',
    'rtsp://user:secret@127.0.0.1:9/cam',
    'srt://127.0.0.1:9?passphrase=secret-words',
  ])('nobody at %s', async (live) => {
    const error = await failure(() => engine.process({ live }, null, { inputTimeout: 1500 }).result);
    expect(error.code).toMatch(/^FR_INPUT_(READ|STALLED)$/);
    expect(`${error.message} ${JSON.stringify(error.details)}`).not.toContain('secret');
  });

  test.each([['http://a/b'], ['file:///etc/passwd'], ['concat:a|b'], [''], [1], ['rtmp:/a']])(
    '%j is none',
    async (live) => {
      const error = await failure(() => engine.process({ live: live as string }, null).result);
      expect([error.code, error.message]).toEqual(['FR_ARG_INVALID', expect.stringContaining('`input.live`')]);
    },
  );

  test('an abort ends the wait for an answer', async () => {
    const { url, pid } = await sender('rtmp');
    process.kill(pid, 'SIGSTOP');
    const stop = new AbortController();
    const { result } = engine.process({ live: url }, null, { signal: stop.signal });
    setTimeout(() => {
      stop.abort();
    }, 300);
    const began = performance.now();
    expect((await failure(() => result)).code).toBe('FR_ABORTED');
    expect(performance.now() - began).toBeLessThan(1500);
  });
});
