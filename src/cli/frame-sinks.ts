// Where `framerail frames` puts frames: hashes, raw bytes, image files, or nowhere.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { argumentError, checkOneOf, makeFolder, publishFile } from '../base/index.js';
import type { VideoFrame } from '../frames/index.js';
import { planLayout } from '../pixels/index.js';
import { print, printJson } from './output.js';

/** Takes frames one by one; a frame is only read during `take`. */
export interface FrameSink {
  /** Whether the frames must come without padding. */
  readonly packed: boolean;
  /** Whether standard output is all pixels. */
  readonly ownsStdout: boolean;
  /** Whether a line is printed for each frame. */
  readonly printsLines: boolean;
  take(frame: VideoFrame, place: number): void | Promise<void>;
  finish(): void | Promise<void>;
}

/** The options that choose a sink. */
export interface SinkOptions {
  readonly out?: string;
  readonly image: string;
  readonly hash?: string;
  readonly format: string;
  readonly json?: boolean;
}

/** The sink that the options ask for. */
export async function frameSink(options: SinkOptions): Promise<FrameSink> {
  const { out, hash, format, json } = options;
  const type = checkOneOf('--image', options.image, ['png', 'jpg'] as const);
  if (hash !== undefined && out !== undefined) throw argumentError('--hash', 'no --out beside it', out);
  if (hash !== undefined) return hashSink(checkOneOf('--hash', hash, ['md5', 'sha256'] as const), json === true);
  if (out === '-') {
    if (json === true) throw argumentError('--json', 'no raw bytes on standard output beside it', '--out -');
    return rawSink();
  }
  if (out === undefined) return countingSink();
  if (format !== 'rgb24') throw argumentError('--format', 'rgb24 when images are written', format);
  return imageSink(out, type);
}

function countingSink(): FrameSink {
  return { packed: false, ownsStdout: false, printsLines: false, take: nothing, finish: nothing };
}

function hashSink(algorithm: string, json: boolean): FrameSink {
  return {
    packed: true,
    ownsStdout: false,
    printsLines: true,
    take: ({ data, pts }, index) => {
      const hash = createHash(algorithm).update(data).digest('hex');
      if (json) printJson({ index, pts, bytes: data.byteLength, hash });
      else print(`${String(index)}, ${pts.toFixed(6)}, ${String(data.byteLength)}, ${hash}`);
    },
    finish: nothing,
  };
}

function rawSink(): FrameSink {
  return {
    packed: true,
    ownsStdout: true,
    printsLines: false,
    take: async ({ data }) => {
      // The stream may still hold the chunk when the frame is gone, so it gets a copy.
      if (!process.stdout.write(Uint8Array.from(data))) await once(process.stdout, 'drain');
    },
    finish: nothing,
  };
}

async function imageSink(folder: string, type: 'png' | 'jpg'): Promise<FrameSink> {
  const { blankPicture, encodeImage, imageFormat, pictureOver, Scaler } = await import('../av/index.js');
  const kind = type === 'png' ? ({ type: 'png' } as const) : ({ type: 'jpeg', quality: 90 } as const);
  const scaler = new Scaler('bicubic', 'jpeg');
  const encode = (frame: VideoFrame): Uint8Array => {
    const { data, width, height, format } = frame;
    const memory = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    const picture = pictureOver(memory, planLayout(format, width, height, true));
    try {
      if (format === imageFormat(kind)) return encodeImage(picture, kind);
      const converted = blankPicture(imageFormat(kind), picture);
      try {
        scaler.convert(picture, converted);
        return encodeImage(converted, kind);
      } finally {
        converted.close();
      }
    } finally {
      picture.close();
    }
  };
  let made = false;
  return {
    packed: true,
    ownsStdout: false,
    printsLines: false,
    take: async (frame, index) => {
      // An input that gives nothing leaves no empty folder.
      if (!made) await makeFolder(folder);
      made = true;
      await publishFile(join(folder, `frame-${String(index + 1).padStart(6, '0')}.${type}`), encode(frame));
    },
    finish: () => {
      scaler.close();
    },
  };
}

function nothing(): void {
  // Nothing is kept.
}
