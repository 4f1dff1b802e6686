// Makes pictures small where they are, on a device, before they are carried into system memory.
import { FramerailError } from '../base/index.js';
import type { Size } from '../pixels/index.js';
import type { DeviceKind } from './hardware-device.js';
import { FilterChain } from './filter-chain.js';
import type { Picture } from './picture.js';

/** FFmpeg's filter for each kind of device. */
const FILTERS: Readonly<Record<DeviceKind | 'fake', (size: string) => string>> = {
  cuda: (size) => `scale_cuda=${size}`,
  vaapi: (size) => `scale_vaapi=${size}`,
  qsv: (size) => `scale_qsv=${size}`,
  videotoolbox: (size) => `scale_vt=${size}`,
  // Hardware that is none has its pictures in system memory.
  fake: (size) => `scale=${size}:flags=bicubic`,
};

/** Scales pictures of one device to one size. */
export class DeviceScaler {
  readonly #chain: FilterChain;

  constructor(kind: DeviceKind | 'fake', { width, height }: Size) {
    const ones = { num: 1, den: 1 };
    this.#chain = new FilterChain(FILTERS[kind](`${String(width)}:${String(height)}`), {
      timeBase: ones,
      frameRate: { num: 0, den: 1 },
      pixelAspect: ones,
    });
  }

  /** Fills `target`; throws FR_FILTER_FAILED where the device cannot. */
  scale(source: Picture, target: Picture): void {
    this.#chain.send(source);
    if (!this.#chain.receive(target))
      throw new FramerailError('FR_FILTER_FAILED', 'The device gave no scaled picture.');
  }

  /** Frees the filter. */
  close(): void {
    this.#chain.close();
  }
}
