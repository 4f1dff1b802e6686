// Decodes on hardware, with software standing by: where the hardware cannot start or dies, software decodes again what
// was on its way, so that no frame is lost and none comes twice.
import { Packet } from 'node-av/lib';
import { FramerailError, isFramerailError } from '../base/index.js';
import { absence, allBackends, FAKE_HARDWARE, type DecoderBackend } from '../hardware/index.js';
import { check } from './averror.js';
import type { ContextLease } from './context-pool.js';
import { VideoDecoder, type DecoderOptions, type PictureDecoder } from './decoder.js';
import { DeviceScaler } from './device-scaler.js';
import { fakeHardware } from './encoders/fake-hardware.js';
import { acquireDevice, deviceKindOf, type DeviceKind } from './hardware-device.js';
import { nativeInput, type MediaInputHandle } from './input.js';
import type { Size } from '../pixels/index.js';
import { nativeFrame, Picture } from './picture.js';

/** Where a video is decoded: `auto` takes hardware that works, and software else. */
export type DecoderWish = 'auto' | 'software' | DecoderBackend | 'fake';

/** What decoded a video, and why. */
export interface DecoderReport {
  /** What was asked for. */
  readonly requested: DecoderWish;
  /** The kind of hardware, or `software`; what decoded the last frames. */
  readonly backend: DecoderBackend | 'fake' | 'software';
  /** Hardware that was tried, and why it did not do. */
  readonly attempts: readonly { readonly name: string; readonly reason: string }[];
}

/** How a decoder that may be hardware is opened. */
export interface HardwareOptions extends DecoderOptions {
  /** What pictures are scaled to on the device, before they are carried over; software gives them whole. */
  readonly shrinkTo?: Size | undefined;
}

/** Compressed bytes that are kept for a second try. */
const KEPT_BYTES = 64 * 1024 * 1024;

/** Packets from one keyframe to the next. */
interface Group {
  readonly start: bigint | undefined;
  readonly packets: Packet[];
}

/** The decoder that runs now, and the way to the next one. */
interface Running {
  readonly decoder: VideoDecoder;
  /** Fills the target with what the device holds; undefined for software. */
  readonly fetch: ((target: Picture) => boolean) | undefined;
  close(): void;
}

/** A decoder that may be hardware. */
export class HardwareDecoder implements PictureDecoder {
  readonly #input: MediaInputHandle;
  readonly #options: HardwareOptions;
  readonly #wish: DecoderWish;
  readonly #attempts: { readonly name: string; readonly reason: string }[] = [];
  #backend: DecoderReport['backend'] = 'software';
  #running: Running;
  #groups: Group[] = [];
  #keptBytes = 0;
  #replay: Packet[] = [];
  #drained = false;
  /** The time of the last frame that was given, in the stream's time base. */
  #last: bigint | undefined;
  /** Frames up to here were given before the decoder was replaced. */
  #given: bigint | undefined;
  /** Packets were let go of whose frames were not given. */
  #unkept = false;
  /** A frame without a time was given: nobody could tell it from one that is decoded again. */
  #untimed = false;

  private constructor(input: MediaInputHandle, wish: DecoderWish, options: HardwareOptions) {
    this.#input = input;
    this.#wish = wish;
    this.#options = options;
    this.#running = this.#open();
  }

  /** Opens a decoder for the stream that the input selected. */
  static open(input: MediaInputHandle, wish: DecoderWish, options: HardwareOptions): HardwareDecoder {
    return new HardwareDecoder(input, wish, options);
  }

  /** What decodes now, and what was tried before. */
  get report(): DecoderReport {
    return { requested: this.#wish, backend: this.#backend, attempts: [...this.#attempts] };
  }

  get name(): string {
    return this.#running.decoder.name;
  }

  get damagedPackets(): number {
    return this.#running.decoder.damagedPackets;
  }

  #open(): Running {
    for (const backend of this.#wished()) {
      const missing = backend === 'fake' ? undefined : missingDevice(backend);
      if (missing !== undefined) {
        this.#attempts.push({ name: backend, reason: missing });
        continue;
      }
      try {
        const running = backend === 'fake' ? this.#openFake() : this.#openDevice(backend);
        this.#backend = backend;
        return running;
      } catch (error) {
        this.#failed(backend, error);
      }
    }
    return this.#openSoftware();
  }

