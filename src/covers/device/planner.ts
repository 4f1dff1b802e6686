// Picks where a keyframe is decoded, by what that took before. Opening a device costs more than a whole cover in software, so
// it is opened behind a cover, not ahead of one, and has to show that it is faster; a worker keeps its device open, and learns
// by itself.
import type { DecoderWish } from '../../av/index.js';
import type { DecoderBackend } from '../../hardware/index.js';
import type { DeviceOffer } from './offers.js';

/** What is known of a video before it is decoded. */
export interface PlannedVideo {
  /** FFmpeg's name of the codec. */
  readonly codec: string;
  /** Pixels of a picture. */
  readonly pixels: number;
}

/** Where to decode, and why. */
export interface DecoderPlan {
  /** A kind of hardware, or software. */
  readonly decoder: Exclude<DecoderWish, 'auto'>;
  /** In one sentence. */
  readonly reason: string;
  /** A device to open once this cover is made, since the next ones may be decoded on it. */
  readonly openBehind?: DecoderBackend;
}

/** Software that takes less is not worth a trial: a device takes some milliseconds for the way there and back alone. */
const WORTH_A_TRIAL = 5;
/** Pictures that software decodes first, and that a device decodes on trial; the first one of each does not count. */
const TRIALS = 4;
/** Covers after which the loser is measured again: other programs come and go. */
const AGAIN_AFTER = 500;
/** Milliseconds that a failure counts as. */
const FAILED = 1000;
/** The weight of a new measurement. */
const WEIGHT = 0.2;

/** What one way of decoding took. */
interface Cost {
  count: number;
  /** Milliseconds, newer ones weigh more. */
  mean: number;
}

/** Learns what decoding costs. */
export class DecoderPlanner {
  readonly #costs = new Map<string, Cost>();
  readonly #turns = new Map<string, number>();
  /** Devices that were opened; those that could not be have the reason. */
  readonly #devices = new Map<string, string | undefined>();

  /** Where a keyframe of a video is decoded next. */
  plan(wish: DecoderWish, video: PlannedVideo, offer: DeviceOffer): DecoderPlan {
    if (wish !== 'auto') return { decoder: wish, reason: 'It was asked for.' };
    const [device] = offer.codecs[video.codec] ?? [];
    if (device === undefined) return { decoder: 'software', reason: offer.reason };
    const [software, hardware] = [this.#costOf('software', video), this.#costOf(device, video)];
    if (software.count < TRIALS) return { decoder: 'software', reason: `${device} is tried later.` };
    if (hardware.count < TRIALS) {
      if (software.mean < WORTH_A_TRIAL)
        return { decoder: 'software', reason: `Software takes ${text(software)}, which no device is tried for.` };
      if (!this.#devices.has(device)) {
        const reason = `${device} is opened behind this cover: software takes ${text(software)}.`;
        return { decoder: 'software', reason, openBehind: device };
      }
      const failure = this.#devices.get(device);
      if (failure !== undefined) return { decoder: 'software', reason: failure };
      return { decoder: device, reason: `It is tried: software takes ${text(software)}.` };
    }
    const faster = hardware.mean < software.mean;
    const turn = (this.#turns.get(keyOf('', video)) ?? 0) + 1;
    this.#turns.set(keyOf('', video), turn % AGAIN_AFTER);
    const decoder = faster === turn < AGAIN_AFTER ? device : 'software';
    const reason = `${device} takes ${text(hardware)}, software ${text(software)}${turn < AGAIN_AFTER ? '' : ': measured again'}.`;
    return { decoder, reason };
  }

  /** A device was opened, or could not be. @param failure - why, in one sentence */
  opened(device: DecoderBackend, failure?: string): void {
    this.#devices.set(device, failure);
  }

  /** Decoding a keyframe took so many milliseconds. */
  measured(decoder: string, video: PlannedVideo, milliseconds: number): void {
    const cost = this.#costOf(decoder, video);
    cost.count += 1;
    // The first one loaded code.
    if (cost.count <= 2) cost.mean = milliseconds;
    else cost.mean += WEIGHT * (milliseconds - cost.mean);
    this.#costs.set(keyOf(decoder, video), cost);
  }

  /** A device did not do: it counts as slower than anything, until it is measured again. */
  failed(decoder: string, video: PlannedVideo): void {
    this.#costs.set(keyOf(decoder, video), { count: TRIALS, mean: FAILED });
  }

  #costOf(decoder: string, video: PlannedVideo): Cost {
    return this.#costs.get(keyOf(decoder, video)) ?? { count: 0, mean: 0 };
  }
}

/** Videos of one codec and about the same size cost the same. */
function keyOf(decoder: string, { codec, pixels }: PlannedVideo): string {
  return `${decoder} ${codec} ${String(Math.round(2 * Math.log2(Math.max(1, pixels))))}`;
}

function text({ mean }: Cost): string {
  return `${mean.toFixed(1)} ms`;
}
