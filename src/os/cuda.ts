// The native door to the driver of NVIDIA devices, through koffi: no more of it than keeping bytes in their memory takes.
import { createRequire } from 'node:module';
import type * as Koffi from 'koffi';
import { FramerailError } from '../base/index.js';

/** Memory of the first device, in bytes. Its functions throw an error whose `code` is the driver's name of it. */
export interface CudaMemory {
  /** What the device has, and what nobody uses now. */
  sizes(): { readonly total: number; readonly free: number };
  /** Sets memory aside and gives its address; undefined where the device has none left. */
  reserve(bytes: number): bigint | undefined;
  /** Copies bytes to the device. */
  upload(address: bigint, bytes: Uint8Array): void;
  /** Copies as many bytes from the device as fit. */
  download(address: bigint, into: Uint8Array): void;
  /** Gives memory back. */
  free(address: bigint): void;
}

const [SUCCESS, OUT_OF_MEMORY] = [0, 2];
/** How the driver is called on Linux. */
const DRIVER = 'libcuda.so.1';

/**
 * Opens a context on the first device that the driver shows; it ends with the process. Takes some tenths of a second, in which
 * the thread does nothing else. Throws FR_ENGINE_LOAD where there is no driver, and the driver's error where it has no device.
 * @param driver - the path of the driver's library
 */
export function openCudaMemory(driver = DRIVER): CudaMemory {
  let koffi: typeof Koffi;
  let library: Koffi.LibraryHandle;
  try {
    koffi = createRequire(import.meta.url)('koffi') as typeof Koffi;
    library = koffi.load(driver);
  } catch (cause) {
    throw new FramerailError('FR_ENGINE_LOAD', `The driver of NVIDIA devices (${driver}) could not be loaded.`, {
      cause,
    });
  }
  // koffi's functions are untyped; this is the one place that says what they take and give. Results of the driver: 0, or an error.
  const func = (definition: string): never => library.func(definition) as never;
  const errorName: (error: number, name: (string | null)[]) => number = func(
    'int cuGetErrorName(int error, _Out_ const char **name)',
  );
  const check = (what: string, result: number): void => {
    if (result === SUCCESS) return;
    const name: (string | null)[] = [null];
    const known = errorName(result, name) === SUCCESS ? name[0] : undefined;
    const code = known ?? `CUDA error ${String(result)}`;
    throw Object.assign(new Error(`The NVIDIA driver could not ${what}: ${code}.`), { code });
  };
  const init: (flags: number) => number = func('int cuInit(unsigned int flags)');
  const deviceGet: (device: Int32Array, ordinal: number) => number = func('int cuDeviceGet(void *device, int ordinal)');
  const retain: (context: BigUint64Array, device: number) => number = func(
    'int cuDevicePrimaryCtxRetain(void *context, int device)',
  );
  const setCurrent: (context: bigint) => number = func('int cuCtxSetCurrent(uintptr_t context)');
  const getInfo: (free: BigUint64Array, total: BigUint64Array) => number = func(
    'int cuMemGetInfo_v2(void *free, void *total)',
  );
  const alloc: (address: BigUint64Array, bytes: number) => number = func(
    'int cuMemAlloc_v2(void *address, size_t bytes)',
  );
  const toDevice: (address: bigint, bytes: Uint8Array, length: number) => number = func(
    'int cuMemcpyHtoD_v2(uint64_t address, const void *bytes, size_t length)',
  );
  const fromDevice: (bytes: Uint8Array, address: bigint, length: number) => number = func(
    'int cuMemcpyDtoH_v2(void *bytes, uint64_t address, size_t length)',
  );
  const memFree: (address: bigint) => number = func('int cuMemFree_v2(uint64_t address)');

  const [device, context] = [new Int32Array(1), new BigUint64Array(1)];
  check('start', init(0));
  check('find a device', deviceGet(device, 0));
  check('open its device', retain(context, device[0] ?? 0));
  check('use its device', setCurrent(context[0] ?? 0n));
  return {
    sizes() {
      const [free, total] = [new BigUint64Array(1), new BigUint64Array(1)];
      check('say how much memory there is', getInfo(free, total));
      return { total: Number(total[0]), free: Number(free[0]) };
    },
    reserve(bytes) {
      const address = new BigUint64Array(1);
      const result = alloc(address, bytes);
      if (result === OUT_OF_MEMORY) return undefined;
      check('set memory aside', result);
      return address[0];
    },
    upload(address, bytes) {
      check('fill its memory', toDevice(address, bytes, bytes.byteLength));
    },
    download(address, into) {
      check('read its memory', fromDevice(into, address, into.byteLength));
    },
    free(address) {
      check('free its memory', memFree(address));
    },
  };
}
