// The page that shows how relays stand: one document without anything from elsewhere, and nothing of a relay as markup.
import { createHash } from 'node:crypto';

const STYLE = `
:root { color-scheme: light dark; font: 14px/1.45 system-ui, sans-serif; }
body { margin: 1.5rem; }
h1 { font-size: 1.15rem; margin: 0 0 .25rem; }
p { margin: 0 0 1rem; opacity: .75; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .35rem .75rem .35rem 0; border-bottom: 1px solid #8884; vertical-align: top; }
th { font-weight: 600; white-space: nowrap; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
td div { white-space: nowrap; }
.good::before, .bad::before, .off::before { content: '\\25CF '; }
.good::before { color: #1a9850; } .bad::before { color: #d73027; } .off::before { color: #999; }
.error { color: #d73027; white-space: normal; }
#problems { color: #d73027; margin: 0 0 1rem; padding-left: 1.2rem; }
`;

const SCRIPT = `
const byId = (id) => document.getElementById(id);
const element = (name, text, kind) => {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (kind !== undefined) made.className = kind;
  return made;
};
const rate = (bits) => bits >= 1e6 ? (bits / 1e6).toFixed(2) + ' Mb/s' : (bits / 1e3).toFixed(0) + ' kb/s';
const track = (one, size) => one === null ? [] : [one.codec + (size === null ? '' : ' ' + size.join('\\u00D7'))];
const OK = { live: 'good', accepted: 'good', slow: 'bad', failed: 'bad', waiting: 'bad' };
function mood(one) {
  if (one.state === 'wrong' || one.state === 'waiting') return 'bad';
  if (one.relay === null) return 'off';
  return one.relay.origin.open ? 'good' : 'bad';
}
function stateOf(one) {
  return one.state === 'running' ? (one.relay.origin.open ? 'live' : 'no origin') : one.state;
}
function row(one) {
  const line = element('tr');
  const name = element('td');
  name.append(element('div', one.name));
  if (one.error !== null) name.append(element('div', one.error.message, 'error'));
  const state = element('td');
  state.append(element('span', stateOf(one) + (one.onDemand ? ', on demand' : ''), mood(one)));
  line.append(name, state);
  const { relay } = one;
  const feed = relay === null ? null : relay.feed;
  const codecs = element('td');
  if (feed !== null)
    for (const text of [...track(feed.video, feed.size), ...track(feed.audio, null)]) codecs.append(element('div', text));
  const bits = feed === null ? 0 : [feed.video, feed.audio].reduce((sum, one) => sum + (one === null ? 0 : one.bitsPerSecond), 0);
  line.append(
    codecs,
    element('td', feed === null ? '' : rate(bits), 'number'),
    element('td', feed === null ? '' : feed.driftSeconds.toFixed(2) + ' s', 'number'),
  );
  const places = element('td');
  for (const to of relay === null ? [] : relay.destinations) {
    const dropped = to.dropped > 0 ? ', ' + to.dropped + ' dropped' : '';
    const place = element('div');
    place.append(element('span', to.address + ' ' + to.state + dropped, OK[to.state] ?? 'off'));
    if (to.lastError !== null && to.state !== 'live') place.append(element('div', to.lastError.message, 'error'));
    places.append(place);
  }
  line.append(places, element('td', String(one.viewers), 'number'));
  return line;
}
function show(status) {
  const live = status.relays.filter((one) => one.relay !== null && one.relay.origin.open).length;
  const alive = status.processes.filter((one) => one.pid !== null).length;
  byId('summary').textContent = live + ' of ' + status.relays.length + ' relays live, ' + status.viewers + ' viewers, ' +
    alive + (alive === 1 ? ' process' : ' processes') + ', up ' + Math.floor(status.uptimeSeconds / 60) + ' min';
  byId('problems').replaceChildren(...status.problems.map((one) => element('li',
    (one.line === null ? '' : 'line ' + one.line + ': ') + (one.relay === null ? '' : one.relay + ': ') + one.message)));
  byId('relays').replaceChildren(...status.relays.map(row));
}
async function refresh() {
  try {
    const answer = await fetch('status', { cache: 'no-store' });
    show(await answer.json());
  } catch {
    byId('summary').textContent = 'No answer; trying again.';
  }
  setTimeout(refresh, 2000);
}
refresh();
`;

const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** What the page may do: its own script and style, and asking this very server. */
export const PAGE_POLICY = [
  "default-src 'none'",
  `script-src ${hashOf(SCRIPT)}`,
  `style-src ${hashOf(STYLE)}`,
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** The page. */
export const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Relays</title>
<style>${STYLE}</style>
</head>
<body>
<h1>Relays</h1>
<p id="summary">Loading</p>
<ul id="problems"></ul>
<table>
<thead><tr><th>Relay</th><th>State</th><th>Streams</th><th class="number">In</th><th class="number">Drift</th>
<th>Destinations</th><th class="number">Viewers</th></tr></thead>
<tbody id="relays"></tbody>
</table>
<script>${SCRIPT}</script>
</body>
</html>
`;
