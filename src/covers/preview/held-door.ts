// A door to hardware for a job that encodes the same thing again: what it was offered first is still its own.
import type { HardwareAnswer, HardwareDoor } from '../../hardware/index.js';

/** Asks once, and again only where what was offered failed. */
export function heldDoor(door: HardwareDoor): HardwareDoor {
  let held: HardwareAnswer | undefined;
  return {
    ask: async (ask) => {
      held = held === undefined || ask.failed !== undefined ? await door.ask(ask) : { ...held, attempts: [] };
      return held;
    },
  };
}
