// Every command. Each one loads what it needs when it runs, so that starting stays cheap.
import type { CliCommand } from './command.js';
import { bench } from './bench.js';
import { cover } from './cover.js';
import { doctor } from './doctor.js';
import { frames } from './frames.js';
import { probe } from './probe.js';

/** The commands in the order of the help. */
export const commands: readonly CliCommand[] = [probe, frames, cover, doctor, bench];
