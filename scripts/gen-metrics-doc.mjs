// Writes docs/reference/metrics.md from the built table of metrics; with --check, fails when the file is not up to date.
// Usage: node scripts/gen-metrics-doc.mjs [--check] [repository root]
import { existsSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

export const METRICS_DOC = 'docs/reference/metrics.md';
const TABLE = 'dist/telemetry/metrics.js';

/** The page as it should be. */
export async function renderMetricsDoc(root) {
  const { METRICS } = await import(pathToFileURL(join(root, TABLE)).href);
  const rows = Object.entries(METRICS).map(([name, { kind, unit, labels, help }]) => [
    `\`${name}\``,
    kind,
    unit,
    labels.map((label) => `\`${label}\``).join(', '),
    help.replaceAll('|', '\\|'),
  ]);
  const bounds = Object.entries(METRICS)
    .filter(([, { kind }]) => kind === 'histogram')
    .map(([name, meaning]) => [`\`${name}\``, meaning.bounds.join(', ')]);
  return `# Metrics

<!-- Made by scripts/gen-metrics-doc.mjs from src/telemetry/metrics.ts: change the table there, build, run the script. -->

\`engine.telemetry\` holds the metrics of one engine: \`snapshot()\` gives them as plain JSON with the alerts that are on,
\`prometheus()\` as text for Prometheus (version 0.0.4). Units are base units. A metric appears with its first value.

${table(['Metric', 'Kind', 'Unit', 'Labels', 'Meaning'], rows)}

Tiers of blocks are \`small\` (up to 1 MiB), \`medium\` (to 10 MiB) and \`large\`. A metric has 100 series at most; what
would be more is counted under labels that read \`other\`.

\`relays.prometheus()\` and \`/metrics\` of many relays have the metrics of relays with a label \`relay\` for each of them,
but for histograms, which count the starts of all relays together.

## Histograms

The text for Prometheus has these buckets and infinity. A snapshot also has \`recent\`: p50, p95 and p99 of the last half
to one minute, within 1 %.

${table(['Histogram', 'Upper bounds'], bounds)}

## Alerts

\`engine.telemetry.onAlert(listener)\` hears each alert once when it fires and once when it clears, and returns how to stop
that. A listener that throws is reported as a warning of the process once and hurts nothing.

${table(
  ['Alert', 'Fires', 'Clears', 'Value'],
  [
    ['`pool-use`', 'above 0.8 of the memory budget', 'at 0.7', 'share of the budget'],
    [
      '`batch-delay`',
      'p95 of the queueing delay above the mark of the mode: 32 ms for `low-latency`, 64 for `fixed`, else 256',
      'at half of the mark, and when the stream ends',
      'milliseconds',
    ],
    ['`region-failure`', 'the system refused shared memory', 'after a minute without one', 'events within a minute'],
    ['`worker-death`', 'a worker ended that nobody closed', 'after a minute without one', 'events within a minute'],
  ],
)}
`;
}

/** A Markdown table in the aligned form that the formatter keeps. */
function table(head, rows) {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column].length)));
  const line = (cells) => `| ${cells.map((cell, column) => cell.padEnd(widths[column])).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

async function main() {
  const args = process.argv.slice(2);
  const root = resolve(args.find((arg) => !arg.startsWith('--')) ?? join(import.meta.dirname, '..'));
  if (!existsSync(join(root, TABLE))) throw new Error(`${TABLE} does not exist: run npm run build first`);
  const page = join(root, METRICS_DOC);
  const text = await renderMetricsDoc(root);
  if (args.includes('--check')) {
    if (existsSync(page) && readFileSync(page, 'utf8') === text) return;
    throw new Error(`${METRICS_DOC} differs from the built table: run node scripts/gen-metrics-doc.mjs`);
  }
  mkdirSync(dirname(page), { recursive: true });
  writeFileSync(page, text);
  console.log(`wrote ${METRICS_DOC}`);
}

if (realpathSync(process.argv[1]) === fileURLToPath(import.meta.url))
  main().catch((error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
