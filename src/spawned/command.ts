// One running ffmpeg or ffprobe: its pipes, its end, and a watch for silence while somebody waits for it.
import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process';
import { Readable, type Writable } from 'node:stream';
import { FramerailError } from '../base/index.js';
import { quietEnvironment } from './build.js';
import { ByteReader } from './byte-reader.js';
import { drained } from './drained.js';
import { hold, OWN_GROUPS, release } from './leash.js';
import { eachLine } from './lines.js';
import { CommandLog } from './log-lines.js';

/** Which command is started, and what of it is heard. */
export interface CommandOptions {
  readonly command: 'ffmpeg' | 'ffprobe';
  readonly args: readonly string[];
  /** Milliseconds of silence, while somebody waits for it, after which it counts as hung and is killed. */
  readonly stallTimeout: number;
  /** Hears lines of standard error that are neither warnings nor errors; undefined at their end. */
  readonly onReport?: (text: string | undefined) => void;
  /** Hears lines of descriptor 3, where there is a listener; undefined at their end. */
  readonly onRow?: (row: string | undefined) => void;
  /** Whether it reads standard input, through `write`. */
  readonly input?: boolean;
}

/** How a command ended by itself. */
export interface CommandEnd {
  /** Its exit code. */
  readonly code: number;
}

/** How often a command must be found silent in a row, spread over its timeout, to count as hung. */
const LOOKS = 8;
/** How an ffmpeg ends that finished on demand. */
const FINISHED = 255;
/** How much longer its first sign of life may take: a busy machine starts processes slowly. Milliseconds. */
const START_GRACE = 2000;
/** What is kept of its last words, in characters. */
const TAIL = 2000;

/** A started command. */
export class Command {
  readonly pid: number;
  readonly log = new CommandLog();
  /** Its standard output. */
  readonly out: ByteReader;
  /** Resolves when it is gone and its pipes are closed; never rejects. */
  readonly gone: Promise<void>;
  readonly #options: CommandOptions;
  readonly #child: ChildProcess;
  #facts: { code: number | null; signal: string | null } | undefined;
  #startError: Error | undefined;
  #tail = '';
  #heard = true;
  /** Whether anything came out of it yet. */
  #spoke = false;
  #waiting = 0;
  #hung = false;
  #killed = false;
  #finishing = false;

