// node-media-server on free ports of the loopback: a cache of groups, and an FLV header that always claims both streams.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { answers, freePort } from '../live.js';
import { temporaryFolder } from '../temporary-folder.js';

/** A running server. */
export interface NodeMediaServer {
  /** Where a stream is published to, and played from. */
  rtmp(stream: string): string;
  /** Where it is read as FLV. */
  flv(stream: string): string;
}

/** Starts one, as a process of its own, for the running test. */
export async function nodeMediaServer(): Promise<NodeMediaServer> {
  const folder = temporaryFolder();
  const [rtmp, http] = [await freePort('tcp'), await freePort('tcp')];
  const config = join(folder, 'config.json');
  const off = { play: false, publish: false, secret: '', jwt: { secret: '', algorithm: 'HS256', users: [] } };
  const settings = {
    ...{ bind: '127.0.0.1', notify: { url: '' }, auth: off, rtmp: { port: rtmp }, http: { port: http } },
    ...{ store: { path: join(folder, 'data') }, record: { auto: false, path: folder }, webadmin: { enable: false } },
  };
  writeFileSync(config, JSON.stringify(settings));
  const program = fileURLToPath(new URL('../bin/app.js', import.meta.resolve('node-media-server')));
  const child = spawn(process.execPath, [program, '-c', config], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-4000)));
  const ended = once(child, 'close');
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  const end = performance.now() + 20_000;
  for (const port of [rtmp, http])
    while (!(await answers(port))) {
      if (child.exitCode !== null || performance.now() > end) throw new Error(`It did not start: ${said}`);
      await sleep(20);
    }
  return {
    rtmp: (stream) => `rtmp://127.0.0.1:${String(rtmp)}/live/${stream}`,
    flv: (stream) => `http://127.0.0.1:${String(http)}/live/${stream}.flv`,
  };
}
