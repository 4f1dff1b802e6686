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
  /** A system call by its number; -1 with an error number where the kernel refuses. */
  syscall(number: number, ...args: SyscallArguments): number;
  /** Where the memory of a buffer is; only as long as somebody else keeps the buffer. */
  addressOf(bytes: Uint8Array): bigint;
  /** `limits`: the soft and the hard one. */
  setrlimit(resource: number, limits: BigUint64Array): number;
  socket(domain: number, type: number, protocol: number): number;
  /** Ends with the error number, as no process comes of the path that it is asked for. */
  execve(path: string, args: readonly (string | null)[], env: readonly (string | null)[]): number;
  /** Calls for a program in a process of its own; an error number, or 0. */
  posix_spawn(path: string): number;
  /** The same two from a thread of libuv's pool; -1 is all that it says of an error. */
  inPool: {
    readonly socket: (domain: number) => Promise<number>;
    readonly posix_spawn: (path: string) => Promise<number>;
  };
  /** Ends the process at once, from any thread, without running anything else. */
  _exit(code: number): void;
  /** The memory at `address` as an ArrayBuffer that does not own it. */
  view(address: bigint, length: number): ArrayBuffer;
  /** The error number of the last call. */
  errno(): number;
}

/** Numbers, and addresses of memory. */
export type SyscallArguments = readonly [
  a: number | bigint,
  b: number | bigint,
  c: number | bigint,
  d: number | bigint,
  e: number | bigint,
];

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
  const socket: Pooled<[number, number, number]> = func('int socket(int domain, int type, int protocol)');
  const spawn: Pooled<SpawnArguments> = optional(
    'posix_spawn',
    'int posix_spawn(void *pid, const char *path, void *actions, void *attributes, const char **args, const char **env)',
  );
  const spawnArguments = (path: string): SpawnArguments => [new Int32Array(1), path, null, null, [path, null], [null]];
  return {
    syscall: optional(
      'syscall',
      'int64_t syscall(int64_t number, intptr_t a, intptr_t b, intptr_t c, intptr_t d, intptr_t e)',
    ),
    addressOf: (bytes) => BigInt(koffi.address(bytes)),
    setrlimit: func('int setrlimit(int resource, void *limits)'),
    socket,
    execve: func('int execve(const char *path, const char **args, const char **env)'),
    posix_spawn: (path) => spawn(...spawnArguments(path)),
    inPool: {
      socket: (domain) => inPool(socket, domain, SOCK_STREAM, 0),
      posix_spawn: (path) => inPool(spawn, ...spawnArguments(path)),
    },
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

const SOCK_STREAM = 1;
type SpawnArguments = [pid: Int32Array, path: string, null, null, args: (string | null)[], env: (string | null)[]];

/** A function of the C library that can also be called from a thread of libuv's pool. */
interface Pooled<Arguments extends unknown[]> {
  (...args: Arguments): number;
  readonly async: (...args: [...Arguments, (error: unknown, result: number) => void]) => void;
}

function inPool<Arguments extends unknown[]>(call: Pooled<Arguments>, ...args: Arguments): Promise<number> {
  return new Promise((resolve, reject) => {
    call.async(...args, (error, result) => {
      if (error === null || error === undefined) resolve(result);
      else reject(error instanceof Error ? error : new Error('A call on another thread failed.'));
    });
  });
}

/** The name of an error number, such as ENOMEM. */
export function errnoName(number: number): string {
  return Object.entries(constants.errno).find(([, value]) => value === number)?.[0] ?? `errno ${String(number)}`;
}
