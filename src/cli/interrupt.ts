// Ctrl-C as an AbortSignal: the first one stops cleanly, the second one at once.
import { constants } from 'node:os';

/** The exit code of what a signal ended, as shells know it: 130 for SIGINT, 143 for SIGTERM. */
function exitCodeOf(name: 'SIGINT' | 'SIGTERM'): number {
  return 128 + constants.signals[name];
}

let interruptedBy: 'SIGINT' | 'SIGTERM' | undefined;

/** A signal that aborts on SIGINT or SIGTERM; the process then ends by its own way out. */
export function interruptSignal(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const)
    process.once(name, () => {
      interruptedBy = name;
      controller.abort(new Error(`Stopped by ${name}.`));
      process.once(name, () => process.exit(exitCodeOf(name)));
    });
  return controller.signal;
}

/** The exit code of a command that was stopped from outside; undefined when it was not. */
export function interruptedCode(): number | undefined {
  return interruptedBy === undefined ? undefined : exitCodeOf(interruptedBy);
}
