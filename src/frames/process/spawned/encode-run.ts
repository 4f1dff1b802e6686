// One ffmpeg that encodes: what it writes on its way to the parent or into a file, and what its failures mean.
import { stat } from 'node:fs/promises';
import { FramerailError, isFramerailError, outputError } from '../../../base/index.js';
import { streamingFlags } from '../../../spelling/index.js';
import type { Command, CommandLine, CommandSession } from '../../../spawned/index.js';
import type { JobContext } from '../../../workers/index.js';
import { MAX_UNWRITTEN } from '../output-target.js';
import type { OutputSpec } from '../process-params.js';
import { commandFailure } from './command-failure.js';

/** What an ffmpeg is told. */
export interface EncodeSetup {
  readonly session: CommandSession;
  readonly context: JobContext;
  readonly output: OutputSpec;
  /** FFmpeg's name of the container. */
  readonly container: string;
  /** Everything from the inputs to the options of the output. */
  readonly args: readonly string[];
  /** Whether pictures come over its standard input; otherwise it reads the source itself. */
  readonly fed: boolean;
  /** Hears what it reports, beside warnings and errors. */
  readonly onReport?: (text: string) => void;
}

/** What is taken of its output before room for more is looked for, in bytes. */
const PIECE = 256 * 1024;

/** How often a silent command is excused while its output waits, in milliseconds. */
const EXCUSE_INTERVAL = 10;

/** An encoding ffmpeg. */
export class EncodeRun {
  /** Bytes of the output so far. */
  bytes = 0;
  /** Whether it has ended, by itself or not. */
  gone = false;
  readonly command: Command;
  readonly #setup: EncodeSetup;
  readonly #pumped: Promise<void>;

  constructor(setup: EncodeSetup) {
    const { session, output, container, args, fed, onReport } = setup;
    this.#setup = setup;
    const toFile = output.kind === 'file';
    const flags = toFile ? undefined : streamingFlags(container);
    const options = {
      command: 'ffmpeg' as const,
      args: [
        ...['-hide_banner', '-nostdin', '-nostats', '-y', '-loglevel', 'level+verbose'],
        ...['-progress', 'pipe:3', '-stats_period', '0.2', ...args],
        // Who reads a stream wants each packet at once.
        ...(toFile ? [] : ['-flush_packets', '1']),
        ...(flags === undefined ? [] : ['-movflags', flags]),
        ...['-f', container, toFile ? `file:${output.path}` : 'pipe:1'],
      ],
      onReport: (text: string | undefined) => {
        if (text !== undefined) onReport?.(text);
      },
      onRow: (row: string | undefined) => {
        const size = /^total_size=(\d+)/.exec(row ?? '')?.[1];
        if (size !== undefined && toFile) this.bytes = Number(size);
      },
    };
    this.command = fed ? session.start({ ...options, input: true }) : session.startReading('whole', options);
    void this.command.gone.then(() => {
      this.gone = true;
    });
    this.#pumped = toFile ? Promise.resolve() : this.#pump();
    this.#pumped.catch(() => undefined);
  }

  /** What FFmpeg said so far. */
  get log(): readonly CommandLine[] {
    return this.command.log.lines;
  }

  /** Passes its output on to the parent, no faster than the parent places it. */
  async #pump(): Promise<void> {
    const { context } = this.#setup;
    for (;;) {
      const more = await this.command.out.take(PIECE, (bytes) => {
        this.bytes += bytes.byteLength;
        context.write(bytes);
      });
      if (context.unwritten > MAX_UNWRITTEN) await this.#room();
      if (!more) return;
    }
  }

  /** It cannot go on while nobody takes what it writes, and is not blamed for that. */
  async #room(): Promise<void> {
    const excuse = setInterval(() => {
      this.command.alive();
    }, EXCUSE_INTERVAL);
    try {
      await this.#setup.context.room(MAX_UNWRITTEN);
    } finally {
      clearInterval(excuse);
    }
  }

  /** Writes to its standard input; resolves when the bytes may be used again. Throws what ended it. */
  async feed(...pieces: readonly Uint8Array[]): Promise<void> {
    await Promise.all(pieces.map((piece) => this.command.flush(piece)));
    if (this.gone) await this.finish();
  }

  /** Waits until it has written everything; throws FR_ARG_INVALID, FR_FILTER_FAILED, FR_ENCODE_FAILED or FR_OUTPUT_FAILED. */
  async finish(): Promise<void> {
    const { session, context, output, fed } = this.#setup;
    if (fed) this.command.finishInput();
    await this.command.during(this.#pumped);
    const ended = await this.#end();
    session.rethrow();
    await context.breathe();
    if (ended === undefined) throw new FramerailError('FR_INTERNAL', 'The encoding command was killed by nobody.');
    if (ended.code !== 0) throw commandFailure(this.log, output.name, ended.code);
    if (output.kind === 'file') this.bytes = (await stat(output.path)).size;
  }

  async #end(): Promise<{ readonly code: number } | undefined> {
    const { output } = this.#setup;
    try {
      return await this.command.end();
    } catch (error) {
      // The system's way to say that a file may not grow further.
      if (isFramerailError(error) && error.details['signal'] === 'SIGXFSZ')
        throw outputError(output.name, Object.assign(new Error('SIGXFSZ', { cause: error }), { code: 'EFBIG' }));
      throw error;
    }
  }
}
