// Memory of a device that is none: it counts what was set aside, and fails when a test says so.
import type { DeviceStore } from '#dist/cache/device/store.js';

/** Bytes "on the device". */
export interface FakeHandle {
  memory: Uint8Array;
}

/** A device in memory. */
export class FakeDevice implements DeviceStore<FakeHandle> {
  readonly #totalBytes: number;
  /** Bytes that others use. */
  taken = 0;
  /** What the next uploads and downloads fail with. */
  fault: Error | undefined;
  readonly failure = undefined;
  closed = false;
  readonly handles = new Set<FakeHandle>();

  constructor(totalBytes: number) {
    this.#totalBytes = totalBytes;
  }

  /** Bytes that are set aside. */
  get reserved(): number {
    return [...this.handles].reduce((sum, { memory }) => sum + memory.byteLength, 0);
  }

  open(): Promise<number> {
    return Promise.resolve(this.#totalBytes);
  }

  freeBytes(): Promise<number> {
    return Promise.resolve(this.#totalBytes - this.taken - this.reserved);
  }

  reserve(bytes: number): Promise<FakeHandle | undefined> {
    if (this.reserved + this.taken + bytes > this.#totalBytes) return Promise.resolve(undefined);
    const handle = { memory: new Uint8Array(bytes) };
    this.handles.add(handle);
    return Promise.resolve(handle);
  }

  upload(handle: FakeHandle, bytes: Uint8Array): Promise<void> {
    if (this.fault !== undefined) return Promise.reject(this.fault);
    handle.memory.set(bytes);
    return Promise.resolve();
  }

  download({ memory }: FakeHandle, bytes: number): Promise<Uint8Array> {
    if (this.fault !== undefined) return Promise.reject(this.fault);
    return Promise.resolve(memory.slice(0, bytes));
  }

  free(handle: FakeHandle): void {
    if (!this.handles.delete(handle)) throw new Error('Freed twice');
  }

  close(): Promise<void> {
    this.closed = true;
    return Promise.resolve();
  }
}
