// Recordings that become MP4: every packet of every stream that ever came, at its time, whatever happens meanwhile.
import { createHash } from 'node:crypto';
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { audioBody, videoBody } from '#dist/relay/flv/body.js';
import { startCli } from '../support/cli.js';
import { eventually } from '../support/eventually.js';
import { some } from '../support/long.js';
import { filesIn, packets, streamsOf } from '../support/process.js';
import { flvFile } from '../support/relay/flv-file.js';
import { rtmpOrigin } from '../support/relay/origin.js';
import type { Script } from '../support/relay/player.js';
import { later, only, realStream, type RealStream } from '../support/relay/real-stream.js';
import { relayOf, type Watched } from '../support/relay/relays.js';
import { AUDIO, metadata, VIDEO, type Tag } from '../support/relay/tags.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const SPEED = 6;

/** Milliseconds at which a tag is shown, and the md5 of what is in it. */
function shown(tag: Tag): { readonly time: number; readonly hash: string } {
  const found = (tag.type === VIDEO ? videoBody : audioBody)(tag.payload);
  if (found === undefined) throw new Error('This tag holds no media');
  return {
    time: tag.timestamp + found.composition,
    hash: `MD5:${createHash('md5').update(found.data).digest('hex')}`,
  };
}

/** What ffmpeg has to say about a file that it decodes: nothing. */
async function complaints(path: string): Promise<string> {
  const args = ['-v', 'warning', '-nostdin', '-i', path, '-map', '0', '-f', 'null', '-'];
  return (await promisify(execFile)('ffmpeg', args, { timeout: 60_000 })).stderr;
}

/** Records what a script plays, until it ends. */
async function recorded(
  record: string,
  script: Script,
  options: Partial<Parameters<typeof relayOf>[2]> = {},
): Promise<Watched> {
  const origin = await rtmpOrigin(async (player) => {
    await script(player);
    player.cut();
  });
  const watched = relayOf(origin.url, [], { record, onEnd: 'exit', waitUnannounced: 50, ...options });
  await watched.relay.done.catch(() => undefined);
  return watched;
}

/** Every packet of the tags is in the file, with the same time between all of them. */
async function expectPackets(path: string, tags: readonly Tag[]): Promise<void> {
  const offsets: number[] = [];
  for (const [type, name] of [
    [VIDEO, 'v:0'],
    [AUDIO, 'a:0'],
  ] as const) {
    const wanted = only(tags, type).map(shown);
    if (wanted.length === 0) continue;
    const found = await packets(path, name);
    expect(found.map(({ hash }) => hash)).toEqual(wanted.map(({ hash }) => hash));
    offsets.push(...found.map(({ pts }, i) => pts * 1000 - (wanted[i]?.time ?? 0)));
  }
  // Milliseconds of FLV were rounded, and sound lies again where its samples are.
  expect(Math.max(...offsets) - Math.min(...offsets)).toBeLessThan(2.1);
}

/** The boxes of a file, in their order. */
function boxes(path: string): string[] {
  const bytes = readFileSync(path);
  const names: string[] = [];
  for (let at = 0; at + 8 <= bytes.byteLength;) {
    const size = bytes.readUInt32BE(at);
    names.push(bytes.toString('latin1', at + 4, at + 8));
    at += size === 1 ? Number(bytes.readBigUInt64BE(at + 8)) : size;
  }
  return names;
}

const whole =
  ({ headers, media }: RealStream): Script =>
  async (player) => {
    player.send(...headers);
    await player.pace(media, SPEED);
  };

describe('codecs', () => {
  test.each(
    some(2, [
      ['mp4', { bFrames: 3, audio: 'aac' }, ['h264', 'aac']],
      ['mov', { bFrames: 2, audio: 'mp3' }, ['h264', 'mp3']],
      ['m4v', { bFrames: 0, audio: 'ac3' }, ['h264', 'ac3']],
      ['mp4', { video: 'hevc', audio: 'opus', bFrames: 3, rate: 48_000 }, ['hevc', 'opus']],
      ['mp4', { video: 'none', audio: 'aac' }, ['aac']],
      ['mp4', { bFrames: 2, audio: 'none' }, ['h264']],
    ]),
  )('%s of %o is whole, in time, and has its index in front', async (ending, options, codecs) => {
    const folder = temporaryFolder();
    const record = join(folder, `out.${ending}`);
    const source = await realStream({ seconds: 3, ...options });
    const watched = await recorded(record, whole(source));
    await watched.relay.done;
    expect(watched.all('recorded').map(({ file }) => file)).toEqual([record]);
    expect(filesIn(folder)).toEqual([`out.${ending}`]);
    expect((await streamsOf(record)).map(({ codec_name }) => codec_name).toSorted()).toEqual([...codecs].toSorted());
    await expectPackets(record, source.media);
    const order = boxes(record);
    expect(order.indexOf('moov')).toBeLessThan(order.indexOf('mdat'));
    expect(await complaints(record)).toBe('');
  });
});

