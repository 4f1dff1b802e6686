// A preview as a GIF. libav's palette filters give smaller files than libvips at the same quality, and in less time.
import { DRAWN, FilterChain, Picture, type Breathe } from '../../av/index.js';
import type { EncoderControls } from '../../spelling/index.js';
import { ticksOf, type AnimationWish } from './animated-webp.js';
import type { Effort } from './budget.js';
import { encodeFrames, type TimedFrame } from './encode-frames.js';
import type { FrameStack } from './frame-stack.js';

/** GIF counts in hundredths of a second. */
const TICKS = 100;
const MOST_COLORS = 256;
const FEWEST_COLORS = 8;

const CONTROLS: EncoderControls = {
  bitrate: null,
  maxBitrate: null,
  quality: null,
  lossless: false,
  keyframeInterval: null,
  lowLatency: false,
  options: {},
};

/**
 * One palette for all frames, and a dither whose pattern stands still: what does not move stays the same, so that only
 * what moves is stored.
 */
function paletteFilters(colors: number): string {
  const make = `[a]palettegen=max_colors=${String(colors)}:stats_mode=full[p]`;
  return `split[a][b];${make};[b][p]paletteuse=dither=bayer:bayer_scale=5:diff_mode=rectangle`;
}

/** Encodes it; it loops for ever. */
export async function animatedGif(
  stack: FrameStack,
  { quality, frameRate }: AnimationWish,
  { share, step }: Effort,
  breathe: Breathe,
): Promise<{ readonly data: Uint8Array; readonly quality: number }> {
  const reached = Math.max(1, Math.round(quality * share));
  const colors = Math.max(FEWEST_COLORS, Math.round((MOST_COLORS * reached) / 100));
  const timeBase = { num: 1, den: TICKS };
  const chain = new FilterChain(paletteFilters(colors), {
    timeBase,
    frameRate: { num: 0, den: 1 },
    pixelAspect: { num: 1, den: 1 },
  });
  const indexed: Picture[] = [];
  try {
    const frames = stack.every(step);
    for (const [i, { picture }] of frames.entries()) {
      picture.setTimes(BigInt(i), 1n);
      chain.send(picture);
      await breathe();
    }
    chain.drain();
    for (let picture = new Picture(); ; picture = new Picture()) {
      if (!chain.receive(picture)) {
        picture.close();
        break;
      }
      indexed.push(picture);
      await breathe();
    }
    const ticks = ticksOf(indexed.length, step, frameRate, TICKS);
    const timed = indexed.map((picture, i): TimedFrame => ({ picture, duration: ticks[i] ?? 1 }));
    const wish = { encoder: 'software', fallback: true, codec: 'gif', pixelFormat: null, controls: CONTROLS };
    const input = {
      size: stack.size,
      format: indexed[0]?.format ?? 'pal8',
      original: undefined,
      color: DRAWN,
      timeBase,
      frameRate: { num: 0, den: 1 },
      pixelAspect: { num: 1, den: 1 },
    };
    const { data } = await encodeFrames(timed, { container: 'gif', wish, input, breathe });
    return { data, quality: reached };
  } finally {
    for (const picture of indexed) picture.close();
    chain.close();
  }
}
