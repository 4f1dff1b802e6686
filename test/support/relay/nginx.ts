// nginx with its RTMP module on a free port of the loopback, in a folder of its own; stopped by its pid.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { answers, freePort } from '../live.js';
import { temporaryFolder } from '../temporary-folder.js';

/** Where Debian puts the module. */
const MODULE = '/usr/lib/nginx/modules/ngx_rtmp_module.so';

/** A running nginx. */
export interface Nginx {
  readonly port: number;
  readonly pid: number;
  /** The address of a stream; `kept` is an application that records what is published, `live` one that does not. */
  url(application: 'live' | 'kept', stream: string): string;
  /** Where recordings of `kept` lie, as `STREAM.flv`. */
  readonly recordings: string;
}

/** Starts one for the running test. */
export async function nginx(): Promise<Nginx> {
  const folder = temporaryFolder();
  const recordings = join(folder, 'recordings');
  mkdirSync(recordings);
  // The worker is another user where the master is root.
  for (const path of [folder, recordings]) chmodSync(path, 0o777);
  const port = await freePort('tcp');
  const config = join(folder, 'nginx.conf');
  writeFileSync(config, configuration(folder, recordings, port));
  const child = spawn('/usr/sbin/nginx', ['-p', folder, '-c', config, '-e', join(folder, 'error.log')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-2000)));
  const ended = once(child, 'close');
  onTestFinished(async () => {
    child.kill('SIGTERM');
    await ended;
  });
  const host = `127.0.0.1:${String(port)}`;
  for (const end = performance.now() + 10_000; !(await answers(port));)
    if (child.exitCode !== null || performance.now() > end) throw new Error(`nginx did not start: ${said}`);
  return {
    ...{ port, pid: child.pid ?? 0, recordings },
    url: (application, stream) => `rtmp://${host}/${application}/${stream}`,
  };
}

function configuration(folder: string, recordings: string, port: number): string {
  return `
load_module ${MODULE};
daemon off;
worker_processes 1;
pid ${folder}/nginx.pid;
error_log ${folder}/error.log warn;
events { worker_connections 256; }
rtmp {
  access_log off;
  server {
    listen 127.0.0.1:${String(port)};
    chunk_size 4096;
    application live { live on; }
    application kept { live on; record all; record_path ${recordings}; record_suffix .flv; }
  }
}
`;
}