test('a stream that comes late is in the file, and begins late', async () => {
  for (const late of [VIDEO, AUDIO] as const) {
    const folder = temporaryFolder();
    const record = join(folder, 'out.mp4');
    const { headers, media } = await realStream({ seconds: 4, bFrames: 2 });
    const from = media.find(
      ({ timestamp, type, payload }) => timestamp >= 2000 && type === VIDEO && payload[0] === 0x17,
    );
    const at = from?.timestamp ?? 0;
    const ahead = media.filter((tag) => tag.type !== late && tag.timestamp < at);
    const behind = media.filter(({ timestamp }) => timestamp >= at);
    const watched = await recorded(record, async (player) => {
      player.send(...headers.filter(({ type }) => type !== late));
      await player.pace(ahead, SPEED);
      player.send(...headers.filter(({ type }) => type === late).map((tag) => ({ ...tag, timestamp: at })));
      await player.pace(behind, SPEED);
    });
    await watched.relay.done;
    expect(filesIn(folder)).toEqual(['out.mp4']);
    await expectPackets(record, [...ahead, ...behind]);
    const starts = Object.fromEntries(
      (await streamsOf(record)).map(({ codec_type, start_time }) => [codec_type, Number(start_time)]),
    );
    const [lateName, firstName] = late === VIDEO ? ['video', 'audio'] : ['audio', 'video'];
    expect((starts[lateName] ?? 0) - (starts[firstName] ?? 0)).toBeGreaterThan(1.8);
    expect(await complaints(record)).toBe('');
  }
});

test('where pictures change their parameters another file begins, and nothing of the sound is lost', async () => {
  const folder = temporaryFolder();
  const record = join(folder, 'out.mp4');
  const one = await realStream({ seconds: 2, bFrames: 2 });
  const other = await realStream({ seconds: 2, bFrames: 2, size: '320x240', tone: 880 });
  const moved = later(other.media, 2000);
  const watched = await recorded(record, async (player) => {
    player.send(metadata(), ...one.headers);
    await player.pace(one.media, SPEED);
    player.send(...later(only(other.headers, VIDEO), 2000));
    await player.pace(moved, SPEED);
  });
  await watched.relay.done;
  expect(filesIn(folder)).toEqual(['out.1.mp4', 'out.mp4']);
  expect(watched.all('recorded').map(({ file }) => file)).toEqual([record, join(folder, 'out.1.mp4')]);
  const sizes = [];
  for (const name of ['out.mp4', 'out.1.mp4']) {
    const path = join(folder, name);
    expect(await complaints(path)).toBe('');
    sizes.push((await streamsOf(path)).find(({ codec_type }) => codec_type === 'video')?.['width']);
  }
  expect(sizes).toEqual([160, 320]);
  const sounds = [...(await packets(record, 'a:0')), ...(await packets(join(folder, 'out.1.mp4'), 'a:0'))];
  expect(sounds.map(({ hash }) => hash)).toEqual(only([...one.media, ...moved], AUDIO).map((tag) => shown(tag).hash));
});

test('sound that changes goes to another file at once, and its pictures follow with their next keyframe', async () => {
  const folder = temporaryFolder();
  const one = await realStream({ seconds: 4, bFrames: 0 });
  const other = await realStream({ seconds: 2, video: 'none', rate: 48_000 });
  // Amid a group of pictures.
  const at = 2400;
  const media = [
    ...one.media.filter(({ type, timestamp }) => type === VIDEO || timestamp < at),
    ...later(other.media, at).filter(({ timestamp }) => timestamp < 4000),
  ].toSorted((a, b) => a.timestamp - b.timestamp);
  const watched = await recorded(join(folder, 'out.mp4'), async (player) => {
    player.send(metadata(), ...one.headers);
    await player.pace(
      media.filter(({ timestamp }) => timestamp < at),
      SPEED,
    );
    player.send(...later(other.headers, at));
    await player.pace(
      media.filter(({ timestamp }) => timestamp >= at),
      SPEED,
    );
  });
  await watched.relay.done;
  const names = ['out.mp4', 'out.1.mp4'];
  expect(filesIn(folder)).toEqual(names.toSorted());
  for (const [name, tracks] of [
    ['v:0', VIDEO],
    ['a:0', AUDIO],
  ] as const) {
    const found = [];
    for (const file of names) found.push(...(await packets(join(folder, file), name)));
    expect(found.map(({ hash }) => hash)).toEqual(only(media, tracks).map((tag) => shown(tag).hash));
  }
  for (const file of names) expect(await complaints(join(folder, file))).toBe('');
});

