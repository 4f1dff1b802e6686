// The native door to the C library, through koffi; loaded on first use so that nobody else pays for it.
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import type * as Koffi from 'koffi';
import { FramerailError } from '../base/index.js';

/** The C functions that the engine calls; every count is in bytes. */
export interface Libc {
  memfd_create(name: string, flags: number): number;
  shm_open(name: string, flags: number, mode: number): number;
  shm_unlink(name: string): number;
  ftruncate(fd: number, length: number): number;
  /** fcntl(fd, F_ADD_SEALS, seals). */
  addSeals(fd: number, seals: number): number;
  fallocate(fd: number, mode: number, offset: number, length: number): number;
  mmap(address: bigint, length: number, protection: number, flags: number, fd: number, offset: number): number | bigint;
  munmap(address: bigint, length: number): number;
  /** prctl(PR_SET_PDEATHSIG, signal). */
  setParentDeathSignal(signal: number): number;
  /** Ends the process at once, from any thread, without running anything else. */
  _exit(code: number): void;
  /** The memory at `address` as an ArrayBuffer that does not own it. */
  view(address: bigint, length: number): ArrayBuffer;
  /** The error number of the last call. */
  errno(): number;
}

const F_ADD_SEALS = 1033;
const PR_SET_PDEATHSIG = 1;

let loaded: Libc | undefined;

/** The C library; throws FR_ENGINE_LOAD where koffi or a POSIX C library is missing. */
export function libc(): Libc {
  loaded ??= load();
  return loaded;
}

function load(): Libc {
  if (process.platform === 'win32')
    throw new FramerailError('FR_ENGINE_LOAD', 'Shared memory through the C library needs a POSIX system.');
  try {
    return bind(createRequire(import.meta.url)('koffi') as typeof Koffi);
  } catch (cause) {
    throw new FramerailError('FR_ENGINE_LOAD', 'The C library could not be reached through koffi on this machine.', {
      cause,
    });
  }
}

function bind(koffi: typeof Koffi): Libc {
  const library = koffi.load(null);
  const missing = (name: string) => (): number => {
    throw new FramerailError('FR_ENGINE_LOAD', `This C library has no ${name}.`);
  };
  // koffi's functions are untyped; this is the one place that says what they take and give.
  const func = (definition: string): never => library.func(definition) as never;
  const optional = (name: string, definition: string): never => {
    try {
      return func(definition);
    } catch {
      return missing(name) as never;
    }
  };
  const fcntl: (fd: number, command: number, type: 'int', value: number) => number = func(
    'int fcntl(int fd, int command, ...)',
  );
  const prctl: (option: number, type: 'unsigned long', value: number) => number = optional(
    'prctl',
    'int prctl(int option, ...)',
  );
  return {
    memfd_create: optional('memfd_create', 'int memfd_create(const char *name, unsigned int flags)'),
    shm_open: optional('shm_open', 'int shm_open(const char *name, int flags, unsigned int mode)'),
    shm_unlink: optional('shm_unlink', 'int shm_unlink(const char *name)'),
    ftruncate: func('int ftruncate(int fd, int64_t length)'),
    addSeals: (fd, seals) => fcntl(fd, F_ADD_SEALS, 'int', seals),
    fallocate: optional('fallocate', 'int fallocate(int fd, int mode, int64_t offset, int64_t length)'),
    mmap: func('intptr_t mmap(intptr_t address, size_t length, int protection, int flags, int fd, int64_t offset)'),
    munmap: func('int munmap(intptr_t address, size_t length)'),
    setParentDeathSignal: (signal) => prctl(PR_SET_PDEATHSIG, 'unsigned long', signal),
    _exit: func('void _exit(int code)'),
    view: (address, length) => koffi.view(address, length),
    errno: () => koffi.errno(),
  };
}

/** The name of an error number, such as ENOMEM. */
export function errnoName(number: number): string {
  return Object.entries(constants.errno).find(([, value]) => value === number)?.[0] ?? `errno ${String(number)}`;
}
