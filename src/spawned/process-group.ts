// The commands that one worker of the `spawn` kind runs: who they are, and that none of them outlives it.
import { FramerailError } from '../base/index.js';
import { Command, type CommandOptions } from './command.js';

/** What a group adds to the options of a command. */
export type GroupedCommand = Omit<CommandOptions, 'stallTimeout'>;

// A program that ends without closing its engines leaves no commands behind either.
const everyone = new Set<Command>();
process.on('exit', () => {
  for (const command of everyone) command.kill();
});

/** Running commands. */
export class ProcessGroup {
  readonly #stallTimeout: number;
  readonly #running = new Set<Command>();
  #closed = false;

  /** @param stallTimeout - milliseconds of silence after which a command counts as hung */
  constructor(stallTimeout: number) {
    this.#stallTimeout = stallTimeout;
  }

  /** The processes that run now. */
  get pids(): number[] {
    return [...this.#running].map(({ pid }) => pid);
  }

  /** Starts a command. */
  start(options: GroupedCommand): Command {
    if (this.#closed) throw new FramerailError('FR_CLOSED', 'The engine was closed.');
    const command = new Command({ ...options, stallTimeout: this.#stallTimeout });
    for (const set of [this.#running, everyone]) set.add(command);
    void command.gone.then(() => {
      for (const set of [this.#running, everyone]) set.delete(command);
    });
    return command;
  }

  /** Kills every command and takes no more; resolves when all are gone. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const command of this.#running) command.kill();
    await Promise.all([...this.#running].map(({ gone }) => gone));
  }
}
