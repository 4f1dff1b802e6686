// The entry point of a worker process.
import { Socket } from 'node:net';
import { dieWithParent, lockDown, type SandboxSetup } from '../os/index.js';
import { attachRegion, createRegion } from '../memory/index.js';
import { copyEnd } from './copy-pipe.js';
import type { FromWorker, ToWorker } from './protocol.js';
import { serveJobs } from './serve.js';

interface Setup {
  readonly parent: number;
  readonly preload: readonly string[];
  readonly copyBytes: number;
  readonly sandbox?: SandboxSetup;
}

/** The descriptor that carries the region, or the pipe that carries copies. */
const REGION_FD = 4;

const setup = JSON.parse(process.argv[2] ?? '{}') as Setup;
const copies = setup.copyBytes > 0;
// With copies there may be no native C library to ask; the closed channel is the sign then.
if (!copies) dieWithParent(setup.parent);
process.on('disconnect', () => process.exit(1));
// Where there are no groups Ctrl-C reaches workers too: the parent decides what happens to them.
process.on('SIGINT', () => undefined);

const post = (message: FromWorker): void => {
  process.send?.(message);
};
const region = copies ? createRegion('copy', setup.copyBytes) : attachRegion(REGION_FD);
let listener: (message: ToWorker) => void = () => undefined;
const pipe = copies
  ? copyEnd<ToWorker, FromWorker>(new Socket({ fd: REGION_FD }), region, post, (message) => {
      listener(message);
    })
  : undefined;
process.on('message', (message) => {
  const heard = message as ToWorker;
  if (heard.type === 'grant') pipe?.grant(heard);
  if (pipe === undefined) listener(heard);
  else pipe.receive(heard);
});

await serveJobs({
  channel: {
    send: (message) => {
      if (pipe === undefined) post(message);
      else pipe.send(message);
    },
    listen: (heard) => {
      listener = heard;
    },
  },
  region,
  prepare: async () => (setup.sandbox === undefined ? undefined : lockDown(setup.sandbox)),
  preload: setup.preload,
  exit: () => process.exit(0),
});
