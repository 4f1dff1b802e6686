// What one job needs to run commands on its source: how they open it, that they stop with it, and its own failures.
import type { ReadBlock } from '../av/index.js';
import { FramerailError } from '../base/index.js';
import { DEFAULT_LIMITS, DEMUXERS, type SourceSpec } from '../sources/index.js';
import { findCommands, type CommandBuild } from './build.js';
import { serveBlocks, type BlockServer } from './block-server.js';
import type { Command } from './command.js';
import type { GroupedCommand, ProcessGroup } from './process-group.js';

/** What a job has at hand. */
export interface SessionOptions {
  readonly source: SourceSpec;
  readonly readBlock: ReadBlock;
  readonly processes: ProcessGroup | undefined;
  /** Kills what runs when it aborts. */
  readonly cancelled: AbortSignal;
}

/** How often a source that is slow is told apart from a command that is, in milliseconds. */
const EXCUSE_INTERVAL = 10;

/** The commands of one job. */
export class CommandSession {
  readonly source: SourceSpec;
  readonly build: CommandBuild;
  readonly #options: SessionOptions;
  readonly #server: BlockServer | undefined;
  readonly #running = new Set<Command>();
  readonly #onCancel = (): void => {
    for (const command of this.#running) command.kill();
  };
  readonly #excuse: NodeJS.Timeout | undefined;

  private constructor(options: SessionOptions, build: CommandBuild, server: BlockServer | undefined) {
    this.source = options.source;
    this.build = build;
    this.#options = options;
    this.#server = server;
    options.cancelled.addEventListener('abort', this.#onCancel);
    if (server !== undefined)
      this.#excuse = setInterval(() => {
        if (server.busy) for (const command of this.#running) command.alive();
      }, EXCUSE_INTERVAL);
  }

  /** Throws FR_ENGINE_LOAD where there are no commands. */
  static async open(options: SessionOptions): Promise<CommandSession> {
    const build = await findCommands();
    const { source } = options;
    return new CommandSession(
      options,
      build,
      source.kind === 'blocks' ? await serveBlocks(source, options.readBlock) : undefined,
    );
  }

  /** The arguments that open the source: one file or one address, demuxers from the list, nothing else. */
  get inputArgs(): string[] {
    const url = this.#server?.url ?? (this.source.kind === 'file' ? `file:${this.source.path}` : '');
    const limits = ['-format_whitelist', DEMUXERS, '-max_streams', String(DEFAULT_LIMITS.maxStreams)];
    return ['-protocol_whitelist', this.#server === undefined ? 'file' : 'http,tcp', ...limits, '-i', url];
  }

  /** Starts a command; it is killed at once when the job was cancelled already. */
  start(options: GroupedCommand): Command {
    if (this.#options.processes === undefined)
      throw new FramerailError('FR_INTERNAL', 'This job may not run commands.');
    const command = this.#options.processes.start(options);
    this.#running.add(command);
    void command.gone.then(() => this.#running.delete(command));
    if (this.#options.cancelled.aborted) command.kill();
    return command;
  }

  /** Throws what the source itself failed with: a command only sees a broken connection. */
  rethrow(): void {
    this.#server?.rethrow();
  }

  /** Kills what still runs; resolves when it is gone. */
  async close(): Promise<void> {
    this.#options.cancelled.removeEventListener('abort', this.#onCancel);
    clearInterval(this.#excuse);
    for (const command of this.#running) command.kill();
    this.#server?.close();
    await Promise.all([...this.#running].map(({ gone }) => gone));
  }
}
