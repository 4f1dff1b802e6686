// The page around the cards of a report: how it looks, what was made, and a filter that needs no script.
import { createHash } from 'node:crypto';
import { formatBytes } from '../../../base/index.js';
import type { BatchSummary } from '../run/events.js';
import { escaped } from './escape.js';

/** What a report is about. */
export interface PageFacts {
  readonly title: string;
  readonly summary: BatchSummary;
  /** Covers and failures that the page shows. */
  readonly cards: number;
  readonly rows: number;
  /** Where all failures are listed. */
  readonly failuresFile: string;
  /** What is said of pictures that lie beside the page. */
  readonly linked: number;
}

const STYLE = `
:root{color-scheme:light dark;--ink:#1b1f24;--soft:#5b6470;--page:#f6f7f9;--card:#fff;--line:#d9dee5;--good:#1a7f4b;--bad:#b42318;--kept:#5b6470;--focus:#2563eb}
@media(prefers-color-scheme:dark){:root{--ink:#e8ebef;--soft:#9aa5b1;--page:#111418;--card:#1a1f25;--line:#2d353f;--good:#4ac585;--bad:#ff8a7a;--kept:#9aa5b1;--focus:#7aa7ff}}
*{box-sizing:border-box}
body{margin:0;padding:2rem clamp(1rem,4vw,3rem) 4rem;background:var(--page);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
h1{margin:0 0 .25rem;font-size:1.6rem;overflow-wrap:anywhere}
h2{margin:2.5rem 0 1rem;font-size:1.15rem}
.lead,.note{margin:0;color:var(--soft)}
.note{margin:.75rem 0}
.figures{display:flex;flex-wrap:wrap;gap:.75rem;margin:1.5rem 0 0;padding:0}
.figures div{min-width:8rem;padding:.75rem 1rem;background:var(--card);border:1px solid var(--line);border-radius:.75rem}
.figures dt{color:var(--soft);font-size:.85rem}
.figures dd{margin:0;font-size:1.5rem;font-variant-numeric:tabular-nums}
.figures .good dd{color:var(--good)}.figures .bad dd{color:var(--bad)}
.bar{display:block;border-radius:.5rem}
.legend{display:flex;flex-wrap:wrap;gap:.25rem 1.25rem;margin:.5rem 0 0;padding:0;list-style:none;color:var(--soft);font-variant-numeric:tabular-nums}
.legend i{display:inline-block;width:.75rem;height:.75rem;margin-right:.4rem;border-radius:.2rem}
.s0{background:#7c6cf2}.s1{background:#3d8bfd}.s2{background:#12a594}.s3{background:#e2a03f}.s4{background:#e5678a}.s5{background:#8aa0b8}
.b0{fill:#7c6cf2}.b1{fill:#3d8bfd}.b2{fill:#12a594}.b3{fill:#e2a03f}.b4{fill:#e5678a}.b5{fill:#8aa0b8}
.pick{position:absolute;opacity:0;pointer-events:none}
nav{display:flex;flex-wrap:wrap;gap:.5rem;margin-top:2rem}
nav label{padding:.35rem .9rem;border:1px solid var(--line);border-radius:2rem;background:var(--card);cursor:pointer}
#all:checked~nav label[for=all],#made:checked~nav label[for=made],#kept:checked~nav label[for=kept],#failed:checked~nav label[for=failed]{background:var(--ink);color:var(--page);border-color:var(--ink)}
#all:focus-visible~nav label[for=all],#made:focus-visible~nav label[for=made],#kept:focus-visible~nav label[for=kept],#failed:focus-visible~nav label[for=failed]{outline:3px solid var(--focus);outline-offset:2px}
#made:checked~main .failures,#made:checked~main .kept,#kept:checked~main .failures,#kept:checked~main .made,#failed:checked~main .covers{display:none}
.grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(15rem,1fr));gap:1rem;margin:0;padding:0;list-style:none}
.card{display:flex;flex-direction:column;padding-bottom:.75rem;background:var(--card);border:1px solid var(--line);border-radius:.75rem;overflow:hidden;content-visibility:auto;contain-intrinsic-size:15rem 16rem}
.pictures{display:flex;height:10rem;gap:2px;background:#0b0d10}
.pictures img{flex:1 1 0;min-width:0;width:100%;height:100%;object-fit:contain}
.card h3{margin:.6rem .9rem 0;font-size:.95rem;white-space:nowrap;overflow:hidden;text-overflow:ellipsis}
.card p{margin:.15rem .9rem 0;font-size:.85rem;color:var(--soft);overflow-wrap:anywhere}
.card .why{color:var(--ink)}
.card strong{color:var(--bad)}
.table{overflow-x:auto;background:var(--card);border:1px solid var(--line);border-radius:.75rem}
table{width:100%;border-collapse:collapse}
th,td{padding:.5rem .9rem;text-align:left;vertical-align:top;border-top:1px solid var(--line);overflow-wrap:anywhere}
thead th{border-top:0;color:var(--soft);font-weight:500}
td:first-child{white-space:nowrap}
td:last-child{min-width:14rem}
code{font:.85em ui-monospace,monospace;color:var(--bad)}
@media print{nav{display:none}.card{break-inside:avoid}}
`;

const STAGES = ['open', 'seek', 'decode', 'analyse', 'scale', 'encode'] as const;

