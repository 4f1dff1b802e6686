// A part of a suite: one question, its sides in a table, and its targets.
import { table } from './table.js';
import { TARGET_HEAD, targetRow, type Target } from './target.js';

/** What came of measuring a part. */
export interface Part {
  readonly name: string;
  /** What was measured, in one line. */
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Lines of a chart behind the table. */
  readonly chart?: readonly string[];
  readonly targets: readonly Target[];
  /** How it was measured. */
  readonly method: string;
  /** Every figure, for `--json`. */
  readonly raw: unknown;
}

/**
 * Prints a part.
 * @param digits - how many of the figures of its targets follow the point
 */
export function printPart({ title, head, rows, chart, targets, method }: Part, digits: number): void {
  console.log(`\n== ${title}\n\n${table(head, rows)}`);
  if (chart !== undefined) console.log(`\n${chart.join('\n')}`);
  if (targets.length > 0)
    console.log(
      `\n${table(
        TARGET_HEAD,
        targets.map((target) => targetRow(target, digits)),
      )}`,
    );
  console.log(`\n${method}`);
}
