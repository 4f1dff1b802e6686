// When the steps of a relay's start were done, drawn to scale.
import type { DestinationTimings, OriginTimings, RelayTimings } from '../relay/index.js';

const WIDTH = 48;
const LABELS: Readonly<Record<string, string>> = {
  dns: 'name',
  tcp: 'TCP',
  tls: 'TLS',
  handshake: 'handshake',
  connected: 'connect',
  play: 'play',
  publish: 'publish',
  firstAudio: 'first audio',
  firstVideo: 'first video',
  ready: 'streams known',
  firstTag: 'first tag out',
  firstPicture: 'first picture',
};

interface Step {
  readonly who: string;
  readonly label: string;
  readonly from: number;
  readonly to: number;
}

/** Lines of a chart: each step from where the one ahead of it ended. */
export function waterfall({ origin, destinations }: RelayTimings): string[] {
  const steps = [
    ...stepsOf('origin', origin),
    ...Object.entries(destinations).flatMap(([id, timings]) => stepsOf(`destination ${id}`, timings)),
  ];
  if (steps.length === 0) return [];
  const end = Math.max(...steps.map(({ to }) => to), 0.001);
  const place = (at: number): number => Math.round((at / end) * WIDTH);
  const who = Math.max(...steps.map((step) => step.who.length));
  const label = Math.max(...steps.map((step) => step.label.length));
  let last = '';
  return steps.map((step) => {
    const name = step.who === last ? '' : step.who;
    last = step.who;
    const [from, to] = [place(step.from), Math.max(place(step.to), place(step.from) + 1)];
    const bar = ' '.repeat(from) + '█'.repeat(to - from);
    return `${name.padEnd(who)}  ${step.label.padEnd(label)}  ${bar.padEnd(WIDTH + 1)} ${step.to.toFixed(1)} ms`;
  });
}

function stepsOf(who: string, timings: OriginTimings | DestinationTimings): Step[] {
  const { dialled = 0, ...marks } = timings;
  const known = Object.entries(marks as Readonly<Record<string, number>>).sort((a, b) => a[1] - b[1]);
  let from = dialled;
  return known.map(([name, to]) => {
    const step = { who, label: LABELS[name] ?? name, from, to };
    from = to;
    return step;
  });
}
