// Devices of hardware, as FFmpeg opens them: dear, so each is opened once in a process and shared.
import { HardwareDeviceContext } from 'node-av/lib';
import { FramerailError } from '../base/index.js';
import { allBackends, type Backend, type DecoderBackend } from '../hardware/index.js';
import { check } from './averror.js';
import { ContextPool, type ContextLease } from './context-pool.js';

/** FFmpeg's name of a kind of device. */
export type DeviceKind = NonNullable<Backend['device']>;

/** The devices of this process. */
export const devices = new ContextPool<HardwareDeviceContext>({
  what: 'devices',
  shared: true,
  close: (device) => {
    device.free();
  },
});

/** Opens the first device of a kind; throws FR_ENGINE_LOAD with FFmpeg's reason where there is none. */
export function acquireDevice(kind: DeviceKind): ContextLease<HardwareDeviceContext> {
  const lease = devices.tryAcquire(kind, () => openDevice(kind));
  if (lease === undefined) throw new Error('A shared pool of five kinds of devices never fills.');
  return lease;
}

/** The kind of device that a way of decoding needs. */
export function deviceKindOf(decoding: DecoderBackend): DeviceKind {
  const kind = allBackends().find((backend) => backend.decoding === decoding)?.device;
  if (kind === undefined) throw new FramerailError('FR_INTERNAL', `There is no device for ${decoding}.`);
  return kind;
}

/** Opens the device for a way of decoding before it is needed; it stays open. Throws FR_ENGINE_LOAD as `acquireDevice()`. */
export function openDeviceFor(decoding: DecoderBackend): void {
  acquireDevice(deviceKindOf(decoding)).release();
}

function openDevice(kind: DeviceKind): HardwareDeviceContext {
  const device = new HardwareDeviceContext();
  try {
    const type = HardwareDeviceContext.findTypeByName(
      kind as Parameters<typeof HardwareDeviceContext.findTypeByName>[0],
    );
    check(device.create(type, null, null), 'FR_ENGINE_LOAD', `The ${kind} device could not be opened`);
    return device;
  } catch (error) {
    device.free();
    throw error;
  }
}
