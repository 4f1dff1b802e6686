// Ctrl-C as an AbortSignal: the first one stops cleanly, the second one at once.

/** A signal that aborts on SIGINT or SIGTERM; the process then ends by its own way out. */
export function interruptSignal(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const)
    process.once(name, () => {
      controller.abort(new Error(`Stopped by ${name}.`));
      process.once(name, () => process.exit(1));
    });
  return controller.signal;
}
