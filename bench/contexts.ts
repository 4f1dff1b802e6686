// framerail bench contexts: what it saves to keep scalers and image encoders open from one job to the next.
import {
  blankPicture,
  borrowScaler,
  clearContexts,
  contextCounts,
  encodeImage,
  imageFormat,
  pictureOver,
  type ImageKind,
  type Picture,
} from '#dist/av/index.js';
import { planLayout, type Size } from '#dist/pixels/index.js';
import { machineText, readMachine } from './machine.js';
import { checkRuns, rounds, type BenchOptions } from './options.js';
import { median } from './statistics.js';
import { table } from './table.js';
import { figure } from './target.js';

/** What the article says that a pool of contexts takes off the start of a job. */
const ARTICLE = -73;
/** Times that each thing is measured in a round. */
const TIMES = 40;
const METHOD = [
  'Medians of the milliseconds from asking for a context to the first picture out of it; cold and warm take turns in one',
  'process. What lies between warm and cold is the start that a pool saves; the work on the picture is in both.',
].join('\n');
const FULL = { width: 1920, height: 1080 };
const SMALL = { width: 320, height: 180 };

interface Thing {
  readonly name: string;
  readonly work: () => void;
}

interface Row {
  readonly name: string;
  readonly cold: number;
  readonly warm: number;
  /** What a warm start takes less than a cold one, in percent. */
  readonly change: number;
}

/** Runs the suite and prints what came of it. */
export async function run(options: BenchOptions): Promise<void> {
  checkRuns(options.runs);
  const machine = await readMachine();
  const rows = things().map(({ name, work }) => measure(name, work, options.runs));
  const counts = contextCounts();
  if (options.json === true) {
    console.log(JSON.stringify({ suite: 'contexts', machine, rows, article: { change: ARTICLE }, counts }));
    return;
  }
  console.log(`bench contexts: ${rounds(options.runs)} of ${String(TIMES)} starts each`);
  console.log(`${machineText(machine)}\n`);
  const lines = rows.map(({ name, cold, warm, change }) => [
    name,
    figure(cold, 3),
    figure(warm, 3),
    `${figure(change, 0)} %`,
  ]);
  console.log(
    table(
      ['start with the first picture', 'cold ms', 'warm ms', 'change'],
      [...lines, ['the article says', '', '', `${String(ARTICLE)} %`]],
    ),
  );
  console.log(`\n${METHOD}`);
}

function things(): Thing[] {
  return [
    scaling('scaler, 1080p to 320x180 rgb24', FULL, SMALL, 'rgb24'),
    scaling('scaler, 320x180 to rgb24', SMALL, SMALL, 'rgb24'),
    encoding('JPEG encoder, 320x180', SMALL, { type: 'jpeg', quality: 85 }),
    encoding('JPEG encoder, 1080p', FULL, { type: 'jpeg', quality: 85 }),
    encoding('PNG encoder, 320x180', SMALL, { type: 'png' }),
  ];
}

function scaling(name: string, from: Size, to: Size, format: string): Thing {
  const source = gray('yuv420p', from);
  const target = blankPicture(format, to);
  const work = (): void => {
    const scaler = borrowScaler({ filter: 'bicubic' }, source, target);
    scaler.value.convert(source, target);
    scaler.release();
  };
  return { name, work };
}

function encoding(name: string, size: Size, kind: ImageKind): Thing {
  const picture = gray(imageFormat(kind), size);
  const work = (): void => {
    encodeImage(picture, kind);
  };
  return { name, work };
}

function gray(format: string, { width, height }: Size): Picture {
  const layout = planLayout(format, width, height, false);
  return pictureOver(Buffer.alloc(layout.byteLength, 128), layout);
}

function measure(name: string, work: () => void, runs: number): Row {
  const cold: number[] = [];
  const warm: number[] = [];
  const timed = (into: number[]): void => {
    const started = performance.now();
    work();
    into.push(performance.now() - started);
  };
  // One untimed turn: code and pages are then there for both sides.
  work();
  for (let i = 0; i < runs * TIMES; i++) {
    clearContexts();
    timed(cold);
    timed(warm);
  }
  const [before, after] = [median(cold), median(warm)];
  return { name, cold: before, warm: after, change: (after / before - 1) * 100 };
}
