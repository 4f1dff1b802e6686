// What a plan of sparse sampling is made of. Plans come from packets alone: nothing is decoded to make them.
import type { KeptPacket } from '../av/index.js';

/** The work of one decoder in one go: packets from a keyframe on, and which of their pictures are wanted. */
export interface Task {
  /** In decoding order, the first a keyframe. Whoever runs the task closes them. */
  readonly packets: readonly KeptPacket[];
  /** The times of the wanted pictures, ascending, one for each that is to be delivered: a picture may come twice. */
  readonly shown: readonly number[];
  /** How many of the caller's times it answers. */
  readonly asked: number;
  /** Whether this is a keyframe alone: its picture has the time of its packet, and may be missing if it is damaged. */
  readonly keyframe: boolean;
}

/** Thrown where packets do not tell which picture is on display: then walking through the pictures does. */
export class Unplannable extends Error {
  /** @param why - for the reader of a debugger; no caller sees it */
  constructor(why: string) {
    super(why);
    this.name = 'Unplannable';
  }
}
