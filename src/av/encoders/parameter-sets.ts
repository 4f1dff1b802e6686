// Puts the parameter sets of a stream before each of its keyframes too, though the container's header has them: an
// encoder that takes over brings other ones, and a player that goes back must not keep those.
import { BitStreamFilter, BitStreamFilterContext, type Packet, type Stream } from 'node-av/lib';
import { invariant } from '../../base/index.js';
import { check } from '../averror.js';
import { rational } from '../filter-chain.js';
import type { VideoEncoder } from './encoder.js';

/** Changes packets of one encoder. */
export class ParameterSets {
  readonly #context = new BitStreamFilterContext();

  /** @param stream - what the encoder says of its stream */
  constructor(encoder: VideoEncoder, stream: Stream) {
    const filter = BitStreamFilter.getByName('dump_extra');
    invariant(filter, 'the filter dump_extra in the FFmpeg build');
    try {
      check(this.#context.alloc(filter), 'FR_INTERNAL', 'The filter dump_extra could not be made');
      const into = this.#context.inputCodecParameters;
      invariant(into, 'parameters of a filter');
      check(stream.codecpar.copy(into), 'FR_INTERNAL', 'Parameters could not be copied');
      this.#context.inputTimeBase = rational(encoder.timeBase);
      check(this.#context.init(), 'FR_INTERNAL', 'The filter dump_extra could not be set up');
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Changes a packet in place. */
  apply(packet: Packet): void {
    check(this.#context.sendPacketSync(packet), 'FR_ENCODE_FAILED', 'A packet could not be changed');
    check(this.#context.receivePacketSync(packet), 'FR_ENCODE_FAILED', 'A packet could not be changed');
  }

  close(): void {
    this.#context.free();
  }
}
