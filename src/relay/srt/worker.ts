// The entry point of a process that hosts SRT links: whatever libsrt and libav do here, they do it to these links alone.
import { Socket } from 'node:net';
import { errorToData } from '../../base/index.js';
import { FrameReader, FrameWriter } from './frames.js';
import type { ToLinks } from './messages.js';
import { ServedLink } from './served-link.js';

/** The pipe to the parent. */
const PIPE_FD = 3;

const { parent } = JSON.parse(process.argv[2] ?? '{}') as { readonly parent: number };
// Where there are no groups Ctrl-C reaches workers too: the parent decides what happens to them.
process.on('SIGINT', () => undefined);

const pipe = new Socket({ fd: PIPE_FD });
const frames = new FrameWriter(pipe);
const links = new Map<number, ServedLink>();
const reader = new FrameReader({
  onData: (id, bytes) => links.get(id)?.push(Uint8Array.from(bytes)),
  onTaken: (id, count) => links.get(id)?.taken(count),
  onMessage: (id, message) => {
    hear(id, message as ToLinks);
  },
});
pipe.on('data', (bytes) => {
  reader.push(bytes);
});
// The parent is gone, or has no more use for this process. Threads that wait for the network would hold up another exit.
pipe.on('end', () => void end(0));
pipe.on('error', () => void end(1));

async function end(code: number): Promise<void> {
  const { exitNow } = await import('../../os/index.js');
  exitNow(code);
}

let bound = false;

/** Asks the kernel for what the end of the pipe does too, but not to a thread that libav does not give back. */
async function bindToParent(): Promise<void> {
  if (bound) return;
  bound = true;
  const { dieWithParent } = await import('../../os/index.js');
  dieWithParent(parent);
}

function hear(id: number, message: ToLinks): void {
  if (message.type === 'close') {
    links.get(id)?.close(message.drain);
    return;
  }
  try {
    const link = new ServedLink(id, message, frames, () => links.delete(id));
    links.set(id, link);
    void link.run();
    // A peer needs round trips to answer: there is time for it now, and not ahead of the first link.
    void bindToParent();
  } catch (error) {
    frames.message(id, { type: 'over', failure: { averror: 0, message: errorToData(error).message } });
  }
}
