// What FFmpeg's showinfo filter says of pictures, line by line.
import type { Ratio } from '../../base/index.js';

/** The filter that says of every picture that passes what it is. */
export const SHOW_PICTURES = 'showinfo=checksum=0';

/** What the samples of a picture mean, by FFmpeg's names; undefined where nobody knows. */
export interface ColorNames {
  readonly range: string | undefined;
  readonly space: string | undefined;
  readonly primaries: string | undefined;
  readonly transfer: string | undefined;
}

/** What ffmpeg says of one decoded picture, ahead of its pixels. */
export interface PictureNote {
  /** In the time base of the filter; undefined when there is no timestamp. */
  readonly pts: bigint | undefined;
  /** In the same time base; 0 when unknown. */
  readonly duration: bigint;
  readonly keyframe: boolean;
  /** FFmpeg's name of the decoder's pixel format. */
  readonly format: string;
  readonly width: number;
  readonly height: number;
  /** Width of one pixel divided by its height; 0 on top when unknown. */
  readonly pixelAspect: Ratio;
}

const NO_COLOR: ColorNames = { range: undefined, space: undefined, primaries: undefined, transfer: undefined };

/** Reads what one command says. */
export class PictureNotes {
  /** FFmpeg's name of the decoder; undefined until the first picture. */
  decoder: string | undefined;
  /** Pictures that it gave; undefined until the end, and where nobody asked for that many words. */
  decoded: number | undefined;
  /** Pictures that it encoded, as far as it says so. */
  encoded: number | undefined;
  /** The unit of the times; undefined until the first picture. */
  timeBase: Ratio | undefined;
  /** Frames per second; 0/1 when unknown. */
  frameRate: Ratio = { num: 0, den: 1 };
  /** Of the picture that was said last; it is said after the picture itself, and ahead of its pixels. */
  color: ColorNames = NO_COLOR;

  /** Takes a line; gives the picture that it is about, if any. */
  hear(text: string): PictureNote | undefined {
    if (text.startsWith('n:')) return noteOf(text);
    const base = /^config in time_base: (\d+)\/(\d+)(?:, frame_rate: (\d+)\/(\d+))?/.exec(text);
    if (base !== null) {
      this.timeBase ??= { num: Number(base[1]), den: Number(base[2]) };
      if (Number(base[3] ?? 0) > 0 && Number(base[4]) > 0)
        this.frameRate = { num: Number(base[3]), den: Number(base[4]) };
    }
    const color = /^\s*color_range:(\S+) color_space:(\S+) color_primaries:(\S+) color_trc:(\S+)/.exec(text);
    if (color !== null) {
      const [range, space, primaries, transfer] = color.slice(1).map((name) => (name === 'unknown' ? undefined : name));
      this.color = { range, space, primaries, transfer };
    }
    const total = /^\s*Input stream #0:\d+ \(video\): .*?(\d+) frames decoded/.exec(text)?.[1];
    if (total !== undefined) this.decoded = Number(total);
    const made = /^\s*Output stream #0:\d+ \(video\): (\d+) frames encoded/.exec(text)?.[1];
    if (made !== undefined) this.encoded = Number(made);
    const mapping = /-> #0:0 \((\S+) \((\S+)\) -> /.exec(text);
    if (mapping !== null) this.decoder = mapping[2] === 'native' ? mapping[1] : mapping[2];
    return undefined;
  }
}

function noteOf(text: string): PictureNote {
  const [, pts = 'NOPTS'] = /\bpts:\s*(-?\d+|NOPTS)/.exec(text) ?? [];
  const [, format = '', width = 0, height = 0] = /\bfmt:(\S+).*\bs:(\d+)x(\d+)/.exec(text) ?? [];
  const [, num = 0, den = 1] = /\bsar:(\d+)\/(\d+)/.exec(text) ?? [];
  return {
    pts: pts === 'NOPTS' ? undefined : BigInt(pts),
    // Said by FFmpeg 6.1 and later.
    duration: BigInt(/\bduration:\s*(\d+)/.exec(text)?.[1] ?? 0),
    keyframe: /\biskey:1/.test(text),
    format,
    width: Number(width),
    height: Number(height),
    pixelAspect: Number(num) > 0 && Number(den) > 0 ? { num: Number(num), den: Number(den) } : { num: 0, den: 1 },
  };
}
