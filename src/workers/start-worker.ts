// Starts a worker of the wanted kind. Loaded with the first worker: who only asks for a pool pays for nothing else.
import { ProcessGroup } from '../spawned/index.js';
import type { Backend, HostOptions, WorkerHost } from './host.js';
import { startInlineHost } from './host-inline.js';
import { startProcessHost } from './host-process.js';
import { startThreadHost } from './host-thread.js';
import { MediaWorker, type WatchOptions } from './media-worker.js';

export { EngineMemory } from '../memory/index.js';

/** Starts a worker and puts it under supervision. */
export function startWorker(backend: Backend, options: HostOptions, watch: WatchOptions): MediaWorker {
  return new MediaWorker(backend, startHost(backend, options, watch), watch);
}

function startHost(backend: Backend, options: HostOptions, { stallTimeout }: WatchOptions): WorkerHost {
  if (backend === 'process') return startProcessHost(options);
  if (backend === 'spawn') return startInlineHost(options, new ProcessGroup(stallTimeout));
  return backend === 'thread' ? startThreadHost(options) : startInlineHost(options);
}
