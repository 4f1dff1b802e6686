// Ctrl-C as an AbortSignal: the first one stops cleanly, the second one at once.
import { constants } from 'node:os';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** The exit code of what a signal ended, as shells know it: 130 for SIGINT, 143 for SIGTERM. */
function exitCodeOf(name: (typeof SIGNALS)[number]): number {
  return 128 + constants.signals[name];
}

let interruptedBy: (typeof SIGNALS)[number] | undefined;

/** A signal that aborts on SIGINT or SIGTERM; the process then ends by its own way out. */
export function interruptSignal(): AbortSignal {
  const controller = new AbortController();
  for (const name of SIGNALS)
    process.once(name, () => {
      interruptedBy = name;
      controller.abort(new Error(`Stopped by ${name}.`));
      process.once(name, () => process.exit(exitCodeOf(name)));
    });
  return controller.signal;
}

/**
 * The same for what can end early and still be whole: the first SIGINT or SIGTERM calls `finish`, the second one aborts,
 * and the third one ends the process at once.
 */
export function finishOrInterrupt(finish: () => void): AbortSignal {
  const controller = new AbortController();
  const onFirst = (): void => {
    for (const name of SIGNALS) process.off(name, onFirst);
    const aborts = interruptSignal();
    aborts.addEventListener('abort', () => {
      controller.abort(aborts.reason);
    });
    finish();
  };
  for (const name of SIGNALS) process.on(name, onFirst);
  return controller.signal;
}

/** The exit code of a command that was stopped from outside; undefined when it was not. */
export function interruptedCode(): number | undefined {
  return interruptedBy === undefined ? undefined : exitCodeOf(interruptedBy);
}
