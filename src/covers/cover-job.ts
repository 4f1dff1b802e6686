// The job behind `covers.make()`: pictures out of one video, images out of them. Runs in a worker, or inline for a
// one-shot command.
import { messageOf } from '../base/index.js';
import {
  HardwareDecoder,
  MediaInputHandle,
  openDeviceFor,
  takeLog,
  VideoDecoder,
  withLog,
  type LogLine,
} from '../av/index.js';
import type { DecoderBackend } from '../hardware/index.js';
import type { JobContext } from '../workers/index.js';
import { takeShots, type OpenedVideo, type Shot } from './choice/index.js';
import type { Rect, Size } from '../pixels/index.js';
import type { CoverJobParams, CoverParams } from './cover-params.js';
import type { CoverDecoding, CoverShot, MadeCovers, SetImage } from './cover.js';
import { DecoderPlanner, shrunkSize, type PlannedVideo } from './device/index.js';
import { embedPicture } from './embedding/index.js';
import { composedFormat, encodeCover } from './images/index.js';
import { preparePicture } from './picture/index.js';
import { CoverComposer, isMuchSmaller } from './shape/index.js';
import { StageClock } from './stage-clock.js';

/** What decoding costs, as this worker has measured it. */
const planner = new DecoderPlanner();

/** Runs the job. */
export default async function coverJob(rawParams: unknown, context: JobContext): Promise<MadeCovers> {
  const params = rawParams as CoverJobParams;
  return withLog(async () => {
    const inputs: MediaInputHandle[] = [];
    const open = async (): Promise<OpenedVideo> => {
      const { limits } = params;
      const input = await MediaInputHandle.open(context.source, { readBlock: context.readBlock, limits });
      inputs.push(input);
      return { input, stream: input.selectVideo(params.stream ?? undefined, limits) };
    };
    try {
      return await makeCovers(params, context, open);
    } finally {
      for (const input of inputs) input.close();
    }
  });
}

async function makeCovers(
  params: CoverJobParams,
  context: JobContext,
  open: () => Promise<OpenedVideo>,
): Promise<MadeCovers> {
  const clock = new StageClock();
  const first = await open();
  const rough = params.shapes.every(({ size }) => size !== null && isMuchSmaller(size, first.stream.stored));
  const breathe = (): undefined | Promise<void> => context.breathe();
  const decoding = planDecoding(params, first, rough);
  const { openDecoder, shrinkTo } = decoding;
  const shots = takeShots({ open, first, limits: params.limits, rough, clock, breathe, openDecoder }, params);
  const made: ShotCovers[] = [];
  for await (const shot of shots)
    made[shot.place] = await coversOf(shot, first, { params, rough, clock, breathe, shrinkTo });
  const timings = clock.timings();
  return {
    images: made.flatMap(({ images }) => images),
    shots: made.map(({ shot }) => shot),
    decoder: VideoDecoder.nameFor(first.input, true),
    decoding: decoding.ended(timings.decode / Math.max(1, made.length)),
    timings,
    log: [...warnings(first), ...(await takeLog())],
    ...(params.embed === true && { embedding: made[0]?.embedding }),
  };
}

/** How the keyframes of a video are decoded. */
interface PlannedDecoding {
  /** What the device makes pictures. */
  readonly shrinkTo?: Size | undefined;
  readonly openDecoder: ((opened: OpenedVideo) => HardwareDecoder) | undefined;
  /** What became of it. @param milliseconds - that a keyframe took */
  ended(milliseconds: number): CoverDecoding;
}

