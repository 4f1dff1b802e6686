// nginx that serves the files of a folder on a free port of the loopback, as a web server of HLS; stopped by its pid.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { answers, freePort } from '../live.js';
import { temporaryFolder } from '../temporary-folder.js';

/** A running nginx. */
export interface NginxFiles {
  readonly port: number;
  url(path: string): string;
}

/** Starts one for the running test. */
export async function nginxFiles(root: string): Promise<NginxFiles> {
  const folder = temporaryFolder();
  // The worker is another user where the master is root.
  for (const path of [folder, root]) chmodSync(path, 0o777);
  const port = await freePort('tcp');
  const config = join(folder, 'nginx.conf');
  writeFileSync(
    config,
    `daemon off;
worker_processes 1;
pid ${folder}/nginx.pid;
error_log ${folder}/error.log warn;
events { worker_connections 256; }
http {
  access_log off;
  default_type application/octet-stream;
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};`).join(' ')}
  gzip on;
  gzip_types *;
  gzip_min_length 100;
  server { listen 127.0.0.1:${String(port)}; root ${root}; }
}
`,
  );
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
  for (const end = performance.now() + 10_000; !(await answers(port));)
    if (child.exitCode !== null || performance.now() > end) throw new Error(`nginx did not start: ${said}`);
  return { port, url: (path) => `http://127.0.0.1:${String(port)}/${path}` };
}
