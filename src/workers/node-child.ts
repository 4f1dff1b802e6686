// A Node.js process that works for this one: out of reach of the terminal, and without what would only slow its start.
import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process';
import type { ExitFacts } from './host.js';

/** What such a process is started with. */
export interface NodeChildOptions {
  /** The path of its module. */
  readonly main: string;
  /** What it is told, as JSON in its first argument: everybody on the machine can read it. */
  readonly setup: object;
  /** Its channels beside standard input, output and error. */
  readonly channels: readonly ('ipc' | 'pipe' | number)[];
  /** A program that becomes the process once it has done something to it, and is started in its place. */
  readonly launcher?: string | undefined;
  /** Variables beside those that it inherits. */
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * A worker makes many small objects that die at once: a large nursery would only be more memory to touch. What they hold of
 * native memory goes with them, at a collection; the heap of JavaScript alone would let thousands of jobs pass until then.
 */
const NODE_FLAGS = ['--max-semi-space-size=2', '--heap-growing-percent=20'];
const STDERR_KEPT = 2000;
/** Costs about 30 ms of every start, and a worker never opens a TLS connection. */
const STRIPPED = ['NODE_EXTRA_CA_CERTS', 'NODE_OPTIONS', 'NODE_CHANNEL_FD'];

/** Starts the process; standard error is a pipe, input and output are nothing. */
export function startNode({ main, setup, channels, launcher, env }: NodeChildOptions): ChildProcess {
  const stdio: StdioOptions = ['ignore', 'ignore', 'pipe', ...channels];
  const inherited = Object.entries(process.env).filter(([name]) => !STRIPPED.includes(name));
  const args = [...NODE_FLAGS, main, JSON.stringify(setup)];
  return spawn(launcher ?? process.execPath, launcher === undefined ? args : [process.execPath, ...args], {
    stdio,
    serialization: 'advanced',
    env: { ...Object.fromEntries(inherited), ...env },
    // A Ctrl-C in the terminal is the parent's business, also while the worker starts.
    detached: process.platform !== 'win32',
  });
}

/**
 * Resolves when the process is gone, or never came to be.
 * @param onText - hears what it says on standard error
 */
export function exitOf(child: ChildProcess, onText: (text: string) => void = () => undefined): Promise<ExitFacts> {
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-STDERR_KEPT);
    onText(text);
  });
  return new Promise((resolve) => {
    const gone = (code: number | null, signal: string | null): void => {
      resolve({ code, signal, stderr: stderr.trim() });
    };
    child.once('exit', gone);
    child.on('error', (error) => {
      stderr += error.message;
      if (child.pid === undefined) gone(null, null);
    });
  });
}

/** Whether a process and its channels keep this one's event loop alive. */
export function holdChild(child: ChildProcess, alive: boolean): void {
  for (const handle of [child, child.channel, ...child.stdio.slice(2)]) {
    if (!isHandle(handle)) continue;
    if (alive) handle.ref();
    else handle.unref();
  }
}

function isHandle(value: unknown): value is { ref(): void; unref(): void } {
  return typeof value === 'object' && value !== null && 'unref' in value && 'ref' in value;
}
