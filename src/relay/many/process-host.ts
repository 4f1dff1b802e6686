// Relays in a process of their own, which is replaced when it dies; the others do not notice.
import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Backoff, errorFromData, FramerailError, monotonicNow, packedModule } from '../../base/index.js';
import type { HistoryStep, RelaySample } from '../history.js';
import type { RelayPlan } from './config.js';
import type { HostHandlers, RelayCommand, RelayHost, Visit } from './host.js';
import type { FromHost, Question, ToHost } from './protocol.js';
import { Standing } from './standing.js';
import type { HostMetrics, HostSurvey } from './status.js';
import { responseVisitor } from './visitor.js';

const MAIN = new URL('./process-main.js', import.meta.url).href;
/** Relays make many small objects that die at once: a large nursery would only be more memory to touch. */
const NODE_FLAGS = ['--max-semi-space-size=2'];
/** Ahead of another process after one that died. Milliseconds. */
const AGAIN = { first: 0, second: 1000, longest: 30_000 };
/** A process that lived for so many milliseconds died of something new. */
const HEALTHY = 30_000;
/** Milliseconds in which a question must be answered. */
const ANSWER = 5000;
/** The same for relays that end, as recordings take their time. */
const GOODBYE = 15_000;
/** How often a process is asked whether it still lives, and after how long without a word it does not. Milliseconds. */
const ALIVE = { every: 5000, within: 20_000 };

interface Call {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: FramerailError) => void;
  readonly late: NodeJS.Timeout;
}

