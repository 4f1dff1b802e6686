// A worker that is the calling thread itself: no start, no isolation, and nobody who could stop a native call.
// The same carries jobs that only run commands: those hold the isolation, and wait instead of blocking the thread.
import { Arena, createRegion } from '../memory/index.js';
import type { ProcessGroup } from '../spawned/index.js';
import type { ExitFacts, HostOptions, WorkerHost } from './host.js';
import type { FromWorker, ToWorker } from './protocol.js';
import { serveJobs } from './serve.js';

/**
 * Starts serving jobs in this thread.
 * @param processes - where jobs start commands; the worker is gone when all of them are
 */
export function startInlineHost(options: HostOptions, processes?: ProcessGroup): WorkerHost {
  const region = createRegion('heap', options.regionBytes);
  const arena = new Arena(region, options.arena);
  let toWorker: (message: ToWorker) => void = () => undefined;
  let toParent: (message: FromWorker) => void = () => undefined;
  let finish: (facts: ExitFacts) => void = () => undefined;
  const exited = new Promise<ExitFacts>((resolve) => {
    finish = resolve;
  });
  const exit = (): void => {
    void Promise.resolve(processes?.close()).then(() => {
      arena.retire();
      finish({ code: 0, signal: null, stderr: '' });
    });
  };
  const host: WorkerHost = {
    pid: process.pid,
    get pids() {
      return processes?.pids ?? [process.pid];
    },
    arena,
    channel: {
      send: (message) =>
        setImmediate(() => {
          toWorker(message);
        }),
      listen: (listener) => {
        toParent = listener;
      },
    },
    exited,
    kill: exit,
    hold: () => undefined,
  };
  // Messages take a turn of the event loop, as they would between processes, so that neither side re-enters the other.
  setImmediate(() => {
    void serveJobs({
      channel: {
        send: (message) =>
          setImmediate(() => {
            toParent(message);
          }),
        listen: (listener) => {
          toWorker = listener;
        },
      },
      region,
      ...(processes === undefined ? {} : { processes }),
      preload: options.preload,
      exit,
    });
  });
  return host;
}