test('by time, one file follows the other at keyframes, each published when it is complete', async () => {
  const folder = temporaryFolder();
  const source = await realStream({ seconds: 5, gop: 12, bFrames: 2 });
  const watched = await recorded(join(folder, 'day.mp4'), whole(source), { recordEvery: 1500 });
  await watched.relay.done;
  const files = watched.all('recorded').map(({ file }) => file);
  expect(files).toHaveLength(3);
  for (const file of files) expect(file).toMatch(/day-\d{8}T\d{6}Z(-\d+)?\.mp4$/);
  expect(filesIn(folder)).toHaveLength(3);
  const pictures = [];
  const sounds = [];
  for (const file of files) {
    expect(await complaints(file)).toBe('');
    const own = await packets(file, 'v:0');
    expect(own[0]?.key).toBe(true);
    pictures.push(...own.map(({ hash }) => hash));
    sounds.push(...(await packets(file, 'a:0')).map(({ hash }) => hash));
  }
  expect(pictures).toEqual(only(source.media, VIDEO).map((tag) => shown(tag).hash));
  expect(sounds).toEqual(only(source.media, AUDIO).map((tag) => shown(tag).hash));
});

test('what an MP4 does not hold stays in the recording beside it, which is said', async () => {
  const folder = temporaryFolder();
  const record = join(folder, 'out.mp4');
  const { headers, media } = await realStream({ seconds: 1, audio: 'none' });
  // G.711, as cameras have it.
  const sounds = media.map(({ timestamp }) => ({
    ...{ type: AUDIO, timestamp },
    payload: Buffer.concat([Buffer.from([0x72]), Buffer.alloc(320, 0xd5)]),
  }));
  const both = [...media, ...sounds].toSorted((a, b) => a.timestamp - b.timestamp);
  const watched = await recorded(record, whole({ headers, media: both }), { waitUnannounced: 300 });
  await watched.relay.done;
  expect(filesIn(folder)).toEqual(['out.flv', 'out.mp4']);
  expect(watched.all('warning').map(({ message }) => message)).toEqual([
    expect.stringMatching(/G\.711 A-law.*out\.flv/),
  ]);
  expect((await streamsOf(record)).map(({ codec_name }) => codec_name)).toEqual(['h264']);
  expect(only(flvFile(join(folder, 'out.flv')).tags, AUDIO)).toHaveLength(sounds.length);
});

test('an MP4, and what it does not hold, replace nothing that is there', async () => {
  const folder = temporaryFolder();
  for (const name of ['out.mp4', 'out.1.flv']) writeFileSync(join(folder, name), name);
  const { headers, media } = await realStream({ seconds: 1, audio: 'none' });
  const sounds = media.map(({ timestamp }) => ({
    ...{ type: AUDIO, timestamp },
    payload: Buffer.concat([Buffer.from([0x72]), Buffer.alloc(320, 0xd5)]),
  }));
  const both = [...media, ...sounds].toSorted((a, b) => a.timestamp - b.timestamp);
  const watched = await recorded(join(folder, 'out.mp4'), whole({ headers, media: both }), { waitUnannounced: 300 });
  await watched.relay.done;
  expect(watched.all('recorded').map(({ file }) => file)).toEqual([join(folder, 'out.1.mp4')]);
  expect(watched.all('warning').map(({ message }) => message)).toEqual([
    expect.stringMatching(/out\.1\.mp4 does not hold.*out\.1\.1\.flv/),
  ]);
  for (const name of ['out.mp4', 'out.1.flv']) expect(readFileSync(join(folder, name), 'utf8')).toBe(name);
  expect((await streamsOf(join(folder, 'out.1.mp4'))).map(({ codec_name }) => codec_name)).toEqual(['h264']);
});

test('where an MP4 holds nothing of it, the recording itself is what is told of', async () => {
  const folder = temporaryFolder();
  const sounds = Array.from({ length: 50 }, (_, i) => ({
    ...{ type: AUDIO, timestamp: i * 20 },
    payload: Buffer.concat([Buffer.from([0x72]), Buffer.alloc(160, 0xd5)]),
  }));
  const watched = await recorded(join(folder, 'out.mp4'), async (player) => await player.pace(sounds, SPEED));
  await watched.relay.done;
  expect(filesIn(folder)).toEqual(['out.flv']);
  expect(watched.all('recorded').map(({ file }) => file)).toEqual([join(folder, 'out.flv')]);
});

