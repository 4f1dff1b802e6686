// Makes a slate out of a picture or a clip: decoded, fitted, and encoded by a worker of its own that is gone afterwards.
import { open } from 'node:fs/promises';
import { Writable } from 'node:stream';
import { FramerailError, isFramerailError } from '../../base/index.js';
import { readSlate, type Slate, type SlateShape } from './slate.js';

/** What is made. */
export interface SlateOrder {
  /** The shape of the live stream; undefined for the slate's own. */
  readonly shape: SlateShape | undefined;
  /** Seconds of a clip that are taken; a picture stands for two. */
  readonly seconds: number;
}

/** Seconds of a clip that are shown over and over. */
export const LONGEST_SLATE = 60;
/** Seconds that a picture stands for, and what a clip is begun with: as much as shows that it can be read. */
export const SHORT_SLATE = 2;
/** Milliseconds that the making may take. */
const PATIENCE = 300_000;
/** Bytes of a prepared slate: a minute of 8.5 Mb/s. */
const MOST_BYTES = 64 * 1024 * 1024;
/** Seconds from one keyframe to the next: who joins waits for one. */
const KEYFRAMES = 1;
/** A slate whose own shape is larger is made smaller where the live stream's is not known. */
const OWN = { width: 1920, height: 1080, frameRate: 25, fastest: 60 } as const;
/** What platforms ask for, where the live stream's own sound is not known. */
export const USUAL_SOUND = { sampleRate: 48_000, channels: 2 };
/** PNG and JPEG begin so. */
const PICTURES = [Buffer.from([0x89, 0x50, 0x4e, 0x47]), Buffer.from([0xff, 0xd8, 0xff])];

/**
 * Makes a slate; rejects in one sentence where it cannot be read.
 * @param signal - ends the making, and with it the worker
 */
export async function prepareSlate(path: string, order: SlateOrder, signal: AbortSignal): Promise<Slate> {
  // As bytes, a picture is known by what it is: by its name FFmpeg would take it for one of a series of files.
  const picture = await readPicture(path);
  const still = picture !== undefined;
  const source = picture ?? path;
  // Loaded only where there is a slate: no other relay needs what decodes and encodes.
  const { Engine } = await import('../../frames/index.js');
  const engine = new Engine();
  try {
    const input = await engine.open(source, { signal, timeout: PATIENCE });
    const { display, frameRate } = input.info.video;
    const { width, height } = display;
    const shape = order.shape ?? ownShape(width, height, still ? undefined : frameRate);
    const flv = new Collector();
    await engine.process(source, flv, {
      ...{ container: 'flv', codec: shape.codec, encoder: 'software', lowLatency: true, keyframeInterval: KEYFRAMES },
      ...{ signal, timeout: PATIENCE, threads: 1, subtitles: 'none' },
      filters: filtersFor(shape, still),
      ...(still ? { audio: 'none' } : { sound: shape.sound, to: order.seconds }),
    }).result;
    return readSlate(flv.bytes, shape);
  } catch (error) {
    if (!isFramerailError(error)) throw error;
    const { code, message, details } = error;
    // What FFmpeg says of it is in the details.
    const [why = ''] = message.split(/\.( FFmpeg says|$)/);
    throw new FramerailError(code, `The slate ${path} cannot be shown: ${why}.`, { cause: error, details });
  } finally {
    await engine.close();
  }
}

/** The bytes of a picture; undefined for what is none, and for what cannot be read: who opens it next says why. */
async function readPicture(path: string): Promise<Buffer | undefined> {
  const file = await open(path).catch(() => undefined);
  try {
    const { size = 0 } = (await file?.stat()) ?? {};
    if (file === undefined || size > MOST_BYTES) return undefined;
    const head = Buffer.alloc(4);
    await file.read(head, 0, head.byteLength, 0);
    const known = PICTURES.some((magic) => head.subarray(0, magic.byteLength).equals(magic));
    return known ? await file.readFile() : undefined;
  } catch {
    return undefined;
  } finally {
    await file?.close();
  }
}

/** Its own shape, within bounds; sides are even, as half of the colours need them. */
function ownShape(width: number, height: number, frameRate: number | undefined): SlateShape {
  const scale = Math.min(1, OWN.width / width, OWN.height / height);
  const even = (side: number): number => Math.max(2, 2 * Math.round((side * scale) / 2));
  const rate = frameRate === undefined || frameRate <= 0 ? OWN.frameRate : Math.min(OWN.fastest, frameRate);
  return { width: even(width), height: even(height), frameRate: rate, codec: 'h264', sound: USUAL_SOUND };
}

/** Fits pictures into a shape, with bars where theirs is another one. */
function filtersFor({ width, height, frameRate }: SlateShape, still: boolean): string[] {
  const size = `${String(width)}:${String(height)}`;
  const fit = [
    'scale=iw*sar:ih',
    'setsar=1',
    `scale=${size}:force_original_aspect_ratio=decrease`,
    `pad=${size}:-1:-1`,
    'setsar=1',
    'format=yuv420p',
  ];
  const rate = `fps=${String(frameRate)}`;
  if (!still) return [rate, ...fit];
  // It is fitted once, and then repeated.
  const count = Math.max(1, Math.round(SHORT_SLATE * frameRate));
  const times = `settb=AVTB,setpts=N/(${String(frameRate)}*TB)`;
  return [...fit, `loop=loop=${String(count - 1)}:size=1:start=0`, times, rate];
}

/** Takes what is written, up to a bound. */
class Collector extends Writable {
  readonly #pieces: Buffer[] = [];
  #size = 0;

  get bytes(): Buffer {
    return Buffer.concat(this.#pieces);
  }

  override _write(piece: Buffer, _encoding: string, done: (error?: Error) => void): void {
    this.#size += piece.byteLength;
    if (this.#size > MOST_BYTES) {
      done(new Error(`it takes more than ${String(MOST_BYTES)} bytes`));
      return;
    }
    this.#pieces.push(Buffer.from(piece));
    done();
  }
}
