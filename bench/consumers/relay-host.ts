// Runs many relays in one process and tells what they cost: a process of its own, so that nothing else is counted.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createRelay, type Relay } from '#dist/index.js';

interface HostOptions {
  /** The number of its first relay. */
  readonly first: number;
  readonly count: number;
  readonly port: number;
  /** Whether groups of pictures are kept for those who join. */
  readonly keep?: boolean;
}

const { first, count, port, keep = false } = JSON.parse(process.argv[2] ?? '{}') as HostOptions;
const url = (key: string): string => `rtmp://127.0.0.1:${String(port)}/live/${key}`;
const relays: Relay[] = [];

async function add(name: number): Promise<void> {
  const more = keep ? {} : { gopBytes: 0 };
  const relay = createRelay({ from: url(`a${String(name)}`), to: [url(`b${String(name)}`)], ...more });
  relays.push(relay);
  await relay.start();
}

/** Milliseconds between two looks at the event loop. */
const LOOK = 1;
const waits = monitorEventLoopDelay({ resolution: LOOK });
let cpu = process.cpuUsage();
let since = performance.now();
process.on('message', (what) => {
  if (what === 'reset') {
    cpu = process.cpuUsage();
    since = performance.now();
    waits.reset();
    waits.enable();
    return;
  }
  const { user, system } = process.cpuUsage(cpu);
  const dropped = relays.reduce(
    (sum, relay) => sum + relay.status().destinations.reduce((all, one) => all + one.dropped, 0),
    0,
  );
  // What is left when all that can go has gone, where this process may collect it by hand.
  (globalThis as { gc?: () => void }).gc?.();
  const { heapUsed, external } = process.memoryUsage();
  process.send?.({
    held: heapUsed + external,
    cpu: (user + system) / 1000 / (performance.now() - since),
    rss: process.memoryUsage.rss(),
    dropped,
    // How long what has arrived waits for its turn in this process.
    wait: Math.max(0, waits.percentile(99) / 1e6 - LOOK),
  });
});
process.on('disconnect', () => process.exit(0));

// One relay first: what code costs is not the cost of a relay.
await add(first);
const before = process.memoryUsage.rss();
for (let i = 1; i < count; i++) await add(first + i);
process.send?.({ before });
