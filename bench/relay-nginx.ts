// nginx with its RTMP module, on a free port of this machine and in a folder of its own.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as later } from 'node:timers/promises';
import { killAtExit } from './child.js';
import { FramerailError } from '#dist/index.js';
import { scratchFolder } from './scratch.js';

const MODULES = ['/usr/lib/nginx/modules/ngx_rtmp_module.so', '/usr/lib64/nginx/modules/ngx_rtmp_module.so'];
const DEADLINE = 10_000;

/** A server that takes streams under `/live` and plays them from there. */
export interface RtmpServer {
  readonly port: number;
  close(): void;
}

/** Starts it; throws FR_RELAY_CONNECT in one sentence where it is not installed. */
export async function startNginx(): Promise<RtmpServer> {
  const module = MODULES.find((path) => existsSync(path));
  if (module === undefined)
    throw new FramerailError(
      'FR_RELAY_CONNECT',
      'nginx with its RTMP module is needed here; on Debian: apt-get install nginx-light libnginx-mod-rtmp.',
    );
  const port = await freePort();
  const folder = scratchFolder();
  const file = join(folder, 'nginx.conf');
  const server = `listen 127.0.0.1:${String(port)}; chunk_size 4096; application live { live on; }`;
  writeFileSync(
    file,
    `load_module ${module}; daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/error.log;
     events { worker_connections 4096; } rtmp { server { ${server} } }`,
  );
  const child = spawn('nginx', ['-c', file, '-p', folder, '-e', join(folder, 'error.log')], { stdio: 'ignore' });
  killAtExit(child);
  await answering(child, port);
  return { port, close: () => child.kill('SIGKILL') };
}

/** Publishes a clip there for ever, at its own pace; resolves when it has begun, with what ends it. */
export async function publish(clip: string, url: string): Promise<() => void> {
  const child = await publisher(clip, url);
  return () => {
    child.kill('SIGKILL');
  };
}

/** The same, as the process that does it. */
export async function publisher(clip: string, url: string): Promise<ChildProcess> {
  const args = ['-v', 'error', '-re', '-stream_loop', '-1', '-i', clip, '-c', 'copy', '-f', 'flv', url];
  const child = spawn('ffmpeg', ['-progress', 'pipe:1', '-nostdin', ...args], { stdio: ['ignore', 'pipe', 'ignore'] });
  killAtExit(child);
  const [first] = (await Promise.race([once(child.stdout, 'data'), once(child, 'exit')])) as [unknown];
  if (!(first instanceof Buffer)) throw new FramerailError('FR_RELAY_LOST', 'ffmpeg could not publish.');
  child.stdout.resume();
  return child;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function answering(child: ChildProcess, port: number): Promise<void> {
  for (const end = performance.now() + DEADLINE; performance.now() < end && child.exitCode === null;) {
    const socket = connect(port, '127.0.0.1');
    const stands = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => {
        resolve(true);
      });
      socket.once('error', () => {
        resolve(false);
      });
    });
    socket.destroy();
    if (stands) return;
    await later(20);
  }
  throw new FramerailError('FR_RELAY_CONNECT', 'nginx did not start.');
}
