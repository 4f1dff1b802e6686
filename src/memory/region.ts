// Regions: the memory that a worker writes and its parent reads. Every kind looks the same from here on.
import { createSharedRegion, attachSharedRegion } from '../os/index.js';

/**
 * How the bytes of a worker reach its parent.
 * `memfd` and `shm` are mapped by both processes; `threads` is a SharedArrayBuffer; `heap` stays in one process;
 * `copy` gives each process memory of its own, and a pipe carries the bytes (where no memory can be shared).
 */
export type RegionKind = 'memfd' | 'shm' | 'threads' | 'heap' | 'copy';

/** One region; offsets and lengths are in bytes. */
export interface Region {
  readonly kind: RegionKind;
  /** All its memory; views made from it stay safe to touch after `close()` but then show zeros or stale bytes. */
  readonly buffer: ArrayBufferLike;
  /** The descriptor that a child inherits; undefined where there is none. */
  readonly fd: number | undefined;
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

/** Makes the parent's side of a region. */
export function createRegion(kind: RegionKind, length: number): Region {
  if (kind === 'memfd' || kind === 'shm') return sharedRegion(kind, createSharedRegion(length, kind));
  return plainRegion(kind, kind === 'threads' ? new SharedArrayBuffer(length) : new ArrayBuffer(length));
}

/** Maps the region behind an inherited descriptor, in the worker. */
export function attachRegion(fd: number): Region {
  return sharedRegion('memfd', attachSharedRegion(fd));
}

/** A region over memory that is already there. */
export function plainRegion(kind: RegionKind, buffer: ArrayBufferLike): Region {
  return {
    kind,
    buffer,
    fd: undefined,
    commit: nothing,
    decommit: nothing,
    close: nothing,
  };
}

function nothing(): void {
  // Memory of the JavaScript heap is committed by touch and freed by the garbage collector.
}

function sharedRegion(kind: RegionKind, region: ReturnType<typeof createSharedRegion>): Region {
  return {
    kind,
    buffer: region.buffer,
    get fd() {
      return region.fd < 0 ? undefined : region.fd;
    },
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
