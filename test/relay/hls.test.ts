// Real HLS: files that ffmpeg writes live and nginx serves.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, watch } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { expectMonotonic } from '../support/relay/compare.js';
import { clip, contents, tagsOf } from '../support/relay/hls-media.js';
import { nginxFiles } from '../support/relay/nginx-files.js';
import { relayOf } from '../support/relay/relays.js';
import { rtmpSink } from '../support/relay/sink.js';
import { isKeyframe } from '../support/relay/stream.js';
import { AUDIO, VIDEO } from '../support/relay/tags.js';
import { temporaryFolder } from '../support/temporary-folder.js';

/** Waits until a file is there that holds what is wanted. */
async function written(path: string, fits: (text: string) => boolean): Promise<void> {
  const holds = (): boolean => existsSync(path) && fits(readFileSync(path, 'utf8'));
  const watcher = watch(join(path, '..'));
  onTestFinished(() => {
    watcher.close();
  });
  while (!holds()) await once(watcher, 'change', { signal: AbortSignal.timeout(20_000) });
}

/** ffmpeg packages a clip at its own pace, ending with the clip unless it is played over and over. */
function packager(source: string, folder: string, args: readonly string[], loop = false): { stop(): Promise<void> } {
  const input = [...(loop ? ['-stream_loop', '-1'] : []), '-re', '-i', source];
  const child = spawn('ffmpeg', ['-v', 'error', '-nostdin', '-y', ...input, '-c', 'copy', '-f', 'hls', ...args], {
    ...{ cwd: folder, stdio: ['ignore', 'ignore', 'inherit'], timeout: 60_000 },
  });
  const ended = once(child, 'close');
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
  };
  onTestFinished(stop);
  return { stop };
}

const rootFolder = (): string => {
  const root = join(temporaryFolder(), 'www');
  mkdirSync(root);
  chmodSync(join(root, '..'), 0o755);
  return root;
};

test.each(['mpegts', 'fmp4'] as const)(
  'what ffmpeg writes live in %s and nginx serves arrives whole',
  async (format) => {
    const source = await clip({ length: 8 });
    const root = rootFolder();
    const server = await nginxFiles(root);
    const live = ['-hls_time', '0.8', '-hls_list_size', '6', '-hls_flags', 'delete_segments+temp_file'];
    packager(source, root, [...live, '-hls_segment_type', format, 'live.m3u8']);
    await written(join(root, 'live.m3u8'), (text) => text.includes('live3.'));
    const sink = await rtmpSink();
    const { relay, told, all } = relayOf(server.url('live.m3u8'), sink.url, { onEnd: 'exit' });
    await told('picture');
    await relay.done;
    await sink.closed.find(() => true, 'the end of what was published');
    const sent = await tagsOf(source);
    for (const type of [AUDIO, VIDEO]) {
      const [whole, got] = [contents(sent, type), contents(sink.media(), type)];
      expect(got.length).toBeGreaterThan(0.5 * whole.length);
      expect(got).toEqual(whole.slice(-got.length));
    }
    expectMonotonic(sink.media());
    const [first] = sink.media();
    expect(sink.media().find(({ type }) => type === VIDEO)).toSatisfy(isKeyframe);
    // Nothing comes in bursts: whatever the playlist does, tags flow as they were recorded.
    const late = sink.media().map(({ at, timestamp }) => at - first!.at - (timestamp - first!.timestamp));
    expect(Math.max(...late) - Math.min(...late)).toBeLessThan(1500);
    expect(all('warning')).toEqual([]);
    const { origin } = relay.status().timings;
    expect(Object.keys(origin)).toEqual(expect.arrayContaining(['tcp', 'handshake', 'play', 'firstVideo', 'ready']));
  },
);

test('a packager that is killed and started again is followed', async () => {
  const source = await clip({ length: 4 });
  const root = rootFolder();
  const server = await nginxFiles(root);
  const live = ['-hls_time', '0.4', '-hls_list_size', '4', '-hls_flags', 'delete_segments', 'live.m3u8'];
  const first = packager(source, root, live, true);
  await written(join(root, 'live.m3u8'), (text) => text.includes('live5.'));
  const sink = await rtmpSink();
  const { told, all, events, relay } = relayOf(server.url('live.m3u8'), sink.url);
  await told('picture');
  await first.stop();
  const before = sink.media().length;
  const second = packager(source, root, live, true);
  await events.find((event) => event.event === 'warning', 'that the packager began anew');
  await sink.arrivals.count(before + 100, () => true);
  await second.stop();
  await relay.stop();
  expect(
    all('warning')
      .map(({ message }) => message)
      .join(),
  ).toContain('began anew');
  expect(all('originLost')).toEqual([]);
  expectMonotonic(sink.media());
  expect(readdirSync(root).length).toBeGreaterThan(0);
});
