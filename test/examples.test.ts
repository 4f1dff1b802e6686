// Every example runs as its first lines say, and makes what they say.
import { execFile, spawn, type ChildProcessByStdio } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { checkRelaysFile, createRelays } from '#dist/index.js';
import { eventually } from './support/eventually.js';
import { ffmpeg, ffprobe, imagePixels, rawPixels } from './support/ffmpeg.js';
import { fixture } from './support/fixtures.js';
import { answers, freePort } from './support/live.js';
import { meanColor, psnr } from './support/psnr.js';
import { isPicture, rtmpSink } from './support/relay/sink.js';
import { temporaryFolder } from './support/temporary-folder.js';

const EXAMPLES = join(import.meta.dirname, '../examples');
const RGB = ['-pix_fmt', 'rgb24'];
const CODING = ['-c:v', 'libx264', '-preset', 'ultrafast', '-crf', '8', '-pix_fmt', 'yuv420p'];

async function run(name: string, ...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [join(EXAMPLES, name), ...args], { timeout: 50_000 });
  return stdout;
}

/** Starts one that runs until it is told to stop; it is gone when the test is over. */
function begin(name: string, ...args: string[]): ChildProcessByStdio<null, Readable, null> {
  const child = spawn(process.execPath, [join(EXAMPLES, name), ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

test('every example is run here, says how to run it, and turns a wrong file into one sentence', async () => {
  const own = await readFile(import.meta.filename, 'utf8');
  const names = (await readdir(EXAMPLES)).filter((name) => name.endsWith('.mjs'));
  for (const name of names) {
    expect(own, name).toMatch(new RegExp(`(run|begin)\\('${name}'`));
    expect((await readFile(join(EXAMPLES, name), 'utf8')).split('\n').slice(0, 3).join('\n')).toContain(
      `node examples/${name} `,
    );
  }
  for (const name of ['blur-region.mjs', 'brightness-chart.mjs', 'scenes.mjs', 'tensor.mjs', 'engine.mjs']) {
    const failed = promisify(execFile)(process.execPath, [join(EXAMPLES, name), 'no-such.mp4'], { timeout: 30_000 });
    await expect(failed).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^no-such.mp4 does not exist. \(FR_INPUT_NOT_FOUND\)\n$/),
    });
  }
});

test('brightness prints a line for each second', async () => {
  const lines = (await run('brightness.mjs', fixture('plain.mp4'))).trimEnd().split('\n');
  expect(lines).toHaveLength(4);
  for (const [second, line] of lines.entries())
    expect(line).toMatch(new RegExp(`^ +${String(second)}\\.00 s +#+ [\\d.]+ %$`));
});

test('covers writes one file for each good video and names the bad one', async () => {
  const out = temporaryFolder();
  const printed = await run('covers.mjs', out, fixture('plain.mp4'), fixture('vp9.webm'), fixture('text.mp4'));
  expect((await readdir(out)).sort()).toEqual(['plain.mp4.jpg', 'vp9.webm.jpg']);
  expect(printed).toContain('FR_INPUT_INVALID');
});

/** The part of each rgb24 frame that lies inside a box, or outside of it. */
function part(pixels: Buffer, width: number, height: number, keep: (x: number, y: number) => boolean): Uint8Array {
  const kept: number[] = [];
  for (let at = 0; at < pixels.length; at += 3) {
    const place = (at / 3) % (width * height);
    if (keep(place % width, Math.floor(place / width))) kept.push(pixels[at]!, pixels[at + 1]!, pixels[at + 2]!);
  }
  return Uint8Array.from(kept);
}

/** How much neighbours differ: what a blur takes away. */
function sharpness(pixels: Uint8Array): number {
  let sum = 0;
  for (let i = 3; i < pixels.length; i++) sum += Math.abs(pixels[i]! - pixels[i - 3]!);
  return sum / pixels.length;
}

