// ffmpeg that runs beside a test, and is stopped with it.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { onTestFinished } from 'vitest';

/** A running ffmpeg. */
export interface FfmpegRun {
  readonly child: ChildProcess;
  /** Waits for its end; gives its code and what it complained of. */
  readonly ended: Promise<{ readonly code: number | null; readonly said: string }>;
}

/** Starts ffmpeg, which complains of warnings, too. */
export function runFfmpeg(...args: string[]): FfmpegRun {
  const child = spawn('ffmpeg', ['-v', 'warning', '-nostdin', '-y', ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: 60_000,
    killSignal: 'SIGKILL',
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const ended = once(child, 'close').then(() => ({ code: child.exitCode, said }));
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  return { child, ended };
}
