// How `framerail covers` shows what happens: a bar on a terminal, a line now and then elsewhere, or one object of JSON a line.
import { once } from 'node:events';
import type { BatchHandlers, BatchProgress, BatchSummary, Covers } from '../covers/index.js';
import { failureLine, progressBar, progressText, summaryLines } from './covers-text.js';
import { columnsOf, LiveLines } from './live-lines.js';
import { note, print, printJson } from './output.js';

/** Shows a batch. */
export interface BatchShow {
  readonly handlers: BatchHandlers;
  /** Shows how far it is, from now until the end. @param progress - looks at it */
  start(progress: () => BatchProgress): void;
  /**
   * @param failuresFile - where all failures are listed
   * @param workers - how busy they were, and how far they are locked down
   */
  end(summary: BatchSummary, failuresFile: string, workers: Pick<Covers, 'stats' | 'sandbox'>): void;
  /** Leaves the terminal as it should be, also when the batch itself failed. */
  stop(): void;
}

/** Milliseconds between two looks. */
const EVERY = { terminal: 200, json: 1000, lines: 10_000 } as const;
/** Failures that are shown one by one: more than these are a list, and that is a file. */
const SHOWN_FAILURES = 20;

/** Shows a batch to a person. @param out - the folder, as it was named */
export function showText(out: string): BatchShow {
  const terminal = process.stderr.isTTY;
  const lines = new LiveLines(process.stderr);
  const say = (text: string): void => {
    if (terminal) lines.above([text]);
    else note(text);
  };
  let failed = 0;
  let end = (): void => undefined;
  return {
    handlers: {
      onFailed: (failure) => {
        failed += 1;
        if (failed <= SHOWN_FAILURES) say(failureLine(failure));
        else if (failed === SHOWN_FAILURES + 1) say('Further failures are not shown one by one.');
      },
      onNote: say,
    },
    start(progress) {
      const show = (): void => {
        if (terminal) lines.show([progressBar(progress(), columnsOf(process.stderr))]);
        else note(progressText(progress()));
      };
      end = repeat(terminal ? EVERY.terminal : EVERY.lines, show);
    },
    end(summary, failuresFile, workers) {
      end();
      if (terminal) lines.show([]);
      for (const line of summaryLines(summary, out, workers.stats.utilisation)) print(line);
      if (summary.failed > 0) print(`Each failure with its reason: ${failuresFile}`);
      if (summary.stopped) note('Stopped: the same command goes on from here, and keeps what is finished.');
    },
    stop() {
      end();
      lines.end();
    },
  };
}

/** Shows a batch to a program. */
export function showJson(): BatchShow {
  let end = (): void => undefined;
  return {
    handlers: {
      onMade: ({ covers, ...made }) => {
        const { images, shots, ...work } = covers;
        const facts = images.map(({ data, ...image }, i) => ({ ...made.files[i], bytes: data.byteLength, ...image }));
        const { files: _, ...origin } = made;
        printJson({ event: 'done', ...origin, images: facts, shots, ...work });
        // A reader that is slow slows the batch.
        return process.stdout.writableNeedDrain ? once(process.stdout, 'drain').then(() => undefined) : undefined;
      },
      onKept: (kept) => {
        printJson({ event: 'kept', ...kept });
      },
      onFailed: (failure) => {
        printJson({ event: 'failed', ...failure });
      },
      onNote: (message) => {
        printJson({ event: 'note', message });
      },
    },
    start(progress) {
      printJson({ event: 'started' });
      end = repeat(EVERY.json, () => {
        printJson({ event: 'progress', ...progress() });
      });
    },
    end(summary, failuresFile, { stats, sandbox }) {
      end();
      printJson({ event: 'summary', ...summary, failuresFile, workers: stats, sandbox: sandbox?.level ?? 0 });
    },
    stop() {
      end();
    },
  };
}

function repeat(milliseconds: number, action: () => void): () => void {
  const timer = setInterval(action, milliseconds);
  return () => {
    clearInterval(timer);
  };
}
