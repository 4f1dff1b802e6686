// Regions of memory that two processes map: one sparse file descriptor, committed by touch.
import { randomBytes } from 'node:crypto';
import { closeSync, fstatSync } from 'node:fs';
import { FramerailError } from '../base/index.js';
import { errnoName, libc } from './libc.js';

/** How a region came to be: `memfd` has no name and is sealed, `shm` is a POSIX object unlinked at birth. */
export type SharedRegionKind = 'memfd' | 'shm';

/** A mapped region. Its views stay readable even after `close()`; they then show zeros. */
export interface SharedRegion {
  readonly kind: SharedRegionKind;
  /** The descriptor that a child process inherits; -1 after `close()`. */
  readonly fd: number;
  readonly byteLength: number;
  /** A view with a buffer of its own, of just this range. */
  view(offset: number, length: number): Uint8Array;
  /** Reserves real memory for a range; throws FR_MEMORY_REGION instead of a later SIGBUS. */
  commit(offset: number, length: number): void;
  /** Gives the memory of a range back to the system; the range reads as zeros afterwards. */
  decommit(offset: number, length: number): void;
  /** Gives all memory back and closes the descriptor; unmapped when the last view is gone. */
  close(): void;
}

const MFD_CLOEXEC = 1;
const MFD_ALLOW_SEALING = 2;
const F_SEAL_SEAL = 1;
const F_SEAL_SHRINK = 2;
const F_SEAL_GROW = 4;
const FALLOC_FL_KEEP_SIZE = 1;
const FALLOC_FL_PUNCH_HOLE = 2;
const PROT_READ_WRITE = 3;
const MAP_SHARED = 1;
const MAP_NORESERVE = process.platform === 'darwin' ? 0x40 : 0x4000;
const O_RDWR_CREAT_EXCL = process.platform === 'darwin' ? 0x0a02 : 0o302;
const PAGE = 4096;

/**
 * Makes a region of `length` bytes, none of them committed yet.
 * Its size is sealed where the system can, so that no holder can turn a read into SIGBUS.
 */
export function createSharedRegion(length: number, kind: SharedRegionKind): SharedRegion {
  const c = libc();
  const fd = kind === 'memfd' ? c.memfd_create('framerail', MFD_CLOEXEC | MFD_ALLOW_SEALING) : openUnlinkedShm();
  if (fd < 0) throw regionError(kind, 'could not be created', length);
  try {
    if (c.ftruncate(fd, length) !== 0) throw regionError(kind, 'could not be sized', length);
    if (kind === 'memfd' && c.addSeals(fd, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) !== 0)
      throw regionError(kind, 'could not be sealed', length);
    return map(fd, length, kind, true);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/** Maps the region behind an inherited descriptor. */
export function attachSharedRegion(fd: number): SharedRegion {
  return map(fd, fstatSync(fd).size, 'memfd', false);
}

function openUnlinkedShm(): number {
  const c = libc();
  const name = `/framerail-${randomBytes(8).toString('hex')}`;
  const fd = c.shm_open(name, O_RDWR_CREAT_EXCL, 0o600);
  // The name goes at once: nothing stays in /dev/shm, whoever is killed next.
  if (fd >= 0) c.shm_unlink(name);
  return fd;
}

function map(fd: number, length: number, kind: SharedRegionKind, owner: boolean): SharedRegion {
  const c = libc();
  const address = c.mmap(0n, length, PROT_READ_WRITE, MAP_SHARED | MAP_NORESERVE, fd, 0);
  if (BigInt(address) === -1n) throw regionError(kind, 'could not be mapped', length);
  return new MappedRegion(kind, fd, { address: BigInt(address), length }, owner);
}

/** One mapping; it is undone when neither its region nor any view of it is left. */
interface Mapping {
  readonly address: bigint;
  readonly length: number;
}

// A view that a caller kept must never point at unmapped memory, so each buffer keeps the mapping that it lies in.
const mappingOf = new WeakMap<ArrayBuffer, Mapping>();
const mappings = new FinalizationRegistry<Mapping>(({ address, length }) => {
  libc().munmap(address, length);
});

class MappedRegion implements SharedRegion {
  readonly kind: SharedRegionKind;
  readonly byteLength: number;
  readonly #mapping: Mapping;
  readonly #owner: boolean;
  #fd: number;

  constructor(kind: SharedRegionKind, fd: number, mapping: Mapping, owner: boolean) {
    this.kind = kind;
    this.#fd = fd;
    this.byteLength = mapping.length;
    this.#mapping = mapping;
    this.#owner = owner;
    mappings.register(mapping, { ...mapping });
  }

  get fd(): number {
    return this.#fd;
  }

  view(offset: number, length: number): Uint8Array {
    if (offset < 0 || length < 1 || offset + length > this.byteLength)
      throw new RangeError(`There are no ${String(length)} bytes at ${String(offset)} of a region.`);
    const buffer = libc().view(this.#mapping.address + BigInt(offset), length);
    mappingOf.set(buffer, this.#mapping);
    return new Uint8Array(buffer);
  }

  commit(offset: number, length: number): void {
    if (process.platform !== 'linux' || this.#fd < 0) return;
    if (libc().fallocate(this.#fd, 0, offset, length) !== 0) throw regionError(this.kind, 'has no memory left', length);
  }

  decommit(offset: number, length: number): void {
    if (process.platform !== 'linux' || this.#fd < 0) return;
    const start = Math.ceil(offset / PAGE) * PAGE;
    const end = Math.floor((offset + length) / PAGE) * PAGE;
    if (end > start) libc().fallocate(this.#fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, start, end - start);
  }

  close(): void {
    if (this.#fd < 0) return;
    // Only who made it may take the memory away from both sides.
    if (this.#owner) this.decommit(0, this.byteLength);
    closeSync(this.#fd);
    this.#fd = -1;
  }
}

function regionError(kind: SharedRegionKind, what: string, length: number): FramerailError {
  const system = errnoName(libc().errno());
  return new FramerailError(
    'FR_MEMORY_REGION',
    `A shared memory region (${kind}, ${String(length)} bytes) ${what}: ${system}.`,
    { details: { kind, length, system } },
  );
}
