// Runs one command to its end or its deadline, and leaves no process behind when this one ends early.
import { spawn, type ChildProcess } from 'node:child_process';
import { FramerailError } from '#dist/index.js';
import { processTree } from './proc.js';

/** How a command runs. */
export interface ChildOptions {
  /** Milliseconds until the command and its descendants are killed. */
  readonly deadline: number;
  /** Called with the process as soon as it exists. */
  readonly onStart?: (pid: number) => void;
}

/** What came of a command. */
export interface ChildResult {
  readonly stdout: string;
  /** Milliseconds from before the start until the process is gone. */
  readonly wall: number;
}

const STDERR_KEPT = 2000;
const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) killTree(child);
});

/** Has a process and its descendants killed when this one ends early. */
export function killAtExit(child: ChildProcess): void {
  running.add(child);
  child.once('exit', () => running.delete(child));
}

/** Runs a command without a shell and without standard input; rejects when it fails. */
export function runChild(program: string, args: readonly string[], options: ChildOptions): Promise<ChildResult> {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    running.add(child);
    let stdout = '';
    let stderr = '';
    let late = false;
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr = (stderr + text).slice(-STDERR_KEPT)));
    const timer = setTimeout(() => {
      late = true;
      killTree(child);
    }, options.deadline);
    const settle = (): void => {
      clearTimeout(timer);
      running.delete(child);
    };
    child.on('error', (error: NodeJS.ErrnoException) => {
      settle();
      reject(startError(program, error));
    });
    child.on('close', (code, signal) => {
      const wall = performance.now() - started;
      settle();
      if (late)
        reject(new FramerailError('FR_TIMEOUT', `${program} did not finish within ${String(options.deadline)} ms.`));
      else if (code !== 0)
        reject(
          new FramerailError(
            'FR_DECODE_FAILED',
            `${program} ended with ${signal ?? `exit code ${String(code)}`}: ${stderr.trim()}`,
          ),
        );
      else resolve({ stdout, wall });
    });
    if (child.pid !== undefined) options.onStart?.(child.pid);
  });
}

function startError(program: string, error: NodeJS.ErrnoException): FramerailError {
  return error.code === 'ENOENT'
    ? new FramerailError(
        'FR_ENGINE_LOAD',
        `${program} was not found: install it, as it is what framerail is measured against.`,
      )
    : new FramerailError('FR_ENGINE_LOAD', `${program} could not be started: ${error.message}.`, { cause: error });
}

function killTree(child: ChildProcess): void {
  const { pid } = child;
  // Off Linux only the child itself is known; its own children then end when their pipes break.
  for (const member of pid === undefined ? [] : processTree(pid).reverse()) {
    try {
      process.kill(member, 'SIGKILL');
    } catch {
      // It is already gone.
    }
  }
}