  constructor(options: CommandOptions) {
    this.#options = options;
    const stdio: StdioOptions = [options.input === true ? 'pipe' : 'ignore', 'pipe', 'pipe'];
    if (options.onRow !== undefined) stdio.push('pipe');
    const child = spawn(options.command, [...options.args], {
      ...{ stdio, env: quietEnvironment(), windowsHide: true },
      detached: OWN_GROUPS,
    });
    this.#child = child;
    this.pid = child.pid ?? 0;
    hold(this.pid);
    child.once('error', (error) => {
      this.#startError = error;
    });
    child.once('exit', (code, signal) => {
      release(this.pid);
      this.#facts = { code, signal };
    });
    const watch = setInterval(this.#look(), options.stallTimeout / LOOKS);
    this.gone = new Promise((resolve) => {
      child.once('close', () => {
        clearInterval(watch);
        resolve();
      });
    });
    // Out of descriptors, Node gives a child without pipes.
    const [, stdout, stderr, rows] = (child.stdio as typeof child.stdio | undefined) ?? [];
    if (!isReadable(stdout) || !isReadable(stderr)) throw noPipes(options.command);
    this.out = new ByteReader(stdout);
    child.stdin?.on('error', ignore);
    const pipes = [stdout, stderr, ...(isReadable(rows) ? [rows] : [])];
    for (const pipe of pipes) {
      pipe.on('error', ignore);
      pipe.on('data', () => {
        this.#spoke = true;
        this.alive();
      });
    }
    eachLine(stderr, (line) => {
      if (line !== undefined) this.#tail = `${this.#tail}${line}\n`.slice(-TAIL);
      const report = line === undefined ? undefined : this.log.hear(line);
      if (line === undefined || report !== undefined) options.onReport?.(report);
    });
    if (isReadable(rows) && options.onRow !== undefined) eachLine(rows, options.onRow);
    stdout.pause();
  }

  /** Says that it cannot be blamed for its silence, for instance since it waits for its source. */
  alive(): void {
    this.#heard = true;
  }

  /** Waits for something that this command must do; meanwhile its silence counts. It ends when the command is killed. */
  async during<T>(work: Promise<T>): Promise<T> {
    this.#waiting += 1;
    try {
      return await work;
    } finally {
      this.#waiting -= 1;
    }
  }

  /** Writes to its standard input; resolves when it takes more. Who waits learns of its death from `end()`. */
  async write(bytes: Uint8Array): Promise<void> {
    const stdin = this.#stdin();
    if (stdin.destroyed || stdin.write(bytes)) return;
    await this.during(drained(stdin));
  }

  /** Writes to its standard input; resolves when the bytes may be used for something else, or nobody reads them. */
  async flush(bytes: Uint8Array): Promise<void> {
    const stdin = this.#stdin();
    if (stdin.destroyed) return;
    await this.during(
      new Promise<void>((resolve) => {
        const done = (): void => {
          stdin.off('close', done);
          resolve();
        };
        stdin.on('close', done);
        stdin.write(bytes, done);
      }),
    );
  }

  /** Closes its standard input. */
  finishInput(): void {
    this.#stdin().end();
  }

  #stdin(): Writable {
    if (this.#child.stdin === null) throw new FramerailError('FR_INTERNAL', 'This command has no standard input.');
    return this.#child.stdin;
  }

  /** Asks an ffmpeg to end its input here, and to write what it has; it then counts as one that ended by itself. */
  finish(): void {
    if (this.#finishing) return;
    this.#finishing = true;
    this.#child.kill('SIGINT');
  }

  /** Kills it at once, also when it was stopped; `end()` then says so with `killed`. */
  kill(): void {
    this.#killed = true;
    this.#child.kill('SIGKILL');
    this.out.abandon();
  }

  /**
   * Waits for its end. Throws FR_WORKER_HUNG or FR_WORKER_DIED when it did not end by itself.
   * @returns how it ended; undefined when `kill()` ended it
   */
  async end(): Promise<CommandEnd | undefined> {
    this.out.abandon();
    await this.during(this.gone);
    const { command, stallTimeout } = this.#options;
    const details = { pid: this.pid, ...this.#facts, stderr: this.#tail.trim() };
    if (this.#startError !== undefined)
      throw new FramerailError('FR_WORKER_START', `${command} could not be started: ${this.#startError.message}.`, {
        cause: this.#startError,
      });
    if (this.#hung)
      throw new FramerailError(
        'FR_WORKER_HUNG',
        `The ${command} process made no progress for ${String(stallTimeout)} ms and was killed.`,
        { details: { pid: this.pid, stallTimeout } },
      );
    if (this.#killed) return undefined;
    const { code, signal } = this.#facts ?? { code: null, signal: null };
    if (code === null)
      throw new FramerailError(
        'FR_WORKER_DIED',
        `The ${command} process was ended by ${signal ?? 'an unknown cause'} during the job; the next job gets a fresh one.`,
        { details: { pid: details.pid, signal, exitCode: null, stderr: details.stderr } },
      );
    return { code: this.#finishing && code === FINISHED ? 0 : code };
  }

  /** Looks are counted and not milliseconds: a caller that keeps its thread busy is not taken for a silent command. */
  #look(): () => void {
    let silent = 0;
    const grace = Math.ceil((START_GRACE * LOOKS) / this.#options.stallTimeout);
    return () => {
      silent = this.#heard || this.#waiting === 0 ? 0 : silent + 1;
      this.#heard = false;
      if (silent < (this.#spoke ? LOOKS : LOOKS + grace) || this.#facts !== undefined) return;
      this.#hung = true;
      this.#child.kill('SIGKILL');
    };
  }
}

function ignore(): void {
  // Errors of a pipe are told by the end of its process.
}

function isReadable(pipe: unknown): pipe is Readable {
  return pipe instanceof Readable;
}

function noPipes(command: string): FramerailError {
  return new FramerailError(
    'FR_WORKER_START',
    `${command} could not be started: this process has no descriptors left.`,
  );
}
