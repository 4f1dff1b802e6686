// A worker in a thread of the caller's process: no isolation, no copies, for input that is trusted.
import { Worker } from 'node:worker_threads';
import { messageOf, packedProgram } from '../base/index.js';
import { Arena, threadRegion } from '../memory/index.js';
import type { ExitFacts, HostOptions, WorkerHost } from './host.js';
import type { FromWorker, ToWorker } from './protocol.js';

const MAIN = new URL('./main-thread.js', import.meta.url).href;

/** What the thread is born with. */
export interface ThreadSetup {
  readonly preload: readonly string[];
  readonly memory: SharedArrayBuffer;
}

/** Starts a worker thread. */
export function startThreadHost(options: HostOptions): WorkerHost {
  const region = threadRegion(new SharedArrayBuffer(options.regionBytes));
  const setup: ThreadSetup = { preload: options.preload, memory: region.buffer };
  const worker = new Worker(new URL(packedProgram(MAIN, options.preload)), {
    workerData: setup,
    // Flags of the caller's own start, such as --input-type, are not for this thread.
    execArgv: [],
  });
  const arena = new Arena(region, options.arena);
  let abandon: (facts: ExitFacts) => void = () => undefined;
  const exited = new Promise<ExitFacts>((resolve) => {
    abandon = resolve;
    let stderr = '';
    worker.on('error', (error: unknown) => {
      stderr = messageOf(error);
    });
    worker.once('exit', (code) => {
      resolve({ code, signal: null, stderr });
    });
  });
  void exited.then(() => {
    arena.retire();
  });
  return {
    pid: process.pid,
    arena,
    channel: {
      send: (message: ToWorker) => {
        worker.postMessage(message);
      },
      listen: (listener) => {
        worker.on('message', (message: FromWorker) => {
          listener(message);
        });
      },
    },
    exited,
    kill: () => {
      // Ending a thread inside a native call can abort the whole process, so a stuck one is left behind instead.
      worker.postMessage({ type: 'bye' } satisfies ToWorker);
      worker.unref();
      abandon({ code: null, signal: 'abandoned', stderr: '' });
    },
    hold: (alive) => {
      if (alive) worker.ref();
      else worker.unref();
    },
  };
}
