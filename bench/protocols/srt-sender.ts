// A sender of SRT: srt-live-transmit waits for one caller, and sends on what it is given by UDP.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { FramerailError } from '#dist/index.js';
import { killAtExit } from '../child.js';
import { freeUdpPort, listening, openSender } from './udp.js';

/** One that listens. */
export interface SrtSender {
  readonly port: number;
  /** Sends packets of a transport stream; without a caller they are lost. */
  readonly send: (packets: Buffer) => void;
  close(): Promise<void>;
}

/** Starts one. */
export async function openSrtSender(): Promise<SrtSender> {
  const [port, inner] = [await freeUdpPort(), await freeUdpPort()];
  const args = [
    '-a:no',
    '-loglevel:fatal',
    `udp://127.0.0.1:${String(inner)}`,
    `srt://127.0.0.1:${String(port)}?mode=listener`,
  ];
  const child = spawn('srt-live-transmit', args, { stdio: 'ignore' });
  killAtExit(child);
  const gone = new Promise<void>((resolve, reject) => {
    child.once('exit', () => {
      resolve();
    });
    child.once('error', (cause) => {
      reject(
        new FramerailError(
          'FR_RELAY_CONNECT',
          'srt-live-transmit is needed here; on Debian: apt-get install srt-tools.',
          { cause },
        ),
      );
    });
  });
  await Promise.race([Promise.all([listening(port), listening(inner)]), gone]);
  const sender = await openSender(inner);
  return {
    port,
    send: sender.send,
    close: async () => {
      sender.close();
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}
