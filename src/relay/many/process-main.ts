// The entry point of a process that runs relays for another one.
import { Socket } from 'node:net';
import { errorToData } from '../../base/index.js';
import { LocalHost } from './local-host.js';
import type { FromHost, Question, ToHost } from './protocol.js';

/** Milliseconds in which relays must have ended when the parent is gone. */
const LAST_WORDS = 5000;

const say = (message: FromHost): void => {
  if (process.connected) process.send?.(message);
};
const host: LocalHost = new LocalHost(
  {
    onEvent: (relay, event) => {
      say({ type: 'event', relay, event });
    },
  },
  () => {
    say({ type: 'viewers', count: host.viewers });
  },
);

async function answer(question: Question): Promise<unknown> {
  switch (question.ask) {
    case 'remove':
      await host.remove(question.name);
      return undefined;
    case 'command':
      return await host.command(question.name, question.command);
    case 'history':
      return await host.history(question.name, question.step);
    case 'survey':
      return await host.survey();
    case 'metrics':
      return await host.metrics();
    case 'close':
      await host.close();
      return undefined;
    case 'alive':
      return undefined;
  }
}

process.on('message', (message: ToHost, connection: unknown) => {
  if (message.type === 'set') host.set(message.plan);
  else if (message.type === 'question')
    answer(message.question).then(
      (value) => {
        say({ type: 'answer', call: message.call, value });
      },
      (error: unknown) => {
        say({ type: 'failure', call: message.call, error: errorToData(error) });
      },
    );
  // Whoever left on the way has no connection any more.
  else if (connection instanceof Socket) host.takeOver(message.name, connection, message.cors);
});

// However the parent ended: recordings are still finished, and destinations hear a goodbye.
process.once('disconnect', () => {
  setTimeout(() => process.exit(1), LAST_WORDS).unref();
  void host.close().finally(() => process.exit(0));
});
// Whoever runs a service tells all its processes to stop at once: it is the parent that says how.
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => undefined);
