// Processing on two commands with JavaScript between them: one decodes, the other encodes and brings the sound.
import { FramerailError, type Ratio } from '../../../base/index.js';
import { aspectAfter, isRgb } from '../../../pixels/index.js';
import { Lateness } from '../../lateness.js';
import { DecodeRun, passthrough } from '../../spawned/decode-run.js';
import type { ColorNames } from '../../spawned/picture-notes.js';
import type { ProcessEvent, ProcessJobResult } from '../process-params.js';
import { blamesFilters, filterFailure } from './command-failure.js';
import { planDecode, sizeOf, timingOf } from './decode-plan.js';
import { DRAWN, NO_DURATION, planEncode, type EncodePlan } from './encode-plan.js';
import { EncodeRun } from './encode-run.js';
import { FEED_INPUT, PictureWriter } from './picture-writer.js';
import { jobResult, expectedDuration, NOT_CHANGED } from './process-result.js';
import type { ProcessPlan, ProcessStart } from './process-start.js';
import { TransformWork, type FirstPicture, type PictureTarget } from './transform-work.js';

/** Runs it. */
export async function runThrough(start: ProcessStart): Promise<ProcessJobResult> {
  const { session, context, params, headers, stream } = start;
  const run = new DecodeRun(session, planDecode(params, headers, stream));
  const lateness = params.maxDelay === null ? undefined : new Lateness(params.maxDelay / 1000);
  const encoder = start.output === undefined ? undefined : new Encoding(start, start.output);
  const notify = (event: ProcessEvent): void => {
    context.notify(event);
  };
  const work = new TransformWork({
    ...{ session, context, params, run, lateness, notify },
    size: sizeOf(params, stream),
    frameRate: timingOf(headers, stream).frameRate,
    begin: (first) => {
      encoder?.begin(first);
      notify({ kind: 'started', duration: expectedDuration(params, headers), encoder: encoder?.plan?.report });
      return encoder;
    },
  });
  await work.run();
  await endDecoding(start, run, work.decoded);
  if (encoder !== undefined && work.encoded === 0)
    throw new FramerailError('FR_ENCODE_FAILED', 'The transform dropped every frame, so there is no video.');
  await encoder?.finish();
  return jobResult(start, {
    decoded: Math.max(run.said.decoded ?? 0, work.decoded),
    encoded: work.encoded,
    dropped: work.dropped,
    late: lateness?.skipped ?? 0,
    damagedPackets: run.command.log.refusedPackets,
    decoder: run.decoder ?? start.decoder,
    encoder: encoder?.plan?.report,
    bytes: encoder?.bytes ?? 0,
    duration: work.duration,
    log: [
      ...headers.log,
      ...run.command.log.lines,
      ...(encoder?.log ?? []),
      ...(work.updates > 0 ? [NOT_CHANGED] : []),
    ],
  });
}

/** Throws what ended decoding too early. */
async function endDecoding(
  { session, context, params, stream }: ProcessStart,
  run: DecodeRun,
  decoded: number,
): Promise<void> {
  const ended = await run.command.end();
  session.rethrow();
  await context.breathe();
  const { lines, firstError } = run.command.log;
  if (decoded === 0 && params.filters !== null && ended?.code !== 0 && blamesFilters(lines))
    throw filterFailure(lines, params.filters);
  const { name } = session.source;
  const says = firstError === undefined ? '' : ` FFmpeg says: ${firstError}`;
  if (decoded === 0)
    throw new FramerailError(
      'FR_DECODE_NO_FRAME',
      `${name} has a video stream (${stream.codec}) but no frame of it could be decoded in the wanted range.${says}`,
      { details: { log: lines } },
    );
  if (ended !== undefined && ended.code !== 0 && session.source.kind !== 'live')
    throw new FramerailError(
      'FR_DECODE_FAILED',
      `${name} could not be decoded: ffmpeg ended with code ${String(ended.code)}.${says}`,
      { details: { exitCode: ended.code, log: lines } },
    );
}

/** The encoding side. */
class Encoding implements PictureTarget {
  plan: EncodePlan | undefined;
  readonly #start: ProcessStart;
  readonly #output: ProcessPlan;
  #run: EncodeRun | undefined;
  #writer: PictureWriter | undefined;