test('a codec that nobody knows is kept, too', async () => {
  const folder = temporaryFolder();
  const { headers, media } = await realStream({ seconds: 1, video: 'none' });
  const pictures = media.map(({ timestamp }, i) => ({
    ...{ type: VIDEO, timestamp },
    // Enhanced RTMP, coded frames of a FourCC that does not exist. One group: where every picture is a keyframe, a
    // recording that opens late begins with a later one.
    payload: Buffer.concat([Buffer.from([i === 0 ? 0x91 : 0xa1]), Buffer.from('zzzz'), Buffer.alloc(50, 1)]),
  }));
  const header = { type: VIDEO, timestamp: 0, payload: Buffer.concat([Buffer.from([0x90]), Buffer.from('zzzz?')]) };
  const both = [...media, ...pictures].toSorted((a, b) => a.timestamp - b.timestamp || b.type - a.type);
  const script = whole({ headers: [header, ...headers], media: both });
  const watched = await recorded(join(folder, 'out.mp4'), script, { waitUnannounced: 300 });
  await watched.relay.done;
  expect(filesIn(folder)).toEqual(['out.flv', 'out.mp4']);
  expect(watched.all('warning').map(({ message }) => message)).toEqual([
    expect.stringMatching(/unknown codec.*out\.flv/),
  ]);
  expect(only(flvFile(join(folder, 'out.flv')).tags, VIDEO)).toHaveLength(pictures.length + 1);
});

test('who stops for good keeps the recording as it is, and is told where', async () => {
  const folder = temporaryFolder();
  const { headers, media } = await realStream({ seconds: 1 });
  const origin = await rtmpOrigin(async (player) => {
    player.send(metadata(), ...headers);
    await player.pace(media, SPEED);
    await player.wait(60_000);
  });
  const { relay, told } = relayOf(origin.url, [], { record: join(folder, 'out.mp4') });
  await told('ready');
  await relay.stop({ signal: AbortSignal.abort() });
  await expect(relay.done).rejects.toMatchObject({ message: expect.stringContaining(join(folder, 'out.flv')) });
  expect(filesIn(folder)).toEqual(['out.flv']);
  expect((await streamsOf(join(folder, 'out.flv'))).map(({ codec_name }) => codec_name)).toEqual(['h264', 'aac']);
});

test('a relay that is killed leaves what it recorded, and it can be played', async () => {
  const folder = temporaryFolder();
  const { headers, media } = await realStream({ seconds: 3, bFrames: 2 });
  let played = (): void => undefined;
  const all = new Promise<void>((resolve) => (played = resolve));
  const origin = await rtmpOrigin(async (player) => {
    player.send(metadata(), ...headers);
    await player.pace(media, SPEED);
    played();
    await player.wait(60_000);
  });
  const running = startCli(['relay', origin.url, '--record', join(folder, 'out.mp4')]);
  await all;
  const left = (): string => join(folder, filesIn(folder)[0] ?? '');
  const enough = only(media, VIDEO).length - 10;
  await eventually(() => {
    expect(only(flvFile(left()).tags, VIDEO).length).toBeGreaterThanOrEqual(enough);
  });
  running.child.kill('SIGKILL');
  await running.ended;
  expect(filesIn(folder)).toEqual([expect.stringMatching(/^out\.\d{8}T\d{9}Z-\w{6}\.part\.flv$/)]);
  expect((await packets(left(), 'v:0')).length).toBeGreaterThanOrEqual(enough);
  expect((await streamsOf(left())).map(({ codec_name }) => codec_name)).toEqual(['h264', 'aac']);
});

test('a recording that nothing came for is no file, and endings that mean nothing are refused', async () => {
  const folder = temporaryFolder();
  const watched = await recorded(join(folder, 'out.mp4'), () => undefined);
  await watched.relay.done.catch(() => undefined);
  expect(filesIn(folder)).toEqual([]);
  for (const [options, words] of [
    [{ record: 'out.mkv' }, '.flv, .ts, .mp4'],
    [{ recordEvery: 60_000 }, 'a recording'],
    [{ record: 'out.mp4', recordEvery: 10 }, 'recordEvery'],
  ] as const)
    expect(() => relayOf('rtmp://127.0.0.1/live/a', [], options)).toThrow(words);
});
