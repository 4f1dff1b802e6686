// Time bases: which one an encoder can count in, and the same moment in another one.
import type { Ratio } from '../base/index.js';

/** MPEG-4 counts at most 65,535 ticks a second (vop_time_increment_resolution has 16 bits). */
const MAX_TICKS: Readonly<Record<string, number>> = { mpeg4: 65_535, msmpeg4: 65_535, h263p: 65_535 };

/** Some codecs cannot count as finely as containers do. */
export function usableTimeBase(
  name: string,
  { timeBase, frameRate }: { readonly timeBase: Ratio; readonly frameRate: Ratio },
): Ratio {
  const most = MAX_TICKS[name];
  if (most !== undefined && timeBase.den > most)
    return frameRate.num > 0 && frameRate.num <= most
      ? { num: frameRate.den, den: frameRate.num }
      : { num: 1, den: 1000 };
  const fixed = /^mpeg[12]video$/.test(name) && frameRate.num > 0;
  return fixed ? { num: frameRate.den, den: frameRate.num } : timeBase;
}

/** A count of one time base in another, rounded to the nearest. */
export function rescale(ticks: bigint, from: Ratio, to: Ratio): bigint {
  const num = ticks * BigInt(from.num) * BigInt(to.den);
  const den = BigInt(from.den) * BigInt(to.num);
  const half = den / 2n;
  return num >= 0n ? (num + half) / den : -((-num + half) / den);
}

/** A time in seconds as ticks of a time base, rounded to the nearest. */
export function toTicks(seconds: number, timeBase: Ratio): bigint {
  return BigInt(Math.round((seconds * timeBase.den) / timeBase.num));
}