test('blur-region blurs the box, and nothing else but by the codec', async () => {
  const folder = temporaryFolder();
  const [clip, out] = [join(folder, 'clip.mp4'), join(folder, 'blurred.mp4')];
  const grid = 'color=0x406080:size=320x180:rate=25:duration=2,drawgrid=width=8:height=8:thickness=2:color=white';
  await ffmpeg('-f', 'lavfi', '-i', grid, '-f', 'lavfi', '-i', 'sine=duration=2', ...CODING, '-c:a', 'aac', clip);
  const printed = await run('blur-region.mjs', clip, out, '200,60,80,60', '8');
  expect(printed).toContain('50 frames');
  const { streams } = await ffprobe('-show_entries', 'stream=codec_name,nb_frames', out);
  expect(streams).toEqual([
    expect.objectContaining({ codec_name: 'h264', nb_frames: '50' }),
    expect.objectContaining({ codec_name: 'aac' }),
  ]);
  const some = ['-vf', 'select=not(mod(n\\,25))', ...RGB];
  const [before, after] = [await rawPixels(clip, ...some), await rawPixels(out, ...some)];
  // Its rim bleeds into the blocks of the codec around it.
  const outside = (x: number, y: number): boolean => x < 184 || x >= 296 || y < 44 || y >= 136;
  const inside = (x: number, y: number): boolean => x >= 208 && x < 272 && y >= 64 && y < 112;
  const parts = (keep: typeof outside): [Uint8Array, Uint8Array] => [
    part(before, 320, 180, keep),
    part(after, 320, 180, keep),
  ];
  expect(psnr(...parts(outside))).toBeGreaterThan(30);
  const [sharp, blurred] = parts(inside);
  expect(sharpness(blurred)).toBeLessThan(sharpness(sharp) / 10);
  const mean = (samples: Uint8Array): number => samples.reduce((sum, sample) => sum + sample, 0) / samples.length;
  expect(Math.abs(mean(sharp) - mean(blurred))).toBeLessThan(3);
});

test('brightness-chart draws the brightness that the video has', async () => {
  const folder = temporaryFolder();
  const [clip, out] = [join(folder, 'clip.mp4'), join(folder, 'chart.mp4')];
  const half = (level: number): string[] => {
    const gray = level.toString(16).padStart(2, '0').repeat(3);
    return ['-f', 'lavfi', '-i', `color=0x${gray}:size=640x360:rate=25:duration=1`];
  };
  await ffmpeg(...half(51), ...half(204), '-filter_complex', 'concat=n=2', ...CODING, clip);
  expect(await run('brightness-chart.mjs', clip, out, '2')).toContain('50 frames');
  const last = (await rawPixels(out, ...RGB)).subarray(-640 * 360 * 3);
  // Above the chart the picture is as it was.
  for (const sample of meanColor(last, 640, { x: 0, y: 0, width: 640, height: 230 }))
    expect(Math.abs(sample - 204)).toBeLessThan(4);
  const rowsOfLine = (from: number, to: number): number => {
    const rows: number[] = [];
    for (let y = 245; y < 349; y++)
      for (let x = from; x < to; x++) {
        const [red, , blue] = last.subarray((y * 640 + x) * 3);
        if (red! - blue! > 100) rows.push(y);
      }
    expect(rows.length).toBeGreaterThan((to - from) * 2);
    return rows.reduce((sum, row) => sum + row, 0) / rows.length;
  };
  // 20 % on the left, 80 % on the right, of the 60 rows between 0 and 100 %.
  expect(Math.abs(rowsOfLine(100, 300) - (321 - 12))).toBeLessThan(2);
  expect(Math.abs(rowsOfLine(380, 580) - (321 - 48))).toBeLessThan(2);
});

test('scenes finds the very frames of the cuts, and shows the first frame of each scene', async () => {
  const folder = temporaryFolder();
  const clip = join(folder, 'clip.mp4');
  const scene = (source: string, seconds: number): string[] => [
    ...['-f', 'lavfi', '-i', `${source}size=320x180:rate=25:duration=${String(seconds)}`],
  ];
  const sources = [...scene('color=0xc83228:', 2.2), ...scene('testsrc2=', 1.48), ...scene('color=0x2832c8:', 2)];
  await ffmpeg(...sources, '-filter_complex', 'concat=n=3', ...CODING, clip);
  expect(await run('scenes.mjs', clip, folder)).toContain('3 scenes');
  const scenes = JSON.parse(await readFile(join(folder, 'scenes.json'), 'utf8')) as { start: number; kind: string }[];
  expect(scenes.map(({ start }) => Math.round(start * 1000))).toEqual([0, 2200, 3680]);
  expect(scenes.map(({ kind }) => kind)).toEqual(['first', 'cut', 'cut']);
  const sheet = await readFile(join(folder, 'scenes.png'));
  const width = 3 * (320 + 8) + 8;
  const pixels = await imagePixels(sheet, 'rgb24');
  expect(pixels).toHaveLength(width * (180 + 16) * 3);
  const tile = (place: number): number[] =>
    meanColor(pixels, width, { x: place * 328 + 8, y: 8, width: 320, height: 180 }).map(Math.round);
  const isNear = (found: number[], wanted: number[]): boolean => found.every((x, i) => Math.abs(x - wanted[i]!) < 6);
  expect(isNear(tile(0), [200, 50, 40])).toBe(true);
  expect(isNear(tile(2), [40, 50, 200])).toBe(true);
  expect(isNear(tile(1), [200, 50, 40]) || isNear(tile(1), [40, 50, 200])).toBe(false);
});

