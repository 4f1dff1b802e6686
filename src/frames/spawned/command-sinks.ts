// Where pictures of a command go: a slot for each, or one slot for all of them.
import type { PlaneLayout } from '../../pixels/index.js';
import type { JobContext, WritableSlot } from '../../workers/index.js';
import type { Chosen } from '../choose.js';
import { factsOf, type LayoutEvent } from '../frame-facts.js';
import type { FrameFacts, FramesParams } from '../selection.js';
import type { CommandWalk } from './command-walk.js';
import type { RawPicture } from './raw-picture.js';

/** Takes chosen pictures in order of time. */
export interface CommandSink {
  /** Puts a picture where it belongs; waits while the consumer holds every slot. */
  take(chosen: Chosen<RawPicture>): Promise<void>;
  /** Every picture was taken. */
  finish(): void;
}

/** Makes the sink that a caller's options ask for. */
export function commandSink(walk: CommandWalk, params: FramesParams, context: JobContext): CommandSink {
  return params.gather === null ? slotSink(walk, params, context) : tensorSink(walk, params, context);
}

function slotSink(walk: CommandWalk, params: FramesParams, context: JobContext): CommandSink {
  let started = false;
  return {
    take: async (chosen) => {
      const { layout } = walk;
      if (!started) {
        started = true;
        await context.reserve(layout.byteLength);
        context.event({ layout } satisfies LayoutEvent);
      }
      const slot = await context.slot();
      await chosen.picture.read(slot.bytes, layout.planes);
      context.emit(slot, layout.byteLength, factsOf(chosen, params));
    },
    finish: () => undefined,
  };
}

function tensorSink(walk: CommandWalk, params: FramesParams, context: JobContext): CommandSink {
  const facts: FrameFacts[] = [];
  let slot: WritableSlot | undefined;
  return {
    take: async (chosen) => {
      const { layout } = walk;
      if (slot === undefined) {
        const count = params.selection.kind === 'times' ? params.selection.times.length : 1;
        await context.reserve(layout.byteLength * count);
        context.event({ layout } satisfies LayoutEvent);
        slot = await context.slot();
      }
      const fact = factsOf(chosen, params);
      const place = slot.bytes.subarray(fact.index * layout.byteLength, (fact.index + 1) * layout.byteLength);
      await chosen.picture.read(place, params.gather === 'nchw' ? channelPlanes(layout) : layout.planes);
      facts[fact.index] = fact;
    },
    finish: () => {
      if (slot !== undefined) context.emit(slot, walk.layout.byteLength * facts.length, facts);
    },
  };
}

/** Red, green and blue one after another; gbrp brings green, blue and red. */
function channelPlanes({ width, height }: { readonly width: number; readonly height: number }): PlaneLayout[] {
  return [1, 2, 0].map((place) => ({ offset: place * width * height, stride: width, rowBytes: width, rows: height }));
}
