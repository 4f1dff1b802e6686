// Rules of Landlock: what a process, and all that comes of it, may still do with files, TCP and other processes. They are made here,
// held by a descriptor, and put into force by the process that inherits it (see `launcher.ts`).
import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { errnoName, libc } from './libc.js';
import { numberOf, USED } from './syscall-numbers.js';

/** What a process may do with files; everything else is refused. */
export interface FileRules {
  /** Files that may be read, and folders with all that is in them. What does not exist is left out. */
  readonly read: readonly string[];
  /** Devices that may also be written to and controlled. */
  readonly devices: readonly string[];
}

/** Rules that are held by a descriptor. */
export interface Ruleset {
  readonly fd: number;
  /** Lets go of it; who inherited it before still has it. */
  close(): void;
}

const CREATE_RULESET_VERSION = 1;
const RULE_PATH_BENEATH = 1;
const O_PATH = 0o10000000;

const WRITE_FILE = 1n << 1n;
const READ_FILE = 1n << 2n;
const READ_DIR = 1n << 3n;
/** From REMOVE_DIR to MAKE_SYM: all that changes folders. */
const CHANGES = 0x1ff0n;
/** With which version of Landlock a right came. EXECUTE is left to seccomp: node itself is still to be executed. */
const FILE_RIGHTS: readonly (readonly [version: number, rights: bigint])[] = [
  [1, WRITE_FILE | READ_FILE | READ_DIR | CHANGES],
  [2, 1n << 13n], // REFER: to link and rename from one folder to another
  [3, 1n << 14n], // TRUNCATE
  [5, 1n << 15n], // IOCTL_DEV
];
/** BIND_TCP and CONNECT_TCP: without a rule that says which ports, none. */
const [NETWORK_VERSION, NETWORK_RIGHTS] = [4, 3n];
/** Abstract sockets of UNIX and signals: those within the domain of the process alone. */
const [SCOPE_VERSION, SCOPES] = [6, 3n];
/** Without a right of their own, files could be emptied that may only be read. */
const WRITING_VERSION = 3;

/** The version of Landlock that this kernel has, or why it has none. */
export function landlockVersion(): number | string {
  const create = numberOf(USED.landlock_create_ruleset);
  if (process.platform !== 'linux' || create === undefined)
    return `not asked for on ${process.platform}-${process.arch}`;
  const version = libc().syscall(create, 0, 0, CREATE_RULESET_VERSION, 0, 0);
  return version > 0 ? version : errnoName(libc().errno());
}

/** Whether this kernel can let a process write to some files without letting it empty others. */
export function canAllowWriting(version: number): boolean {
  return version >= WRITING_VERSION;
}

/**
 * Makes rules of all that the kernel's version of Landlock can refuse.
 * @returns the rules, or why there are none in the words of the kernel
 */
export function makeRuleset(version: number, { read, devices }: FileRules): Ruleset | string {
  const c = libc();
  const create = numberOf(USED.landlock_create_ruleset) ?? -1;
  const handled = FILE_RIGHTS.reduce((all, [since, rights]) => (version >= since ? all | rights : all), 0n);
  const attributes = [
    handled,
    ...(version >= NETWORK_VERSION ? [NETWORK_RIGHTS] : []),
    ...(version >= SCOPE_VERSION ? [SCOPES] : []),
  ];
  const bytes = Buffer.from(BigUint64Array.from(attributes).buffer);
  const fd = c.syscall(create, c.addressOf(bytes), bytes.byteLength, 0, 0, 0);
  if (fd < 0) return errnoName(c.errno());
  const ruleset = {
    fd,
    close: () => {
      closeSync(fd);
    },
  };
  const reading = READ_FILE | READ_DIR;
  const refused = addRules(fd, read, reading) ?? addRules(fd, devices, handled & (reading | WRITE_FILE | (1n << 15n)));
  if (refused === undefined) return ruleset;
  ruleset.close();
  return refused;
}

/** Allows something beneath each of the paths. @returns why not, in the words of the kernel */
function addRules(ruleset: number, paths: readonly string[], rights: bigint): string | undefined {
  const c = libc();
  const add = numberOf(USED.landlock_add_rule) ?? -1;
  for (const path of paths) {
    const fd = openPath(path);
    if (fd === undefined) continue;
    try {
      // struct landlock_path_beneath_attr, which is packed. What is no folder takes no right of folders.
      const rule = Buffer.alloc(12);
      rule.writeBigUInt64LE(fstatSync(fd).isDirectory() ? rights : rights & ~READ_DIR, 0);
      rule.writeInt32LE(fd, 8);
      if (c.syscall(add, ruleset, RULE_PATH_BENEATH, c.addressOf(rule), 0, 0) !== 0) return errnoName(c.errno());
    } finally {
      closeSync(fd);
    }
  }
  return undefined;
}

function openPath(path: string): number | undefined {
  try {
    return openSync(path, O_PATH | constants.O_RDONLY);
  } catch {
    return undefined;
  }
}