test('draw-video makes a video that moves on a dark background', async () => {
  const out = join(temporaryFolder(), 'flower.mp4');
  expect(await run('draw-video.mjs', out, '1', '180')).toContain('30 frames, 1.00 s');
  const pixels = await rawPixels(out, ...RGB);
  const frame = 320 * 180 * 3;
  expect(pixels).toHaveLength(30 * frame);
  const at = (n: number): Buffer => pixels.subarray(n * frame, (n + 1) * frame);
  for (const n of [0, 10, 29]) {
    const [red, green, blue] = meanColor(at(n), 320, { x: 4, y: 4, width: 16, height: 16 });
    expect([red < 30, green < 35, blue > 25 && blue < 60]).toEqual([true, true, true]);
    // Dots of every kind of colour around the middle.
    const bright = part(at(n), 320, 180, (x, y) => x > 80 && x < 240 && y > 10 && y < 170).filter((s) => s > 150);
    expect(bright.length).toBeGreaterThan(2000);
  }
  expect(psnr(at(0), at(10))).toBeLessThan(25);
});

test('tensor feeds the model what the pixels say', async () => {
  const clip = join(temporaryFolder(), 'orange.mp4');
  await ffmpeg('-f', 'lavfi', '-i', 'color=0xc86432:size=320x180:rate=25:duration=5', ...CODING, clip);
  const lines = (await run('tensor.mjs', clip)).trimEnd().split('\n');
  expect(lines[0]).toBe('shape [ 8, 3, 224, 224 ] as Float32');
  expect(lines).toHaveLength(1 + 10);
  for (const [place, line] of lines.slice(1).entries()) {
    const [, time, colourful, warmth] = /([\d.]+) s {2}colourful ([\d.]+) {2}warmth ([\d.]+)/.exec(line)!;
    expect(Number(time)).toBeCloseTo(place / 2, 1);
    // 200, 100, 50: red minus green is 100, yellow minus blue too, and nothing deviates.
    expect(Math.abs(Number(colourful) - 0.3 * Math.hypot(100, 100))).toBeLessThan(2);
    expect(Math.abs(Number(warmth) - 150)).toBeLessThan(4);
  }
});

test('live records what comes, with what it draws', async () => {
  const out = join(temporaryFolder(), 'live.mkv');
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const address = `udp://127.0.0.1:${String(socket.address().port)}`;
  socket.close();
  const source = ['-re', '-f', 'lavfi', '-i', 'color=0x204020:size=320x180:rate=25:duration=60'];
  const sending = [...source, ...CODING, '-tune', 'zerolatency', '-g', '5', '-f', 'mpegts', `${address}?pkt_size=1316`];
  const sender = spawn('ffmpeg', ['-v', 'error', '-nostdin', ...sending], { stdio: 'ignore' });
  onTestFinished(() => void sender.kill('SIGKILL'));
  const printed = await run('live.mjs', address, out, '1.4');
  const [, frames] = /(\d+) frames, [\d.]+ s, 0 came too late/.exec(printed)!;
  const pixels = await rawPixels(out, ...RGB);
  expect(pixels).toHaveLength(Number(frames) * 320 * 180 * 3);
  expect(Number(frames)).toBeGreaterThan(25);
  const dot = { x: 304, y: 12, width: 4, height: 4 };
  const [red] = meanColor(pixels.subarray(0, 320 * 180 * 3), 320, dot);
  expect(red).toBeGreaterThan(180);
  const late = pixels.subarray(-320 * 180 * 3);
  expect(meanColor(late, 320, { x: 8, y: 177, width: 200, height: 2 })[2]).toBeGreaterThan(230);
});

test('restream takes a push and sends it on, until it is told to stop', async () => {
  const [sink, other] = [await rtmpSink(), await rtmpSink()];
  const port = await freePort('tcp');
  const push = `rtmp://127.0.0.1:${String(port)}/live/MYKEY`;
  const child = begin('restream.mjs', `${push}?listen`, sink.url, other.url);
  let printed = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (printed += text));
  await eventually(async () => {
    expect(await answers(port)).toBe(true);
  });
  const clip = ['-re', '-i', fixture('plain.mp4'), '-c', 'copy', '-f', 'flv', push];
  const sender = spawn('ffmpeg', ['-v', 'error', '-nostdin', ...clip], { stdio: 'ignore' });
  onTestFinished(() => void sender.kill('SIGKILL'));
  for (const { arrivals } of [sink, other]) await arrivals.find(isPicture, 'a picture');
  const ended = once(child, 'close');
  child.kill('SIGINT');
  expect(await ended).toEqual([0, null]);
  expect(printed).toMatch(/is live\nboth streams: h264, aac\n/);
  for (const id of [1, 2]) expect(printed).toContain(`destination ${String(id)} has a picture\n`);
});

