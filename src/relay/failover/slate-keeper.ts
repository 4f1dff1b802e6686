// The slate of a relay: prepared at its start, and again in the shape of the live stream once that is known.
import type { Feed } from '../feed.js';
import type { SlateStatus } from '../status.js';
import { LONGEST_SLATE, prepareSlate, SHORT_SLATE, USUAL_SOUND, type SlateOrder } from './slate-maker.js';
import { SlatePlayer } from './slate-player.js';
import type { SlateShape } from './slate.js';

const USUAL_RATE = 25;
const LONGEST_SIDE = 4096;
const FASTEST = 120;

/** Keeps one slate ready. */
export class SlateKeeper {
  readonly player: SlatePlayer;
  readonly #path: string;
  readonly #feed: Feed;
  readonly #closing = new AbortController();
  /** The shape that was asked for last. */
  #asked: SlateShape | undefined;
  /** What was prepared last. */
  #made: SlateOrder | undefined;
  #busy = false;
  /** Once it could not be made in another shape, it stays as it is. */
  #failed = false;

  /** @param onTurn - it has given tags: what they led to may be sent */
  constructor(path: string, feed: Feed, onTurn: () => void) {
    this.#path = path;
    this.#feed = feed;
    this.player = new SlatePlayer(feed, onTurn);
  }

  /** How it stands. */
  get status(): SlateStatus {
    const { ready, playing, seconds } = this.player;
    const { width = 0, height = 0 } = this.#made?.shape ?? {};
    const size = this.#made === undefined ? null : ([width, height] as const);
    return { ready, size, shown: playing, seconds: Math.round(seconds * 1000) / 1000 };
  }

  /** Prepares its beginning in its own shape, which shows whether it can be read; rejects where it cannot. */
  async prepare(): Promise<void> {
    await this.#make({ shape: undefined, seconds: SHORT_SLATE });
  }

  /** Prepares the whole of it, and again where the live stream has another shape by now; called now and then. */
  follow(): void {
    if (this.#busy || this.#failed || !this.player.ready || this.player.playing) return;
    const { shape, seconds } = this.#made ?? {};
    const wanted = shapeOf(this.#feed) ?? shape;
    // Shapes are plain data, made in the same order.
    if (seconds === LONGEST_SLATE && JSON.stringify(wanted) === JSON.stringify(this.#asked ?? shape)) return;
    this.#asked = wanted;
    this.#make({ shape: wanted, seconds: LONGEST_SLATE })
      .catch(async (error: unknown) => {
        // H.264 is encoded everywhere; another codec in mid-stream is better than nothing.
        if (wanted?.codec === undefined || wanted.codec === 'h264') throw error;
        await this.#make({ shape: { ...wanted, codec: 'h264' }, seconds: LONGEST_SLATE });
      })
      .catch(() => {
        // What there is can be shown.
        this.#failed = true;
      });
  }

  /** Lets go of the worker and of the slate. */
  close(): void {
    this.#closing.abort();
    this.player.stop();
  }

  async #make(order: SlateOrder): Promise<void> {
    this.#busy = true;
    try {
      const slate = await prepareSlate(this.#path, order, this.#closing.signal);
      if (this.#closing.signal.aborted) return;
      this.#made = { shape: slate.shape, seconds: order.seconds };
      this.player.load(slate);
    } finally {
      this.#busy = false;
    }
  }
}

/** The shape of the live stream, as far as it is known and can be made. */
function shapeOf({ statistics, codecs }: Feed): SlateShape | undefined {
  const { size, pictures } = statistics;
  const sound = (codecs.audio === 'aac' ? statistics.sound : undefined) ?? USUAL_SOUND;
  const frameRate = pictures?.frameRate ?? statistics.frameRate ?? USUAL_RATE;
  if (size === undefined) return undefined;
  const [width, height] = size;
  // Half of the colours need sides that are even; what is beyond all screens is a mistake.
  const fits = [width, height].every((side) => side % 2 === 0 && side >= 16 && side <= LONGEST_SIDE);
  const { sampleRate, channels } = sound;
  const codec = codecs.video === 'hevc' ? 'hevc' : 'h264';
  if (!fits || frameRate > FASTEST) return undefined;
  return { width, height, frameRate, codec, sound: { sampleRate, channels } };
}
