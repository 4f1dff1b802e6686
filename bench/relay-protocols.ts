// Starts over each protocol from an origin that is far away, and streams that come late, beside ffmpeg.
import { setTimeout as later } from 'node:timers/promises';
import { checkPart } from './options.js';
import type { Part } from './part.js';
import { Broadcast, STEP } from './protocols/broadcast.js';
import { ALONE, measureLate, WATCHED } from './protocols/late.js';
import { Origins, ROUND_TRIP, SRT_LATENCY, type Protocol } from './protocols/origins.js';
import { Sink } from './protocols/sink.js';
import { measureStarts } from './protocols/starts.js';
import { findKeyframes } from './sample-clip.js';
import { table } from './table.js';

/** Milliseconds until the playlist has all of its segments. */
const PLAYLIST = 7000;
const METHOD = [
  `Starts: milliseconds from \`relay.start()\` in a process that has done it before (warm), or from the start of a process`,
  '(cold, without NODE_EXTRA_CA_CERTS), until the destination has a keyframe behind its sequence header; sides take turns,',
  'and a start counts as delivered when there was sound, too. In front of the origin lies a line with a round trip of',
  `${String(ROUND_TRIP)} ms (none for UDP, which has no round trips); the destination is near. The origin answers at once and gives sound`,
  `and a keyframe each ${String(STEP)} ms, in transport streams behind tables. Nobody can leave out half of those ${String(STEP)} ms (but for HLS,`,
  `whose segments are there), nor what SRT holds back (${String(SRT_LATENCY)} ms, its default). Needed: TCP 1; RTSP DESCRIBE, SETUP, and`,
  'SETUP with PLAY (libav: 6, with OPTIONS and PLAY for themselves); SRT two of its handshake; HLS the playlist and a',
  'segment; RTMP the handshake, and its commands in one flight; HTTP one. GStreamer, where it is installed, first prepares',
  'its clip for each client. What ffmpeg is told is the quickest with which it delivers sound and pictures each time:',
];
const LATE_METHOD = [
  `Late streams: ${String(ALONE / 1000)} s of one kind alone, then ${String(WATCHED / 1000)} s of both, all starts of framerail at the same time and one ffmpeg beside`,
  'them. RTSP announces both kinds from the beginning, the tables of SRT and HLS name the second one when it comes. Whole',
  'is a delivery whose pictures and sounds end with all that was shown since then, frame by frame, and nothing else.',
];

/** The part without its name, from the starts alone. */
interface Measured extends Omit<Part, 'name' | 'title'> {
  readonly raw: { readonly starts: unknown };
}

/**
 * Measures it.
 * @param only - one protocol, of which the starts are measured and nothing else
 */
export async function protocols(runs: number, only?: string): Promise<Part> {
  const clip = await findKeyframes();
  const broadcast = new Broadcast(clip);
  const sink = await Sink.open();
  try {
    const origins = await Origins.open(broadcast, clip);
    const started = async (): Promise<Measured> => {
      const chosen = chooseProtocols(origins, only);
      await later(PLAYLIST);
      const { raw, ...starts } = await measureStarts(runs, chosen, sink);
      const tuned = chosen.map(({ name, tuned }) => `  ${name}: ffmpeg ${tuned.join(' ')}`);
      return { ...starts, method: [...METHOD, ...tuned].join('\n'), raw: { starts: raw } };
    };
    const starts = await started().finally(() => origins.close());
    const title = `protocols: ${String(runs)} starts a side`;
    if (only !== undefined) return { ...starts, name: 'protocols', title: `${title} over ${only}` };
    const late = await measureLate(runs, broadcast, sink);
    return {
      ...{ name: 'protocols', title: `${title}, and as many streams that come late` },
      ...{ head: starts.head, rows: starts.rows, chart: [table(late.head, late.rows)] },
      targets: [...starts.targets, ...late.targets],
      method: [starts.method, ...LATE_METHOD].join('\n'),
      raw: { ...starts.raw, late: late.raw },
    };
  } finally {
    sink.close();
    broadcast.close();
  }
}

function chooseProtocols({ protocols }: Origins, only: string | undefined): readonly Protocol[] {
  if (only === undefined) return protocols;
  const names = protocols.map(({ name }) => name);
  return protocols.filter(({ name }) => name === checkPart(only, names, '--protocol'));
}
