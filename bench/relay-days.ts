// Sixty days of timestamps through a relay, as quickly as they go: what is left of the distance of sound and picture.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { createRelay } from '#dist/index.js';
import { killAtExit } from './child.js';
import type { Part } from './part.js';
import { figure, judge } from './target.js';

const PEER = fileURLToPath(new URL('./consumers/relay-days.js', import.meta.url));
const DAYS = 60;
const MIB = 1024 * 1024;
const METHOD = [
  `${String(DAYS)} days of a picture and a sound every two seconds, from an HTTP-FLV origin to an RTMP destination in another`,
  'process, which reads the times back: 32 bits wrap after 49.7 days, and on the first days the encoder is restarted, its',
  'clock beginning anew. Moved is the largest change of the distance of a sound from its picture.',
].join('\n');

/** What the destination saw. */
interface Seen {
  readonly tags: number;
  readonly sent: number;
  /** Milliseconds. */
  readonly moved: number;
  readonly wentBack: number;
  /** Days that the destination's own clock went through. */
  readonly days: number;
  readonly wraps: number;
}

/** Measures it. */
export async function days(): Promise<Part> {
  const peer = fork(PEER, [JSON.stringify({ days: DAYS })], { serialization: 'advanced' });
  killAtExit(peer);
  try {
    const [{ from, to }] = (await once(peer, 'message')) as [{ from: string; to: string }];
    const started = performance.now();
    const relay = createRelay({ from, to: [to], queueBytes: 64 * MIB });
    await relay.start();
    const [seen] = (await once(peer, 'message')) as [Seen];
    const took = (performance.now() - started) / 1000;
    const { jumps } = relay.status().feed;
    await relay.stop();
    const rows = [
      ['days at the destination', figure(seen.days, 2)],
      ['tags sent and arrived', `${String(seen.sent)} / ${String(seen.tags)}`],
      ['wraps at the destination', String(seen.wraps)],
      ['restarts of the encoder', String(jumps)],
      ['seconds that it took', figure(took, 0)],
    ];
    return {
      name: 'days',
      title: `days: ${String(DAYS)} days of timestamps`,
      head: ['', ''],
      rows,
      targets: [
        judge({ name: 'sound moved against pictures, ms', ours: seen.moved, against: 1, wanted: { atMost: 1 } }),
        judge({ name: 'times that went back', ours: seen.wentBack, against: 1, wanted: { below: 1 } }),
        judge({ name: 'tags lost', ours: seen.sent - seen.tags, against: 1, wanted: { below: 1 } }),
      ],
      method: METHOD,
      raw: { seen, jumps, took },
    };
  } finally {
    peer.kill('SIGKILL');
  }
}
