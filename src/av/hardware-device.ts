// Devices of hardware, as FFmpeg opens them: dear, so each is opened once in a process and shared.
import { HardwareDeviceContext } from 'node-av/lib';
import type { Backend } from '../hardware/index.js';
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
