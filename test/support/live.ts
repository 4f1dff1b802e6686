// Live senders for the tests: ffmpeg on free ports of this machine, stopped by its pid.
import { spawn, type ChildProcess } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { fixture } from './fixtures.js';

/** A sender that waits for somebody to fetch its stream. */
export interface Sender {
  /** Where to fetch it. */
  readonly url: string;
  readonly pid: number;
  readonly ended: Promise<unknown>;
}

/** A port of this machine that nobody uses. */
export async function freePort(kind: 'tcp' | 'udp'): Promise<number> {
  if (kind === 'udp') {
    const socket = createSocket('udp4').bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const { port } = socket.address();
    await new Promise<void>((resolve) => {
      socket.close(resolve);
    });
    return port;
  }
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Whether somebody listens on a port of this machine now. */
export async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  const open = await once(socket, 'connect').then(
    () => true,
    () => false,
  );
  socket.destroy();
  return open;
}

/**
 * Sends a clip at its own pace to whoever connects; by UDP, to whoever listens.
 * @param args - more for ffmpeg's input, such as `-stream_loop`
 */
export async function sender(
  kind: 'rtmp' | 'srt' | 'udp',
  clip = 'plain.mp4',
  args: readonly string[] = [],
): Promise<Sender> {
  const port = String(await freePort(kind === 'rtmp' ? 'tcp' : 'udp'));
  const [where, url] = {
    rtmp: [['-f', 'flv', '-listen', '1', `rtmp://127.0.0.1:${port}/live/a`], `rtmp://127.0.0.1:${port}/live/a`],
    srt: [
      ['-f', 'mpegts', `srt://127.0.0.1:${port}?mode=listener&latency=50000`],
      `srt://127.0.0.1:${port}?mode=caller&latency=50000`,
    ],
    udp: [['-f', 'mpegts', `udp://127.0.0.1:${port}?pkt_size=1316`], `udp://127.0.0.1:${port}`],
  }[kind] as [string[], string];
  const child = spawn(
    'ffmpeg',
    ['-v', 'verbose', '-nostdin', '-re', ...args, '-i', fixture(clip), '-c', 'copy', ...where],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: 60_000,
      killSignal: 'SIGKILL',
    },
  );
  const ended = once(child, 'close');
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  if (kind !== 'udp') await listening(child, Number(port), kind);
  return { url, pid: child.pid ?? 0, ended };
}

/** Waits until the kernel lists the port; a connection would be taken for the one that is waited for. */
async function listening(child: ChildProcess, port: number, kind: 'rtmp' | 'srt'): Promise<void> {
  const { readFileSync } = await import('node:fs');
  const hex = `:${port.toString(16).toUpperCase().padStart(4, '0')} `;
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-2000)));
  for (const end = performance.now() + 20_000; performance.now() < end && child.exitCode === null;) {
    const lines = readFileSync(kind === 'srt' ? '/proc/net/udp' : '/proc/net/tcp', 'utf8').split('\n');
    if (lines.some((line) => line.includes(hex) && (kind === 'srt' || / 0A /.test(line)))) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
  throw new Error(`The sender did not listen: ${said}`);
}
