// ffmpeg and ffprobe that are started once: linking their two hundred libraries takes longer than most of what tests ask them,
// and processor time is what bounds the suite. `warm-command.c` has a program wait behind its start, and fork for each command.
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** A program that is kept warm. */
export type Program = 'ffmpeg' | 'ffprobe';

/** What came of a command. */
export interface Ran {
  readonly stdout: Buffer;
  readonly stderr: string;
  /** As wait() has it: 0 for an end in good order. */
  readonly status: number;
}

const PROGRAMS: readonly Program[] = ['ffmpeg', 'ffprobe'];
/** Tells the processes of tests where the sockets lie. */
const FOLDER = 'FRAMERAIL_WARM_COMMANDS';
/** Bytes behind the output: how long the errors are, and the status. */
const TRAILER = 8;

/** Vitest's hook. Where it cannot be (no C compiler, no GNU C library), commands are started as everywhere else. */
export default async function setup(): Promise<(() => Promise<void>) | undefined> {
  if (process.platform !== 'linux') return undefined;
  const folder = await mkdtemp(join(tmpdir(), 'framerail-warm-'));
  const library = join(folder, 'warm-command.so');
  const source = join(import.meta.dirname, 'warm-command.c');
  try {
    await promisify(execFile)('cc', ['-shared', '-fPIC', '-O1', '-Wall', '-Werror', '-o', library, source]);
  } catch (error) {
    process.stderr.write(`ffmpeg is started anew for each command: ${String(error)}\n`);
    await rm(folder, { recursive: true });
    return undefined;
  }
  const children = await Promise.all(PROGRAMS.map((program) => start(program, library, join(folder, program))));
  process.env[FOLDER] = folder;
  return async () => {
    for (const child of children) {
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    }
    await rm(folder, { recursive: true });
  };
}

async function start(program: Program, library: string, socket: string): Promise<ChildProcess> {
  const child = spawn(program, [], {
    env: { ...process.env, LD_PRELOAD: library, WARM_COMMAND_SOCKET: socket },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [said] = (await Promise.race([once(child.stdout, 'data'), once(child, 'exit')])) as [unknown];
  if (String(said) !== 'ready\n') throw new Error(`${program} does not wait behind its start: ${String(said)}`);
  return child;
}

/** Runs a command of a program that is warm; undefined where none is. Such a command ends after a minute. */
export async function runWarm(program: Program, args: readonly string[], input?: Uint8Array): Promise<Ran | undefined> {
  const folder = process.env[FOLDER];
  if (folder === undefined) return undefined;
  const command = Buffer.from([process.cwd(), ...args].map((text) => `${text}\0`).join(''));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(command.byteLength);
  const connection = connect({ path: join(folder, program), allowHalfOpen: true });
  // What it does not want to read to its end is no failure.
  const failures: Error[] = [];
  connection.on('error', (error) => failures.push(error));
  connection.end(Buffer.concat([length, command, ...(input === undefined ? [] : [input])]));
  const parts: Buffer[] = [];
  try {
    for await (const part of connection) parts.push(part as Buffer);
  } catch (error) {
    if (parts.length === 0) throw error;
  }
  const all = Buffer.concat(parts);
  if (all.byteLength < TRAILER) throw failures[0] ?? new Error(`${program} gave no answer.`);
  const end = all.byteLength - TRAILER;
  const out = end - all.readUInt32LE(end);
  return { stdout: all.subarray(0, out), stderr: all.toString('utf8', out, end), status: all.readInt32LE(end + 4) };
}