/** What comes ahead of the failures. */
export function pageHead({ title, summary, failuresFile, rows }: PageFacts): string {
  const style = createHash('sha256').update(STYLE).digest('base64');
  // Nothing is fetched but pictures that lie beside the page, and nothing runs.
  const policy = `default-src 'none'; img-src data: file: http: https: 'self'; style-src 'sha256-${style}'; base-uri 'none'; form-action 'none'`;
  const { failed, failures } = summary;
  const codes = Object.entries(failures).map(([code, count]) => `${escaped(code)}: ${number(count)}`);
  const more = failed > rows ? ` The first ${number(rows)} are shown, all are in ${escaped(failuresFile)}.` : '';
  const list =
    failed === 0
      ? ''
      : `<section class="failures" aria-labelledby="failures"><h2 id="failures">${number(failed)} failed</h2>
<p class="note">${codes.join(' · ')}.${more}</p>
<div class="table" role="region" aria-labelledby="failures" tabindex="0"><table><thead><tr><th scope="col">Code</th><th scope="col">Why</th><th scope="col">Where</th></tr></thead><tbody>
`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}"><meta name="referrer" content="no-referrer">
<title>${escaped(title)}</title><style>${STYLE}</style></head><body>
<header><h1>${escaped(title)}</h1><p class="lead">${lead(summary)}</p>
<dl class="figures">${figures(summary)}</dl>${stages(summary)}</header>
${filter(summary)}<main>
${list}`;
}

/** What is between failures and covers. */
export function pageMiddle({ summary, cards, linked }: PageFacts): string {
  const { failed, made, kept } = summary;
  const end = failed === 0 ? '' : '</tbody></table></div></section>\n';
  const all = made + kept;
  const more = all > cards ? `The first ${number(cards)} of ${number(all)} are shown. ` : '';
  const beside = linked === 0 ? '' : `Pictures of ${number(linked)} lie beside this page and not in it.`;
  const note = more + beside === '' ? '' : `<p class="note">${more}${beside}</p>`;
  return `${end}<section class="covers" aria-labelledby="covers"><h2 id="covers">Covers</h2>${note}<ul class="grid">\n`;
}

/** What comes behind the covers. */
export const PAGE_END = '</ul></section></main></body></html>\n';

function lead({ stopped, elapsedMs, rate, total, settled, made }: BatchSummary): string {
  const seconds = elapsedMs / 1000;
  const time = seconds < 100 ? `${seconds.toFixed(1)} s` : `${(seconds / 60).toFixed(1)} min`;
  const left = total === null ? '' : ` of about ${number(total)}`;
  const how = stopped ? `Stopped after ${time}, with ${number(settled)}${left} done` : `Done in ${time}`;
  return made === 0 ? `${how}.` : `${how}: ${rate.toFixed(rate < 10 ? 1 : 0)} covers a second.`;
}

function figures({ made, kept, failed, passedOver, files, bytes }: BatchSummary): string {
  const figure = (kind: string, name: string, value: string): string =>
    `<div class="${kind}"><dt>${name}</dt><dd>${value}</dd></div>`;
  return [
    figure('good', 'made', number(made)),
    ...(kept > 0 ? [figure('', 'kept from before', number(kept))] : []),
    figure(failed > 0 ? 'bad' : '', 'failed', number(failed)),
    ...(passedOver > 0 ? [figure('', 'passed over', number(passedOver))] : []),
    ...(files > 0 ? [figure('', files === 1 ? 'file' : 'files', `${number(files)}, ${formatBytes(bytes)}`)] : []),
  ].join('');
}

/** Where the time of all covers together went, as a bar of parts. */
function stages({ stages: times, made }: BatchSummary): string {
  if (made === 0) return '';
  const sum = STAGES.reduce((total, stage) => total + times[stage], 0);
  const shown = STAGES.map((stage, i) => ({ stage, i, ms: times[stage] })).filter(({ ms }) => ms > 0);
  // Shares as attributes of a drawing: the policy takes no style of single elements.
  let at = 0;
  const parts = shown.map(({ i, ms }) => {
    const [x, width] = [at, (ms / sum) * 100];
    at += width;
    return `<rect class="b${String(i)}" x="${x.toFixed(2)}%" width="${width.toFixed(2)}%" height="24"/>`;
  });
  const legend = shown.map(
    ({ stage, i, ms }) => `<li><i class="s${String(i)}"></i>${stage} ${(ms / made).toFixed(1)} ms</li>`,
  );
  return `<h2>Time of a cover</h2><svg class="bar" width="100%" height="24" role="img" aria-label="Shares of the stages">${parts.join('')}</svg><ul class="legend">${legend.join('')}</ul>`;
}

function filter({ made, kept, failed }: BatchSummary): string {
  const kinds = [
    ['all', 'All', made + kept + failed],
    ['made', 'Made', made],
    ...(kept > 0 ? ([['kept', 'Kept', kept]] as const) : []),
    ...(failed > 0 ? ([['failed', 'Failed', failed]] as const) : []),
  ] as const;
  const input = ([id]: readonly [string, string, number]): string =>
    `<input class="pick" type="radio" name="show" id="${id}"${id === 'all' ? ' checked' : ''}>`;
  const label = ([id, name, count]: readonly [string, string, number]): string =>
    `<label for="${id}">${name} ${number(count)}</label>`;
  return `${kinds.map(input).join('')}<nav aria-label="What is shown">${kinds.map(label).join('')}</nav>\n`;
}

function number(value: number): string {
  return value.toLocaleString('en-US');
}
