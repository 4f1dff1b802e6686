// What one job needs to run commands on its source: how they open it, that they stop with it, and its own failures.
import { FramerailError } from '../base/index.js';
import {
  DEFAULT_LIMITS,
  DEMUXERS,
  LIVE_ANALYSIS,
  LIVE_DEMUXERS,
  liveProtocols,
  type ReadBlock,
  type SourceSpec,
} from '../sources/index.js';
import { findCommands, type CommandBuild } from './build.js';
import { serveBlocks, type BlockServer } from './block-server.js';
import type { Command } from './command.js';
import type { GroupedCommand, ProcessGroup } from './process-group.js';
import { SourceFeed } from './source-feed.js';

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

const MOST_STREAMS = ['-max_streams', String(DEFAULT_LIMITS.maxStreams)];

/** How the network is asked: within a deadline, and for RTSP by the wanted transport. */
function liveArgs({ url, transport, timeout }: Extract<SourceSpec, { kind: 'live' }>): string[] {
  const microseconds = String(Math.round(timeout * 1000));
  const patience = /^rtsps?:/i.test(url)
    ? ['-rtsp_transport', transport, '-timeout', microseconds]
    : ['-rw_timeout', microseconds];
  const analysis = Object.entries(LIVE_ANALYSIS).flatMap(([name, value]) => [`-${name}`, String(value)]);
  const lists = ['-protocol_whitelist', liveProtocols(url), '-format_whitelist', LIVE_DEMUXERS];
  return [...lists, ...MOST_STREAMS, ...analysis, ...patience, '-i', url];
}

/** The commands of one job. */
export class CommandSession {
  readonly source: SourceSpec;
  readonly build: CommandBuild;
  readonly #options: SessionOptions;
  readonly #server: BlockServer | undefined;
  readonly #feed: SourceFeed | undefined;
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
    const { kind } = options.source;
    this.#feed = kind === 'stream' ? new SourceFeed(options.readBlock) : undefined;
    // Live inputs have a deadline of their own.
    const slow = (): boolean => kind === 'live' || server?.busy === true || this.#feed?.busy === true;
    if (kind !== 'file')
      this.#excuse = setInterval(() => {
        if (slow()) for (const command of this.#running) command.alive();
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
    const { source } = this;
    if (source.kind === 'live') return liveArgs(source);
    const [protocols, url] =
      source.kind === 'file'
        ? ['file', `file:${source.path}`]
        : source.kind === 'stream'
          ? ['pipe', 'pipe:0']
          : ['http,tcp', this.#server?.url ?? ''];
    return ['-protocol_whitelist', protocols, '-format_whitelist', DEMUXERS, ...MOST_STREAMS, '-i', url];
  }

  /** Whether the source can be opened more than once. */
  get repeatable(): boolean {
    return this.source.kind === 'file' || this.source.kind === 'blocks';
  }

  /**
   * Starts a command that reads the source by `inputArgs`.
   * @param amount - what it needs of a source that can only be read once
   */
  startReading(amount: 'head' | 'whole', options: GroupedCommand): Command {
    if (this.#feed === undefined) return this.start(options);
    const command = this.start({ ...options, input: true });
    void this.#feed.pour(command, amount);
    return command;
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
    this.#feed?.rethrow();
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
