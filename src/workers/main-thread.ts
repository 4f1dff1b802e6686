// The entry point of a worker thread.
import { parentPort, workerData } from 'node:worker_threads';
import { threadRegion } from '../memory/index.js';
import { freeKept } from '../sources/index.js';
import type { ThreadSetup } from './host-thread.js';
import type { ToWorker } from './protocol.js';
import { serveJobs } from './serve.js';

const setup = workerData as ThreadSetup;
const port = parentPort;
if (port !== null)
  await serveJobs({
    channel: {
      send: (message) => {
        port.postMessage(message);
      },
      listen: (listener) => {
        port.on('message', (message: ToWorker) => {
          listener(message);
        });
      },
    },
    region: threadRegion(setup.memory),
    preload: setup.preload,
    unwinds: true,
    exit: () => {
      freeKept();
      process.exit(0);
    },
  });
