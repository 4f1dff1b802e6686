// What the devices of this machine decode: tried once, in a worker of its own, while covers are made in software.
import { absence, allBackends, type DecoderBackend } from '../../hardware/index.js';

/** What a job may decode on, and why on nothing else. */
export interface DeviceOffer {
  /** The kinds of hardware that passed a test, by FFmpeg's name of the codec. */
  readonly codecs: Readonly<Record<string, readonly DecoderBackend[]>>;
  /** Why there is nothing, in one sentence. */
  readonly reason: string;
}

/** Knows what devices there are. */
export class DeviceOffers {
  #offer: DeviceOffer | undefined;

  /** What is known now; the first call has the devices tried. */
  get current(): DeviceOffer {
    if (this.#offer !== undefined) return this.#offer;
    const decoding = allBackends().filter((backend) => backend.decoding !== undefined);
    const absent = decoding.map(({ name }) => absence(name));
    if (absent.every((reason) => reason !== undefined)) {
      this.#offer = { codecs: {}, reason: [...new Set(absent)].join(' ') };
      return this.#offer;
    }
    this.#offer = { codecs: {}, reason: 'The devices of this machine are being tried.' };
    void this.#survey();
    return this.#offer;
  }

  async #survey(): Promise<void> {
    // Much code, for those few machines that need it.
    const { hardwareDesk } = await import('../../frames/index.js');
    const codecs: Record<string, DecoderBackend[]> = {};
    const reasons = new Set<string>();
    for (const backend of allBackends()) {
      if (backend.decoding === undefined) continue;
      for (const [name, { ok, reason }] of await hardwareDesk().verdicts(backend)) {
        const [decoding, codec] = name.split(' ');
        if (decoding !== backend.decoding || codec === undefined) continue;
        if (ok) codecs[codec] = [...(codecs[codec] ?? []), backend.decoding];
        else if (reason !== undefined) reasons.add(reason);
      }
    }
    this.#offer = { codecs, reason: [...reasons].join(' ') || 'No device decodes this codec.' };
  }
}
