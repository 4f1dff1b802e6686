// Runs the command line as a user does: a process of its own, with a deadline.
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';

const BIN = join(import.meta.dirname, '../../bin/framerail.js');

/** How a command ended. */
export interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: Buffer;
  readonly stderr: string;
  /** Processes that it started and that are still there. */
  readonly orphans: readonly number[];
}

/** How a command is started. */
export interface CliOptions {
  readonly cwd?: string;
  /** Own process group, as a shell gives it. */
  readonly detached?: boolean;
  /** Bytes of the largest file that it may write, as `ulimit -f` has it: in blocks of 512. */
  readonly fileBytes?: number;
}

/** A command that runs. */
export interface Running {
  readonly child: ChildProcessByStdio<null, Readable, Readable>;
  /** The processes that it started, and itself. */
  processes(): number[];
  readonly ended: Promise<Ended>;
}

const DEADLINE = 40_000;
/** A worker hears of its parent's death from the kernel, in its own time. */
const FOLLOW_WITHIN = 1000;
const MARK = 'FRAMERAIL_TEST_RUN';

/** Starts a command. */
export function startCli(args: readonly string[], { fileBytes, ...options }: CliOptions = {}): Running {
  const mark = randomUUID();
  const blocks = fileBytes === undefined ? 0 : Math.floor(fileBytes / 512);
  const limited = fileBytes === undefined ? [] : ['sh', '-c', `ulimit -f ${String(blocks)} && exec "$@"`, 'sh'];
  const [command = '', ...rest] = [...limited, process.execPath, BIN, ...args];
  const child = spawn(command, rest, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, [MARK]: mark },
    timeout: DEADLINE,
    killSignal: 'SIGKILL',
    ...options,
  });
  const stdout: Buffer[] = [];
  let stderr = '';
  child.stdout.on('data', (bytes: Buffer) => stdout.push(bytes));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ended = once(child, 'close').then(async ([code, signal]: unknown[]) => ({
    code: code as number | null,
    signal: signal as string | null,
    stdout: Buffer.concat(stdout),
    stderr,
    orphans: await orphans(mark),
  }));
  return { child, processes: () => marked(mark), ended };
}

/** Runs a command to its end. */
export function cli(...args: string[]): Promise<Ended> {
  return startCli(args).ended;
}

/** Who is still there when the others had time to follow their parent. */
async function orphans(mark: string): Promise<number[]> {
  for (const end = performance.now() + FOLLOW_WITHIN; ;) {
    const left = marked(mark);
    if (left.length === 0 || performance.now() > end) return left;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** The processes whose environment carries the mark; a zombie has none any more. */
function marked(mark: string): number[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && environment(name).includes(`${MARK}=${mark}`))
    .map(Number);
}

function environment(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1');
  } catch {
    return '';
  }
}
