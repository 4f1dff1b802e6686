// How a job in a worker asks its parent for hardware, before it opens its encoder.
import type { HardwareDoor } from '../../hardware/index.js';
import type { JobContext, Mail } from '../../workers/index.js';
import type { ProcessCommand, ProcessEvent } from './process-params.js';

/**
 * The door of one job.
 * @param early - takes, in order, what else comes while the answer is waited for
 */
export function hardwareDoor(context: JobContext, early: (mail: Mail) => void): HardwareDoor {
  return {
    ask: async (ask) => {
      context.notify({ kind: 'hardware', ask } satisfies ProcessEvent);
      for (;;) {
        const mail = context.takeMail();
        if (mail === undefined) {
          await context.pause();
          continue;
        }
        const command = mail.kind === 'command' ? (mail.payload as ProcessCommand) : undefined;
        if (command?.kind === 'hardware') return command.answer;
        early(mail);
      }
    },
  };
}
