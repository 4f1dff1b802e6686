// Many relays from a file on the command line: what happens to them, how they stand, and what is wrong with the file.
import { basename } from 'node:path';
import { isFramerailError } from '../base/index.js';
import { checkRelaysFile, createRelays, type ConfigProblem, type Relays } from '../relay/index.js';
import { finishOrInterrupt } from './interrupt.js';
import { LiveLines } from './live-lines.js';
import { note, print, printJson } from './output.js';
import { manyEventText, manyLines } from './relays-text.js';

/** How a configuration is run from the command line. */
export interface RunOptions {
  /** Seconds after which all relays end. */
  readonly duration: number | undefined;
  /** Seconds between two lines with all counts. */
  readonly status: number | undefined;
  readonly json: boolean;
}

/** Milliseconds between two looks at relays on a terminal. */
const REFRESH = 1000;

/** Says what is wrong with a file, line by line; the exit code says whether anything is. */
export async function checkConfig(path: string, json: boolean): Promise<void> {
  const problems = await checkRelaysFile(path);
  if (json) printJson({ problems });
  else if (problems.length === 0) print(`${path} is all right.`);
  else for (const problem of problems) note(problemText(path, problem));
  if (problems.length > 0) process.exitCode = 1;
}

/** Runs the relays of a file until it is told to stop. */
export async function runConfig(path: string, { duration, status, json }: RunOptions): Promise<void> {
  const relays = createRelays(path);
  const stopped = new Promise<void>((resolve) => {
    finishOrInterrupt(resolve).addEventListener('abort', () => {
      resolve();
    });
    if (duration !== undefined) setTimeout(resolve, duration * 1000).unref();
  });
  // What refuses the whole file is told as an event: what runs goes on.
  process.on('SIGHUP', () => {
    relays.reload().catch((error: unknown) => {
      if (!isFramerailError(error)) throw error;
    });
  });
  const show = json ? showJson(relays, status) : showText(relays, basename(path));
  try {
    await Promise.race([relays.start(), stopped]);
    await stopped;
  } finally {
    await relays.stop();
    show();
  }
}

/** Prints every event; gives what ends it. */
function showJson(relays: Relays, every: number | undefined): () => void {
  relays.on('event', printJson);
  if (every === undefined) return () => undefined;
  return repeat(every * 1000, async () => {
    printJson({ event: 'status', ...(await relays.status()) });
  });
}

/** Prints what happens, and on a terminal how it stands; gives what ends it. */
function showText(relays: Relays, name: string): () => void {
  const lines = new LiveLines(process.stdout);
  relays.on('event', (event) => {
    const text = event.event === 'problem' ? problemText(name, event) : manyEventText(event);
    if (text !== undefined) lines.above([text]);
  });
  if (!process.stdout.isTTY) return () => undefined;
  const end = repeat(REFRESH, async () => {
    lines.show(manyLines(await relays.status(), process.stdout.rows));
  });
  return () => {
    end();
    lines.end();
  };
}

/** Does something again and again, never twice at once; relays that are over say nothing. */
function repeat(milliseconds: number, action: () => Promise<void>): () => void {
  let busy = false;
  const timer = setInterval(() => {
    if (busy) return;
    busy = true;
    action()
      .catch((error: unknown) => {
        if (!isFramerailError(error)) throw error;
      })
      .finally(() => {
        busy = false;
      });
  }, milliseconds);
  return () => {
    clearInterval(timer);
  };
}

/** `relays.yaml:12: studio: Expected …`, as compilers write it. */
function problemText(file: string, { line, relay, message }: ConfigProblem): string {
  return `${file}${line === null ? '' : `:${String(line)}`}: ${relay === null ? '' : `${relay}: `}${message}`;
}