  constructor(start: ProcessStart, output: ProcessPlan) {
    this.#start = start;
    this.#output = output;
  }

  get bytes(): number {
    return this.#run?.bytes ?? 0;
  }

  get log(): ProcessJobResult['log'] {
    return this.#run?.log ?? [];
  }

  /** Starts the command, as the pictures are known now. */
  begin(first: FirstPicture): void {
    const { session, context, params, headers, stream } = this.#start;
    const { container, encoder } = this.#output;
    const { layout, note, timeBase, frameRate } = first;
    const { output, threads } = params;
    if (output === null) return;
    const plan = planEncode(
      encoder,
      {
        size: layout,
        format: layout.format.replace(/^yuvj/, 'yuv'),
        original: note.format,
        color: colorFed(first, params.format),
        timeBase,
        frameRate,
        chromaLocation: timingOf(headers, stream).chromaLocation,
      },
      { container, threads },
    );
    this.plan = plan;
    const aspect = aspectAfter(note.pixelAspect, note, layout);
    const args = [...this.#inputs(), ...this.#maps(plan, aspect), ...plan.args];
    this.#run = new EncodeRun({ session, context, output, container, args, fed: true });
    this.#writer = new PictureWriter(this.#run, layout, { from: timeBase, to: plan.timeBase, frameRate });
  }

  async write(pixels: Buffer, timestamp: bigint, duration: bigint): Promise<void> {
    await this.#writer?.write(pixels, timestamp, duration);
  }

  async finish(): Promise<void> {
    await this.#run?.finish();
  }

  /** The pictures, and the source once more for what lies beside them. */
  #inputs(): string[] {
    const { session, params, headers } = this.#start;
    const rotation = this.#rotation();
    if (!session.repeatable) return [...rotation, ...FEED_INPUT];
    const from = params.from > 0 ? ['-ss', params.from.toFixed(6)] : [];
    const offset = ['-itsoffset', (-headers.startTime - params.from).toFixed(6)];
    return [...rotation, ...FEED_INPUT, ...from, ...offset, ...session.inputArgs];
  }

  /** What says in the output how its pictures must be turned. */
  #rotation(): string[] {
    const { session, params, stream } = this.#start;
    const { turn, mirror } = stream.orientation;
    if (params.upright || (turn === 0 && !mirror)) return [];
    if (mirror || session.build.release < 6)
      throw new FramerailError(
        'FR_ARG_INVALID',
        `The ffmpeg command ${session.build.version} cannot say in the output how pictures of this video must be turned; leave \`upright\` on, or process it without a transform.`,
        { details: { argument: 'upright' } },
      );
    return ['-noautorotate', '-display_rotation:v:0', String(-turn)];
  }

  #maps({ filters }: EncodePlan, aspect: Ratio): string[] {
    const { session, params, stream } = this.#start;
    const { index, language } = stream;
    const shape = aspect.num > 0 ? [`setsar=${String(aspect.num)}/${String(aspect.den)}`] : [];
    const source = session.repeatable
      ? ['-map_metadata', '1', '-map_metadata:s:v:0', `1:s:${String(index)}`]
      : language === undefined
        ? []
        : ['-metadata:s:v:0', `language=${language}`];
    return [
      ...this.#output.beside.maps(index, { video: '0:0', source: 1 }),
      ...(params.from > 0 ? ['-copypriorss', '0'] : []),
      ...(params.to === null ? [] : ['-t', (params.to - params.from).toFixed(6)]),
      ...[...source, ...NO_DURATION, '-map_chapters', '-1'],
      ...['-filter:v', [...shape, ...filters, 'null'].join(','), ...passthrough(session.build)],
    ];
  }
}

/** What the samples of the encoded video shall mean. YUV keeps the meaning that it had. */
function colorFed({ color, note, layout }: FirstPicture, format: string | null): ColorNames {
  if (isRgb(note.format)) return DRAWN;
  if (layout.format === 'gray') return { ...color, range: 'pc' };
  // What was converted was delivered in limited range.
  if (format !== null && !isRgb(format)) return { ...color, range: 'tv' };
  return note.format.startsWith('yuvj') ? { ...color, range: 'pc' } : color;
}