/** Runs relays in another process. */
export class ProcessHost implements RelayHost {
  deaths = 0;
  viewers = 0;
  readonly #handlers: HostHandlers;
  readonly #plans = new Map<string, RelayPlan>();
  readonly #standing = new Standing();
  readonly #calls = new Map<number, Call>();
  readonly #backoff = new Backoff(AGAIN);
  readonly #watch: NodeJS.Timeout;
  #child: ChildProcess | undefined;
  #bornAt = 0;
  #heardAt = 0;
  #nextCall = 1;
  #again: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(handlers: HostHandlers) {
    this.#handlers = handlers;
    this.#begin();
    this.#watch = setInterval(() => {
      this.#look();
    }, ALIVE.every);
  }

  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  set(plan: RelayPlan): void {
    this.#plans.set(plan.name, plan);
    this.#say({ type: 'set', plan });
  }

  async remove(name: string): Promise<void> {
    this.#plans.delete(name);
    this.#standing.forget(name);
    await this.#ask({ ask: 'remove', name }, GOODBYE).catch(() => undefined);
  }

  async command(name: string, command: RelayCommand): Promise<number | boolean | undefined> {
    const answer = await this.#command(name, command);
    this.#standing.hear(name, command, answer);
    return answer;
  }

  view(name: string, { request, response, cors }: Visit): void {
    // Node lets go of the parser and the response of a connection that it hands over, but the parser is still at work.
    setImmediate(() => {
      const child = this.#child;
      const { socket } = request;
      if (socket.destroyed) return;
      if (child?.connected !== true) {
        responseVisitor(response, cors).refuse(503, 'The relay begins again.');
        return;
      }
      const message: ToHost = { type: 'view', name, cors };
      child.send(message, socket, {}, (error) => {
        if (error !== null) socket.destroy();
      });
    });
  }

  async survey(): Promise<HostSurvey | undefined> {
    return (await this.#ask({ ask: 'survey' }).catch(() => undefined)) as HostSurvey | undefined;
  }

  async history(name: string, step: HistoryStep): Promise<readonly RelaySample[]> {
    return (await this.#ask({ ask: 'history', name, step })) as readonly RelaySample[];
  }

  async metrics(): Promise<HostMetrics> {
    return ((await this.#ask({ ask: 'metrics' }).catch(() => undefined)) ?? []) as HostMetrics;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#watch);
    clearTimeout(this.#again);
    const child = this.#child;
    if (child === undefined) return;
    const gone = new Promise<void>((resolve) => {
      child.once('exit', () => {
        resolve();
      });
    });
    await this.#ask({ ask: 'close' }, GOODBYE).catch(() => undefined);
    // Its end of the channel is what it lives by.
    if (child.connected) child.disconnect();
    const late = setTimeout(() => child.kill('SIGKILL'), ANSWER);
    await gone;
    clearTimeout(late);
  }

  #begin(): void {
    const child = fork(fileURLToPath(packedModule(MAIN)), [], {
      execArgv: NODE_FLAGS,
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      // A Ctrl-C in the terminal is the parent's business, also while it starts.
      detached: process.platform !== 'win32',
    });
    this.#child = child;
    this.#bornAt = this.#heardAt = monotonicNow();
    child.on('message', (message) => {
      this.#hear(child, message as FromHost);
    });
    let failure = '';
    child.on('error', (error) => {
      failure = error.message;
      if (child.pid === undefined) this.#died(child, failure);
    });
    child.once('exit', (code, signal) => {
      this.#died(child, signal ?? (failure === '' ? `exit code ${String(code)}` : failure));
    });
    for (const plan of this.#plans.values()) {
      this.#say({ type: 'set', plan });
      // What was asked of a relay holds for the process that replaces another one, too.
      for (const { command, answered } of this.#standing.commands(plan.name))
        this.#command(plan.name, command).then(answered, () => undefined);
    }
    if (child.pid !== undefined) this.#handlers.onProcess('started', child.pid, '');
  }

  #died(child: ChildProcess, how: string): void {
    if (this.#child !== child) return;
    this.#child = undefined;
    this.viewers = 0;
    const error = new FramerailError('FR_WORKER_DIED', `A process that runs relays ended: ${how}.`);
    for (const call of [...this.#calls.keys()]) this.#take(call)?.reject(error);
    if (this.#closed) return;
    this.deaths += 1;
    if (monotonicNow() - this.#bornAt > HEALTHY) this.#backoff.reset();
    this.#handlers.onProcess('died', child.pid ?? null, how);
    this.#again = setTimeout(() => {
      this.#begin();
    }, this.#backoff.next());
  }

  #hear(child: ChildProcess, message: FromHost): void {
    // What a process said ahead of its end may come behind it.
    if (this.#child !== child && message.type !== 'event') return;
    this.#heardAt = monotonicNow();
    if (message.type === 'event') this.#handlers.onEvent(message.relay, message.event);
    else if (message.type === 'viewers') this.viewers = message.count;
    else if (message.type === 'answer') this.#take(message.call)?.resolve(message.value);
    else this.#take(message.call)?.reject(errorFromData(message.error));
  }

  #look(): void {
    const child = this.#child;
    if (child === undefined) return;
    if (monotonicNow() - this.#heardAt > ALIVE.within) child.kill('SIGKILL');
    else this.#ask({ ask: 'alive' }, ALIVE.within).catch(() => undefined);
  }

  async #command(name: string, command: RelayCommand): Promise<number | boolean | undefined> {
    const answer = await this.#ask({ ask: 'command', name, command });
    return typeof answer === 'number' || typeof answer === 'boolean' ? answer : undefined;
  }

  async #ask(question: Question, patience = ANSWER): Promise<unknown> {
    if (this.#child?.connected !== true)
      throw new FramerailError('FR_CLOSED', 'The process that runs this relay is being replaced.');
    const call = this.#nextCall;
    this.#nextCall += 1;
    return await new Promise((resolve, reject) => {
      const late = setTimeout(() => {
        this.#calls.delete(call);
        reject(new FramerailError('FR_TIMEOUT', 'A process that runs relays did not answer in time.'));
      }, patience);
      this.#calls.set(call, { resolve, reject, late });
      this.#say({ type: 'question', call, question });
    });
  }

  #take(call: number): Call | undefined {
    const known = this.#calls.get(call);
    this.#calls.delete(call);
    clearTimeout(known?.late);
    return known;
  }

  #say(message: ToHost): void {
    const child = this.#child;
    // One that just died cannot hear; its end is told, and another one hears all of it.
    if (child?.connected === true) child.send(message, () => undefined);
  }
}