/** Picks a decoder: a device is for keyframes by themselves. */
function planDecoding(params: CoverParams, { stream }: OpenedVideo, rough: boolean): PlannedDecoding {
  const { decoder: wish, offer, places, precision, limits, shapes } = params;
  if (precision === 'exact' || places.every(({ kind }) => kind === 'best')) {
    const reason = 'Only single keyframes are decoded on a device.';
    return { openDecoder: undefined, ended: () => ({ backend: 'software', reason, attempts: [] }) };
  }
  const video: PlannedVideo = { codec: stream.codec, pixels: stream.stored.width * stream.stored.height };
  const { decoder, reason, openBehind } = planner.plan(wish, video, offer);
  if (decoder === 'software')
    return {
      openDecoder: undefined,
      ended: (milliseconds) => {
        planner.measured(decoder, video, milliseconds);
        // The answer goes out first.
        if (openBehind !== undefined) setImmediate(openDevice, openBehind);
        return { backend: decoder, reason, attempts: [] };
      },
    };
  const shrinkTo = stream.crop === undefined ? shrunkSize(stream.stored, shapes) : undefined;
  let opened: HardwareDecoder | undefined;
  return {
    shrinkTo,
    openDecoder: ({ input }) =>
      (opened = HardwareDecoder.open(input, decoder, { threads: 1, rough, limits, shrinkTo })),
    ended: (milliseconds) => {
      const { backend = 'software', attempts = [] } = opened?.report ?? {};
      planner.measured(backend, video, milliseconds);
      // What failed is not tried again soon.
      if (backend === 'software') planner.failed(decoder, video);
      return { backend, reason, attempts };
    },
  };
}

function openDevice(device: DecoderBackend): void {
  try {
    openDeviceFor(device);
    planner.opened(device);
  } catch (error) {
    planner.opened(device, messageOf(error));
  }
}

/** What is known to be wrong with the pictures. */
function warnings({ input }: OpenedVideo): LogLine[] {
  if (!input.dolbyVisionOnly) return [];
  return [{ level: 'warning', text: `${input.name} is Dolby Vision of profile 5: its colours are not shown right.` }];
}

/** How images are made of a picture. */
interface ImageWork {
  readonly params: CoverJobParams;
  readonly rough: boolean;
  readonly clock: StageClock;
  readonly breathe: () => undefined | Promise<void>;
  readonly shrinkTo: Size | undefined;
}

function isOfSize({ width, height }: Size, size: Size | undefined): boolean {
  return width === size?.width && height === size.height;
}

/** A part of a picture that was made small, in pixels of the large one. */
function scaledRect({ x, y, width, height }: Rect, by: number): Rect {
  return { x: x * by, y: y * by, width: width * by, height: height * by };
}

/** What came of one picture. */
interface ShotCovers {
  readonly images: SetImage[];
  readonly shot: CoverShot;
  /** What the first image looks like. */
  readonly embedding: Float32Array | undefined;
}

/** The images of one picture, in all shapes. */
async function coversOf(
  { place, picture, pts, choice }: Shot,
  { input, stream }: OpenedVideo,
  { params, rough, clock, breathe, shrinkTo }: ImageWork,
): Promise<ShotCovers> {
  const { damaged } = picture;
  const prepared = preparePicture(picture, {
    name: input.name,
    container: input.color,
    limits: params.limits,
    small: rough,
  });
  const images: SetImage[] = [];
  let embedding: Float32Array | undefined;
  try {
    const composer = new CoverComposer(prepared.picture, stream, composedFormat(params.image.format));
    for (const shape of params.shapes) {
      const { picture: composed, crop: part, attention } = composer.compose(shape);
      const crop = scaledRect(part, isOfSize(picture, shrinkTo) ? stream.stored.width / picture.width : 1);
      clock.end('scale');
      try {
        if (params.embed === true && place === 0) embedding ??= embedPicture(composed);
        images.push({ ...(await encodeCover(composed, params.image, breathe)), crop, attention, shot: place });
      } finally {
        composed.close();
      }
      clock.end('encode');
      await breathe();
    }
    return { images, shot: { pts, damaged, toneMapped: prepared.toneMapped, choice }, embedding };
  } finally {
    prepared.close();
  }
}
