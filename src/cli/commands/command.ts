// What a command is, and the options that several share.
import type { Command } from 'commander';
import { argumentError, checkOneOf, parseBytes, parseSeconds, parseSize } from '../../base/index.js';
import type { Backend } from '../../workers/index.js';

/** A command: its name with its arguments, and how it is set up. */
export interface CliCommand {
  readonly name: string;
  define(command: Command): void;
}

/** A time such as `1.5`, `250ms` or `1:02.5`, in seconds. */
export const seconds =
  (name: string): ((text: string) => number) =>
  (text) =>
    parseSeconds(name, text);

/** Several times with commas between. */
export const secondsList =
  (name: string): ((text: string) => number[]) =>
  (text) =>
    text.split(',').map((part) => parseSeconds(name, part));

/** A size such as `640x360`. */
export const size =
  (name: string): ((text: string) => [number, number]) =>
  (text) =>
    parseSize(name, text);

/** A whole number. */
export const integer =
  (name: string): ((text: string) => number) =>
  (text) => {
    if (!/^\d+$/.test(text)) throw argumentError(name, 'a whole number', text);
    return Number(text);
  };

/** A number that may have a fraction. */
export const number =
  (name: string): ((text: string) => number) =>
  (text) => {
    if (!/^(\d+(\.\d*)?|\.\d+)$/.test(text)) throw argumentError(name, 'a number', text);
    return Number(text);
  };

/** Bytes, with a k, an M or a G behind for 1,024 and its powers. */
export const bytes =
  (name: string): ((text: string) => number) =>
  (text) =>
    parseBytes(name, text);

/** Bits per second, with a k or an M behind for thousands and millions. */
export const bits =
  (name: string): ((text: string) => number) =>
  (text) => {
    const match = /^(\d+(?:\.\d+)?)([kM]?)$/.exec(text);
    if (match === null) throw argumentError(name, 'bits per second, such as 2.5M or 800k', text);
    return Number(match[1]) * { '': 1, k: 1000, M: 1_000_000 }[match[2] as '' | 'k' | 'M'];
  };

/** Where batches start from. */
export const presetOption = ['--preset <name>', 'realtime or batch: where batches and threads start from'] as const;

/** How batches are sized. */
export const batchModeOption = ['--batch-mode <mode>', 'fixed, low-latency, throughput or adaptive'] as const;

/** The time limit of a whole command, in milliseconds. */
export const timeoutOption = ['--timeout <time>', 'give up after this time, such as 30s'] as const;

const BACKENDS = ['process', 'thread', 'inline', 'spawn'] as const satisfies readonly Backend[];

/** Where the work is done. */
export const backendOption = [
  '--backend <where>',
  'process, thread, inline or spawn (default: process, or spawn where native code cannot be loaded)',
] as const;

/** `--backend`, or undefined when the choice is left to the engine. */
export function toBackend(text: string | undefined): Backend | undefined {
  return text === undefined ? undefined : checkOneOf('--backend', text, BACKENDS);
}

/** `--timeout` in milliseconds. */
export function toMilliseconds(time: number | undefined): number | undefined {
  return time === undefined ? undefined : time * 1000;
}