  #wished(): readonly (DecoderBackend | 'fake')[] {
    if (this.#wish === 'software') return [];
    if (this.#wish !== 'auto') return [this.#wish];
    return allBackends().flatMap(({ decoding }) => decoding ?? []);
  }

  #failed(name: string, error: unknown): void {
    if (!isFramerailError(error)) throw error;
    this.#attempts.push({ name, reason: error.message });
    this.#backend = 'software';
  }

  #openSoftware(): Running {
    const decoder = VideoDecoder.open(this.#input, this.#options);
    return {
      decoder,
      fetch: undefined,
      close: () => {
        decoder.close();
      },
    };
  }

  #openDevice(backend: DecoderBackend): Running {
    const kind = deviceKindOf(backend);
    const lease: ContextLease<Parameters<typeof deviceOptions>[0]> = acquireDevice(kind);
    const onDevice = new Picture();
    const shrinker = this.#shrinker(kind);
    let decoder: VideoDecoder;
    try {
      decoder = VideoDecoder.open(this.#input, { ...this.#options, device: deviceOptions(lease.value, kind) });
    } catch (error) {
      onDevice.close();
      shrinker?.close();
      lease.release();
      throw error;
    }
    return {
      decoder,
      fetch: (target) => {
        if (!decoder.receive(onDevice)) return false;
        const carried = shrinker?.shrink(onDevice) ?? onDevice;
        download(carried, target, kind, backend);
        onDevice.clear();
        return true;
      },
      close: () => {
        decoder.close();
        onDevice.close();
        shrinker?.close();
        lease.release();
      },
    };
  }

