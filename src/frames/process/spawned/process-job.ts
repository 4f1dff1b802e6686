// The job behind `processVideo` where commands run: one ffmpeg for all, or two with JavaScript between them.
import { pickVideo } from '../../../sources/index.js';
import { checkFilterNames } from '../../../spelling/index.js';
import { CommandSession, filterNames } from '../../../spawned/index.js';
import type { JobContext } from '../../../workers/index.js';
import { decoderOf, readHeaders } from '../../spawned/headers.js';
import type { ProcessJobResult, ProcessParams } from '../process-params.js';
import { BesidePlan } from './beside-plan.js';
import { seeksExactly } from './decode-plan.js';
import { chooseByCommand, containerOf } from './encode-plan.js';
import type { ProcessPlan, ProcessStart } from './process-start.js';
import { runAlone } from './run-alone.js';
import { runThrough } from './run-through.js';

/** Runs the job. */
export default async function spawnedProcessJob(rawParams: unknown, context: JobContext): Promise<ProcessJobResult> {
  const params = rawParams as ProcessParams;
  const session = await CommandSession.open(context);
  try {
    if (params.filters !== null) {
      const known = await filterNames();
      checkFilterNames(params.filters, params.filterTrust, (name) => known.has(name));
    }
    const headers = await readHeaders(session);
    const { name } = session.source;
    const stream = pickVideo(name, headers.streams, params.stream ?? undefined);
    const start = { session, context, params, headers, stream, decoder: decoderOf(name, stream) };
    // One command cannot look for a keyframe by itself where a seek lands anywhere.
    const through = params.transform || params.output === null || (params.from > 0 && !seeksExactly(headers));
    const output = await planOutput(start, through);
    return await (through ? runThrough({ ...start, output }) : runAlone({ ...start, output }));
  } catch (error) {
    // Killed by a cancellation, a command looks as if it had failed.
    await context.breathe();
    throw error;
  } finally {
    await session.close();
  }
}

async function planOutput(
  { session, params, headers, stream }: Omit<ProcessStart, 'output'>,
  through: boolean,
): Promise<ProcessPlan | undefined> {
  const { output, encoder } = params;
  if (output === null) return undefined;
  const container = containerOf(output);
  const { streams } = headers;
  const once = through && !session.repeatable;
  const [chosen, beside] = await Promise.all([
    chooseByCommand(encoder, container),
    once
      ? BesidePlan.none(streams, stream.index, ONCE)
      : BesidePlan.make(session, streams, stream.index, params, container),
  ]);
  return { container, encoder: chosen, beside };
}

const ONCE = 'Commands read the source twice for it, and this one can be read only once.';
