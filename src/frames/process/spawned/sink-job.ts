// The job behind `createVideo` where commands run: gives out empty slots, hands those that come back to an ffmpeg.
import { FramerailError } from '../../../base/index.js';
import { planLayout } from '../../../pixels/index.js';
import { CommandSession } from '../../../spawned/index.js';
import type { JobContext } from '../../../workers/index.js';
import type { LayoutEvent } from '../../frame-facts.js';
import { passthrough } from '../../spawned/decode-run.js';
import type { ProcessCommand } from '../process-params.js';
import type { DrawnFacts, SinkJobResult, SinkParams } from '../sink-params.js';
import { chooseByCommand, containerOf, DRAWN, planEncode } from './encode-plan.js';
import { EncodeRun } from './encode-run.js';
import { FEED_INPUT, PictureWriter } from './picture-writer.js';
import { NOT_CHANGED } from './process-result.js';

/** Runs the job. */
export default async function spawnedSinkJob(rawParams: unknown, context: JobContext): Promise<SinkJobResult> {
  const params = rawParams as SinkParams;
  const { processes, readBlock, cancelled } = context;
  const source = { kind: 'file', name: params.output.name, path: '', size: 0 } as const;
  const session = await CommandSession.open({ source, readBlock, processes, cancelled });
  try {
    return await encodeDrawn(params, session, context);
  } catch (error) {
    // Killed by a cancellation, a command looks as if it had failed.
    await context.breathe();
    throw error;
  } finally {
    await session.close();
  }
}

async function encodeDrawn(params: SinkParams, session: CommandSession, context: JobContext): Promise<SinkJobResult> {
  const { size, format, packed, timeBase, frameRate, threads, output } = params;
  const layout = planLayout(format, size.width, size.height, packed);
  const container = containerOf(output);
  const chosen = await chooseByCommand(params.encoder, container);
  const drawn = { size, format, original: undefined, color: DRAWN, timeBase, frameRate, chromaLocation: 'left' };
  const plan = planEncode(chosen, drawn, { container, threads });
  const args = [
    ...[...FEED_INPUT, '-map', '0:0', '-filter:v', ['setsar=1', ...plan.filters].join(',')],
    ...[...passthrough(session.build), ...plan.args],
  ];
  const run = new EncodeRun({ session, context, output, container, args, fed: true });
  const writer = new PictureWriter(run, layout, { from: timeBase, to: plan.timeBase, frameRate });
  await context.reserve(layout.byteLength);
  context.event({ layout } satisfies LayoutEvent);
  while (context.freeSlots > 0) context.emit(await context.slot(), 0, null);
  let [encoded, updates] = [0, 0];
  for (let finished = false; !finished;) {
    const mail = context.takeMail();
    if (mail === undefined) {
      await context.pause();
    } else if (mail.kind === 'command') {
      const { kind } = mail.payload as ProcessCommand;
      if (kind === 'update') updates += 1;
      finished = kind === 'finish';
    } else {
      const { timestamp, duration } = mail.facts as DrawnFacts;
      await writer.write(mail.slot.bytes, timestamp, duration);
      encoded += 1;
      // Empty again: the next one to draw on.
      context.emit(mail.slot, 0, null);
      await context.breathe();
    }
  }
  if (encoded === 0) throw new FramerailError('FR_ENCODE_FAILED', 'No frame was written, so there is no video.');
  await run.finish();
  return {
    encoded,
    encoder: plan.report,
    container,
    bytes: run.bytes,
    log: [...run.log, ...(updates > 0 ? [NOT_CHANGED] : [])],
  };
}