  /** A decoder that dies when the fake hardware is told so. */
  #openFake(): Running {
    if (process.env[FAKE_HARDWARE] === undefined)
      throw new FramerailError('FR_DECODE_FAILED', `${FAKE_HARDWARE} is not set.`);
    const { decoderDiesAfter = Number.POSITIVE_INFINITY } = fakeHardware();
    const running = this.#openSoftware();
    const shrinker = this.#shrinker('fake');
    let frames = 0;
    return {
      ...running,
      fetch: (target) => {
        if (frames >= decoderDiesAfter)
          throw new FramerailError('FR_DECODE_FAILED', `The fake decoder died after ${String(frames)} frames.`);
        if (!running.decoder.receive(target)) return false;
        shrinker?.shrinkInto(target);
        frames += 1;
        return true;
      },
      close: () => {
        running.close();
        shrinker?.close();
      },
    };
  }

  #shrinker(kind: DeviceKind | 'fake'): Shrinker | undefined {
    const { shrinkTo } = this.#options;
    if (shrinkTo === undefined) return undefined;
    return new Shrinker(kind, shrinkTo, (reason) => this.#attempts.push({ name: `scaling on ${kind}`, reason }));
  }

  send(): void {
    const { packet } = nativeInput(this.#input);
    if (this.#running.fetch !== undefined) this.#keep(packet);
    this.#attempt(() => {
      this.#running.decoder.send();
    });
  }

  drain(): void {
    this.#drained = true;
    this.#attempt(() => {
      this.#running.decoder.drain();
    });
  }

  receive(picture: Picture): boolean {
    for (;;) {
      let found = false;
      this.#attempt(() => {
        const { fetch, decoder } = this.#running;
        found = fetch === undefined ? decoder.receive(picture) : fetch(picture);
      });
      if (found) {
        const { timestamp } = picture;
        if (this.#given !== undefined && timestamp !== undefined && timestamp <= this.#given) continue;
        this.#last = timestamp;
        this.#untimed ||= timestamp === undefined;
        this.#forgetGiven();
        return true;
      }
      const next = this.#replay.shift();
      if (next === undefined) return false;
      this.#running.decoder.sendPacket(next);
      next.free();
      if (this.#replay.length === 0 && this.#drained) this.#running.decoder.drain();
    }
  }

  /** Keeps a packet until every frame up to the next keyframe was given. */
  #keep(packet: Packet): void {
    const kept = new Packet();
    kept.alloc();
    check(kept.ref(packet), 'FR_MEMORY_BUDGET', 'A packet could not be kept');
    if (packet.isKeyframe || this.#groups.length === 0) this.#groups.push({ start: packet.pts, packets: [] });
    this.#groups.at(-1)?.packets.push(kept);
    this.#keptBytes += kept.size;
    if (this.#keptBytes <= KEPT_BYTES) return;
    // A stream without keyframes cannot be decoded again from nowhere: it goes on without anybody standing by.
    this.#unkept = true;
    while (this.#groups.length > 0) this.#dropOldest();
  }

  #forgetGiven(): void {
    for (let next = this.#groups[1]; next !== undefined; next = this.#groups[1]) {
      if (this.#last === undefined || next.start === undefined || next.start > this.#last) return;
      this.#dropOldest();
    }
  }

  #dropOldest(): void {
    for (const packet of this.#groups.shift()?.packets ?? []) {
      this.#keptBytes -= packet.size;
      packet.free();
    }
  }

  #attempt(work: () => void): void {
    try {
      work();
    } catch (error) {
      if (this.#running.fetch === undefined) throw error;
      this.#replace(error);
    }
  }

  /** Opens software and has it decode again what the hardware was sent and has not given back. */
  #replace(error: unknown): void {
    if (this.#unkept || this.#untimed) throw error;
    this.#failed(this.#backend, error);
    this.#running.close();
    this.#running = this.#openSoftware();
    this.#given = this.#last;
    this.#replay = this.#groups.flatMap(({ packets }) => packets);
    this.#groups = [];
    this.#keptBytes = 0;
  }

  reset(): void {
    this.#running.decoder.reset();
    this.#forgetAll();
    this.#last = undefined;
    this.#given = undefined;
    this.#unkept = false;
    this.#drained = false;
  }

  #forgetAll(): void {
    while (this.#groups.length > 0) this.#dropOldest();
    for (const packet of this.#replay.splice(0)) packet.free();
  }

  close(): void {
    this.#forgetAll();
    this.#running.close();
  }
}

/** Makes pictures small on a device; where that does not work they stay as they are, which is told once. */
class Shrinker {
  readonly #scaler: DeviceScaler;
  readonly #small = new Picture();
  readonly #tell: (reason: string) => void;
  #works = true;

  constructor(kind: DeviceKind | 'fake', size: Size, tell: (reason: string) => void) {
    this.#scaler = new DeviceScaler(kind, size);
    this.#tell = tell;
  }

  /** The small picture, which is overwritten by the next one; undefined where there is none. */
  shrink(source: Picture): Picture | undefined {
    if (!this.#works) return undefined;
    try {
      this.#scaler.scale(source, this.#small);
      return this.#small;
    } catch (error) {
      if (!isFramerailError(error)) throw error;
      this.#works = false;
      this.#tell(error.message);
      return undefined;
    }
  }

  /** Puts the small picture in the place of the large one. */
  shrinkInto(picture: Picture): void {
    const small = this.shrink(picture);
    if (small === undefined) return;
    picture.clear();
    check(nativeFrame(picture).ref(nativeFrame(small)), 'FR_INTERNAL', 'A picture could not be handed on');
    small.clear();
  }

  close(): void {
    this.#scaler.close();
    this.#small.close();
  }
}

type Device = NonNullable<DecoderOptions['device']>;

function deviceOptions(context: Device['context'], kind: DeviceKind): Device {
  // FFmpeg's names of the formats of a device are those of the device, but for this one.
  return { context, format: kind === 'videotoolbox' ? 'videotoolbox_vld' : kind };
}

/** Carries a picture into system memory; throws when the driver gave it there already: that was no hardware. */
function download(source: Picture, target: Picture, kind: DeviceKind, backend: DecoderBackend): void {
  const frame = nativeFrame(source);
  if (frame.hwFramesCtx === null)
    throw new FramerailError('FR_DECODE_FAILED', `FFmpeg decodes this stream in software, not with ${backend}.`);
  target.clear();
  const into = nativeFrame(target);
  check(
    frame.hwframeTransferDataSync(into),
    'FR_DECODE_FAILED',
    `A picture could not be taken from the ${kind} device`,
  );
  check(into.copyProps(frame), 'FR_INTERNAL', 'The facts of a picture could not be copied');
  source.clear();
}

/** Why hardware cannot be here; undefined where only its driver can tell, which is loud where there is none. */
function missingDevice(decoding: DecoderBackend): string | undefined {
  const backend = allBackends().find((one) => one.decoding === decoding);
  return backend === undefined ? undefined : absence(backend.name);
}
