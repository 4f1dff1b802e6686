// What a process may do, found out by trying it on its main thread and on one of libuv's pool: nothing comes of what is tried.
import { closeSync, constants, opendirSync, openSync } from 'node:fs';
import { open, opendir } from 'node:fs/promises';
import { constants as os } from 'node:os';
import { systemCode } from '../base/index.js';
import { libc } from './libc.js';

/** What is refused to a process, on each kind of thread that was tried. */
export interface SandboxRefusals {
  /** To run a program, in this process or in another. */
  readonly programs: boolean;
  /** To make a socket of the internet, or of this machine. */
  readonly network: boolean;
  /** To write to a file by its name. */
  readonly writing: boolean;
  /** To read a file, and to list a folder, outside of what is allowed. */
  readonly reading: boolean;
}

/** A program that is not there: it could not be found, were it allowed to look. */
const PROGRAM = '/nonexistent/framerail-probe';
/** What any process may always read, and write to, as far as permissions go; no rules of a worker allow them. */
const READABLE = '/proc/self/stat';
const WRITABLE = '/proc/self/comm';
const FOLDER = '/';
const [AF_UNIX, AF_INET, SOCK_STREAM] = [1, 2, 1];
const { EPERM } = os.errno;

/** What is refused on the main thread and on a thread of the pool alike. */
export async function probe(): Promise<SandboxRefusals> {
  const [main, pool] = [probeHere(), await probePool()];
  return {
    programs: main.programs && pool.programs,
    network: main.network && pool.network,
    writing: main.writing && pool.writing,
    reading: main.reading && pool.reading,
  };
}

function probeHere(): SandboxRefusals {
  const c = libc();
  const noSocket = (domain: number): boolean => {
    const fd = c.socket(domain, SOCK_STREAM, 0);
    if (fd >= 0) closeSync(fd);
    return fd < 0 && c.errno() === EPERM;
  };
  const noExec = c.execve(PROGRAM, [PROGRAM, null], [null]) === -1 && c.errno() === EPERM;
  return {
    programs: noExec && c.posix_spawn(PROGRAM) === EPERM,
    network: noSocket(AF_INET) && noSocket(AF_UNIX),
    writing: isRefused(() => {
      closeSync(openSync(WRITABLE, constants.O_WRONLY));
    }),
    reading:
      isRefused(() => {
        closeSync(openSync(READABLE, constants.O_RDONLY));
      }) &&
      isRefused(() => {
        opendirSync(FOLDER).closeSync();
      }),
  };
}

async function probePool(): Promise<SandboxRefusals> {
  const { inPool } = libc();
  // How a call failed is not told from there; UNIX has sockets wherever there are files.
  const noSocket = async (domain: number): Promise<boolean> => {
    const fd = await inPool.socket(domain);
    if (fd >= 0) closeSync(fd);
    return fd < 0;
  };
  return {
    programs: (await inPool.posix_spawn(PROGRAM)) === EPERM,
    network: (await noSocket(AF_INET)) && (await noSocket(AF_UNIX)),
    writing: await isRefusedLater(async () => (await open(WRITABLE, constants.O_WRONLY)).close()),
    reading:
      (await isRefusedLater(async () => (await open(READABLE, constants.O_RDONLY)).close())) &&
      (await isRefusedLater(async () => (await opendir(FOLDER)).close())),
  };
}

function isRefused(attempt: () => void): boolean {
  try {
    attempt();
    return false;
  } catch (error) {
    return isRefusal(error);
  }
}

async function isRefusedLater(attempt: () => Promise<void>): Promise<boolean> {
  try {
    await attempt();
    return false;
  } catch (error) {
    return isRefusal(error);
  }
}

/** What is not there proves nothing. */
function isRefusal(error: unknown): boolean {
  return /^(EPERM|EACCES)$/.test(systemCode(error));
}
