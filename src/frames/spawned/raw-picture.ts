// A picture that ffmpeg has decoded: in its pipe at first, then in the slot that it was read into, or held for later.
import type { PlaneLayout } from '../../pixels/index.js';
import type { Command } from '../../spawned/index.js';
import { PlaneFiller } from './plane-filler.js';

/** A decoded picture; its pixels are read in the order of the pipe. */
export class RawPicture {
  keyframe = false;
  /** Always false: the command does not tell. */
  readonly damaged = false;
  #command: Command | undefined;
  #bytes = 0;
  #held: Uint8Array | undefined;
  #isHeld = false;
  #repeats = false;

  /**
   * Becomes the next picture of a pipe.
   * @param repeats - whether it may be read more than once
   */
  announce(command: Command, keyframe: boolean, bytes: number, repeats: boolean): void {
    this.#repeats = repeats;
    this.#command = command;
    this.keyframe = keyframe;
    this.#bytes = bytes;
    this.#isHeld = false;
  }

  /** Reads it out of its pipe into memory of its own, so that the pipe may go on; `read` then takes it from there. */
  async hold(): Promise<void> {
    if (this.#command === undefined) return;
    if (this.#held?.byteLength !== this.#bytes) this.#held = new Uint8Array(this.#bytes);
    const memory = this.#held;
    let at = 0;
    await this.#drain((bytes) => {
      memory.set(bytes, at);
      at += bytes.byteLength;
    });
    this.#isHeld = true;
  }

  /** Leaves it out, so that the pipe may go on. */
  async skip(): Promise<void> {
    if (this.#command !== undefined) await this.#drain(() => undefined);
  }

  /** Writes it: straight from the pipe, unless it may be wanted again. */
  async read(target: Uint8Array, planes: readonly PlaneLayout[]): Promise<void> {
    if (this.#repeats) await this.hold();
    const filler = new PlaneFiller(target, planes);
    if (this.#isHeld && this.#held !== undefined) filler.push(this.#held);
    else
      await this.#drain((bytes) => {
        filler.push(bytes);
      });
  }

  async #drain(sink: (bytes: Uint8Array) => void): Promise<void> {
    const command = this.#command;
    this.#command = undefined;
    if (command === undefined) return;
    const whole = await command.during(command.out.take(this.#bytes, sink));
    if (whole) return;
    // Only a command that died stops within a picture.
    await command.end();
    throw new BrokenPicture();
  }
}

/** A command ended by itself within a picture. */
export class BrokenPicture extends Error {}