test('failover goes from the first encoder to the spare, and from that to the slate', async () => {
  const [main, spare, sink] = [await freePort('tcp'), await freePort('tcp'), await rtmpSink()];
  const slate = join(temporaryFolder(), 'away.png');
  await ffmpeg('-f', 'lavfi', '-i', 'color=navy:size=320x180', '-frames:v', '1', slate);
  const places = [main, spare].map((port) => `127.0.0.1:${String(port)}`);
  const child = begin('failover.mjs', sink.url, slate, ...places);
  let printed = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (printed += text));
  const says = (what: RegExp): Promise<void> =>
    eventually(() => {
      expect(printed).toMatch(what);
    });
  const publish = async (port: number, key: string): Promise<ReturnType<typeof spawn>> => {
    await eventually(async () => {
      expect(await answers(port)).toBe(true);
    });
    const push = `rtmp://127.0.0.1:${String(port)}/live/${key}`;
    const clip = ['-re', '-stream_loop', '-1', '-i', fixture('plain.mp4'), '-c', 'copy', '-f', 'flv', push];
    const sender = spawn('ffmpeg', ['-v', 'error', '-nostdin', ...clip], { stdio: 'ignore' });
    onTestFinished(() => void sender.kill('SIGKILL'));
    return sender;
  };
  const [first, other] = places as [string, string];
  const one = await publish(main, 'main');
  await says(new RegExp(`on air: rtmp://${first}/`));
  const two = await publish(spare, 'spare');
  await says(new RegExp(`rtmp://${other}/live/\\*\\*\\* is there`));
  await sink.arrivals.find(isPicture, 'a picture');
  one.kill('SIGKILL');
  await says(new RegExp(`on air: rtmp://${other}/live/\\*\\*\\* instead of rtmp://${first}/live/\\*\\*\\* \\(`));
  two.kill('SIGKILL');
  await says(new RegExp(`on air: slate instead of rtmp://${other}/`));
  const ended = once(child, 'close');
  child.kill('SIGINT');
  expect(await ended).toEqual([0, null]);
});

test('relays.yaml is all right, runs once its keys are set, and says which are not', async () => {
  const text = await readFile(join(EXAMPLES, 'relays.yaml'), 'utf8');
  const path = join(temporaryFolder(), 'relays.yaml');
  const [push, http, sink] = [await freePort('tcp'), await freePort('tcp'), await rtmpSink()];
  const local = text
    .replace('0.0.0.0:1935', `127.0.0.1:${String(push)}`)
    .replaceAll('127.0.0.1:8080', `127.0.0.1:${String(http)}`)
    .replaceAll(/(live|backup)\.example\.com/g, `127.0.0.1:${String(sink.port)}`);
  await writeFile(path, local);
  const missing = await checkRelaysFile(join(EXAMPLES, 'relays.yaml'), { environment: { STUDIO_KEY: 'S' } });
  expect(missing).toMatchObject([{ relay: 'studio', message: expect.stringContaining('PLATFORM_KEY') }]);
  const environment = { STUDIO_KEY: 'S', PLATFORM_KEY: 'P' };
  expect(await checkRelaysFile(join(EXAMPLES, 'relays.yaml'), { environment })).toEqual([]);

  const relays = createRelays(path, { environment });
  onTestFinished(async () => await relays.stop());
  await relays.start();
  await eventually(async () => {
    expect(await answers(push)).toBe(true);
  });
  const clip = [
    '-re',
    '-i',
    fixture('plain.mp4'),
    '-c',
    'copy',
    '-f',
    'flv',
    `rtmp://127.0.0.1:${String(push)}/live/S`,
  ];
  const sender = spawn('ffmpeg', ['-v', 'error', '-nostdin', ...clip], { stdio: 'ignore' });
  onTestFinished(() => void sender.kill('SIGKILL'));
  await sink.arrivals.count(2, isPicture, 'pictures at both platforms');
  const status = await fetch(`http://127.0.0.1:${String(http)}/status`);
  expect(await status.json()).toMatchObject({ relays: [{ name: 'camera', state: 'idle' }, { state: 'running' }] });
});

test('engine lists every kind of hardware and what its engine counted', async () => {
  const printed = await run('engine.mjs', fixture('plain.mp4'));
  for (const backend of ['videotoolbox', 'nvenc', 'qsv', 'vaapi', 'amf'])
    expect(printed).toMatch(new RegExp(`^${backend} +encode h264 +\\S`, 'm'));
  expect(printed).toMatch(/^100 frames; workers \d+$/m);
  const batches = [...printed.matchAll(/^framerail_batches_total\{reason="\w+"\} (\d+)$/gm)].map(([, n]) => Number(n));
  expect(batches.reduce((sum, n) => sum + n, 0)).toBeGreaterThan(2);
});
