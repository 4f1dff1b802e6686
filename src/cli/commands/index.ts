// Every command, each loaded only when it is the one that runs: starting must stay cheap.
import type { CliCommand } from './command.js';

/** The commands in the order of the help. */
export const commands: Readonly<Record<string, () => Promise<CliCommand>>> = {
  probe: async () => (await import('./probe.js')).probe,
  frames: async () => (await import('./frames.js')).frames,
  process: async () => (await import('./process.js')).processCommand,
  relay: async () => (await import('./relay.js')).relay,
  cover: async () => (await import('./cover.js')).cover,
  covers: async () => (await import('./covers.js')).covers,
  storyboard: async () => (await import('./storyboard.js')).storyboard,
  preview: async () => (await import('./preview.js')).preview,
  doctor: async () => (await import('./doctor.js')).doctor,
  bench: async () => (await import('./bench.js')).bench,
};
