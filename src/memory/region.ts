// Regions: the memory that a worker writes and its parent reads. Every kind looks the same from here on.
import { attachSharedRegion, createSharedRegion, type SharedRegion } from '../os/index.js';

/**
 * How the bytes of a worker reach its parent.
 * `memfd` and `shm` are mapped by both processes; `threads` is a SharedArrayBuffer; `heap` stays in one process;
 * `copy` gives each process memory of its own, and a pipe carries the bytes (where no memory can be shared).
 */
export type RegionKind = 'memfd' | 'shm' | 'threads' | 'heap' | 'copy';

/** One region; offsets and lengths are in bytes. */
export interface Region {
  readonly kind: RegionKind;
  /** How much address space there is; memory is used as it is touched. */
  readonly byteLength: number;
  /** The descriptor that a child inherits; undefined where there is none. */
  readonly fd: number | undefined;
  /**
   * A view of a range. It stays safe to touch after `close()`, but then shows zeros or stale bytes. Where memory is not
   * a SharedArrayBuffer its buffer is the range alone, so that cloning a view never copies its neighbours.
   */
  view(offset: number, length: number): Uint8Array;
  /** Makes sure that a range has real memory; throws FR_MEMORY_REGION. */
  commit(offset: number, length: number): void;
  /** Gives the memory of a range back. */
  decommit(offset: number, length: number): void;
  /** Lets go of the region. */
  close(): void;
}

/** Bytes at the start of every region that hold control words instead of slots. */
export const CONTROL_BYTES = 4096;

/** The control word that holds the number of the job to stop. */
export const CANCEL_WORD = 0;

/** The control words of a region, for Atomics. */
export function controlWords(region: Region): Int32Array {
  const { buffer, byteOffset } = region.view(0, CONTROL_BYTES);
  return new Int32Array(buffer, byteOffset, CONTROL_BYTES / 4);
}

/** Makes the parent's side of a region. */
export function createRegion(kind: RegionKind, length: number): Region {
  if (kind === 'memfd' || kind === 'shm') return sharedRegion(kind, createSharedRegion(length, kind));
  return kind === 'threads' ? threadRegion(new SharedArrayBuffer(length)) : new HeapRegion(kind, length);
}

/** Maps the region behind an inherited descriptor, in the worker. */
export function attachRegion(fd: number): Region {
  return sharedRegion('memfd', attachSharedRegion(fd));
}

/** A region that threads of one process share. */
export function threadRegion(buffer: SharedArrayBuffer): Region & { readonly buffer: SharedArrayBuffer } {
  return {
    kind: 'threads',
    buffer,
    byteLength: buffer.byteLength,
    fd: undefined,
    view: (offset, length) => new Uint8Array(buffer, offset, length),
    commit: nothing,
    decommit: nothing,
    close: nothing,
  };
}

/** Memory of the JavaScript heap, one buffer for each range that is looked at. */
class HeapRegion implements Region {
  readonly kind: RegionKind;
  readonly byteLength: number;
  readonly fd = undefined;
  readonly commit = nothing;
  readonly #ranges = new Map<number, Uint8Array>();

  constructor(kind: RegionKind, byteLength: number) {
    this.kind = kind;
    this.byteLength = byteLength;
  }

  view(offset: number, length: number): Uint8Array {
    const known = this.#ranges.get(offset);
    if (known !== undefined && known.byteLength >= length) return known.subarray(0, length);
    const range = new Uint8Array(length);
    this.#ranges.set(offset, range);
    return range;
  }

  decommit(offset: number, length: number): void {
    for (const start of this.#ranges.keys()) if (start >= offset && start < offset + length) this.#ranges.delete(start);
  }

  close(): void {
    this.#ranges.clear();
  }
}

function nothing(): void {
  // A SharedArrayBuffer is committed by touch, and freed by the garbage collector.
}

function sharedRegion(kind: RegionKind, region: SharedRegion): Region {
  return {
    kind,
    byteLength: region.byteLength,
    get fd() {
      return region.fd < 0 ? undefined : region.fd;
    },
    view: (offset, length) => region.view(offset, length),
    commit: (offset, length) => {
      region.commit(offset, length);
    },
    decommit: (offset, length) => {
      region.decommit(offset, length);
    },
    close: () => {
      region.close();
    },
  };
}
