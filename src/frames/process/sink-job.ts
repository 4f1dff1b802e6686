// The job behind `createVideo`: gives out empty slots, encodes those that come back drawn. Runs in a worker.
import {
  DRAWN,
  drawnColor,
  EncodeLane,
  MediaOutput,
  pictureOver,
  setColor,
  takeLog,
  withLog,
  type Picture,
} from '../../av/index.js';
import { FramerailError } from '../../base/index.js';
import { isRgb, planLayout, type PictureLayout } from '../../pixels/index.js';
import type { JobContext, WritableSlot } from '../../workers/index.js';
import type { LayoutEvent } from '../frame-facts.js';
import { MAX_UNWRITTEN, openTarget } from './output-target.js';
import { hardwareDoor } from './hardware-door.js';
import type { ProcessCommand, ProcessEvent } from './process-params.js';
import type { DrawnFacts, SinkJobResult, SinkParams } from './sink-params.js';

/** Runs the job. */
export default async function sinkJob(rawParams: unknown, context: JobContext): Promise<SinkJobResult> {
  const params = rawParams as SinkParams;
  return withLog(async () => {
    const target = openTarget(params.output, context);
    try {
      const media = MediaOutput.open(target, { container: params.output.container ?? undefined });
      try {
        return await encodeDrawn(params, media, context);
      } finally {
        media.close();
      }
    } finally {
      target.close();
    }
  });
}

async function encodeDrawn(params: SinkParams, media: MediaOutput, context: JobContext): Promise<SinkJobResult> {
  const { size, format, packed, timeBase, frameRate, pixelAspect } = params;
  const layout = planLayout(format, size.width, size.height, packed);
  const input = { size, format, original: undefined, color: DRAWN, timeBase, frameRate, pixelAspect };
  const early: ProcessCommand[] = [];
  const lane = await EncodeLane.open({
    wish: params.encoder,
    input,
    output: media,
    threads: params.threads,
    hardware: hardwareDoor(context, (mail) => {
      // No frame can come back before the first empty one went out.
      if (mail.kind === 'command') early.push(mail.payload as ProcessCommand);
    }),
    onChange: (encoder) => {
      context.notify({ kind: 'encoder', encoder } satisfies ProcessEvent);
    },
  });
  const pictures = new DrawnPictures(layout);
  let encoded = 0;
  try {
    media.reserveVideo();
    lane.announce(undefined);
    media.begin();
    await context.reserve(layout.byteLength);
    context.event({ layout } satisfies LayoutEvent);
    context.notify({ kind: 'encoder', encoder: lane.report } satisfies ProcessEvent);
    while (context.freeSlots > 0) context.emit(await context.slot(), 0, null);
    const obey = (command: ProcessCommand): boolean => {
      if (command.kind === 'update') lane.change(command.change);
      return command.kind === 'finish';
    };
    for (let finished = early.some(obey); !finished;) {
      const mail = context.takeMail();
      if (mail === undefined) {
        await context.pause();
      } else if (mail.kind === 'command') {
        finished = obey(mail.payload as ProcessCommand);
      } else {
        const { timestamp, duration } = mail.facts as DrawnFacts;
        lane.send(pictures.over(mail.slot), timestamp, duration);
        encoded += 1;
        // Empty again: the next one to draw on.
        context.emit(mail.slot, 0, null);
        await context.room(MAX_UNWRITTEN);
        await context.breathe(TURN_INTERVAL);
      }
    }
    if (encoded === 0) throw new FramerailError('FR_ENCODE_FAILED', 'No frame was written, so there is no video.');
    lane.finish();
    media.finish();
    await context.room(MAX_UNWRITTEN);
    return { encoded, encoder: lane.report, container: media.container, bytes: media.size, log: await takeLog() };
  } finally {
    pictures.close();
    lane.close();
  }
}

/** Milliseconds after which drawn frames are let in. */
const TURN_INTERVAL = 2;

/** Pictures over the slots, each made once. */
class DrawnPictures {
  readonly #layout: PictureLayout;
  readonly #pictures = new Map<number, Picture>();

  constructor(layout: PictureLayout) {
    this.#layout = layout;
  }

  over({ index, bytes }: WritableSlot): Picture {
    let picture = this.#pictures.get(index);
    if (picture === undefined) {
      picture = pictureOver(bytes, this.#layout);
      const { format } = this.#layout;
      if (!isRgb(format)) setColor(picture, drawnColor(format));
      this.#pictures.set(index, picture);
    }
    return picture;
  }

  close(): void {
    for (const picture of this.#pictures.values()) picture.close();
  }
}
