// The filter of system calls that a locked-down worker runs under, on every one of its threads.
import { errnoName, libc } from './libc.js';
import { ALLOW, assemble, DATA, ENOSYS, EPERM, ERRNO, INSTRUCTION_BYTES, type Instruction } from './bpf.js';
import { LOOKED_AT, numberOf, REFUSED, USED, type SyscallNumbers } from './syscall-numbers.js';

/** What a filter is made for. */
export interface FilterSetup {
  /** The architecture, as Node.js calls it: `x64` or `arm64`. */
  readonly arch: string;
  /** The process that it is for: the only one that it may send signals to. */
  readonly pid: number;
  /** Whether files may be opened for writing: drivers of hardware open their devices so. */
  readonly opensForWriting: boolean;
}

/** AUDIT_ARCH_X86_64 and AUDIT_ARCH_AARCH64: the numbers of calls mean something else under any other. */
const ARCHS: Readonly<Record<string, number>> = { x64: 0xc000003e, arm64: 0xc00000b7 };
/** Calls of the x32 ABI have this bit and come as x86-64. */
const X32 = 0x40000000;
const CLONE_THREAD = 0x00010000;
/** O_WRONLY, O_RDWR, O_CREAT, O_TRUNC and __O_TMPFILE; the same on both architectures. */
const WRITES = 0o1 | 0o2 | 0o100 | 0o1000 | 0o20000000;
/** Puts keystrokes into a terminal, and what the console does beside: TIOCSTI and TIOCLINUX. */
const TERMINAL = [0x5412, 0x541c];

/** Whether there is a filter for an architecture. */
export function hasFilter(arch: string = process.arch): boolean {
  return arch in ARCHS;
}

/** The filter for a process; what it refuses fails with EPERM, and what has a fallback in the C library is not there (ENOSYS). */
export function workerFilter({ arch, pid, opensForWriting }: FilterSetup): Buffer {
  const rules: Instruction[] = [
    { op: 'load', offset: DATA.arch },
    { op: 'equal', value: ARCHS[arch] ?? 0, otherwise: 'refuse' },
    { op: 'load', offset: DATA.number },
    ...(arch === 'x64' ? [{ op: 'at-least', value: X32, then: 'refuse' } as const] : []),
  ];
  /** Goes on with `test` for this call alone; it must end in a jump on both sides. */
  const look = (name: keyof typeof LOOKED_AT, argument: number, test: readonly Instruction[]): void => {
    const value = numberOf(LOOKED_AT[name], arch);
    if (value === undefined) return;
    rules.push({ op: 'equal', value, otherwise: `after ${name}` });
    rules.push({ op: 'load', offset: DATA.argument(argument) }, ...test, { op: 'place', name: `after ${name}` });
  };
  const only = (value: number): Instruction => ({ op: 'equal', value, then: 'allow', otherwise: 'refuse' });
  look('clone', 0, [{ op: 'any-bit', value: CLONE_THREAD, then: 'allow', otherwise: 'refuse' }]);
  look('kill', 0, [only(pid)]);
  look('tgkill', 0, [only(pid)]);
  look('prlimit64', 0, [{ op: 'equal', value: 0, then: 'allow' }, only(pid)]);
  const [first = 0, second = 0] = TERMINAL;
  look('ioctl', 1, [
    { op: 'equal', value: first, then: 'refuse' },
    { op: 'equal', value: second, then: 'refuse', otherwise: 'allow' },
  ]);
  if (!opensForWriting) {
    look('open', 1, [{ op: 'any-bit', value: WRITES, then: 'refuse', otherwise: 'allow' }]);
    look('openat', 2, [{ op: 'any-bit', value: WRITES, then: 'refuse', otherwise: 'allow' }]);
  }
  // Their arguments lie in memory, where no filter can look: whoever calls them asks again by the older call.
  for (const name of ['clone3', 'openat2'] as const) {
    const value = numberOf(LOOKED_AT[name], arch);
    if (value !== undefined) rules.push({ op: 'equal', value, then: 'missing' });
  }
  for (const group of Object.values(REFUSED))
    for (const numbers of Object.values<SyscallNumbers>(group)) {
      const value = numberOf(numbers, arch);
      if (value !== undefined) rules.push({ op: 'equal', value, then: 'refuse' });
    }
  rules.push({ op: 'place', name: 'allow' }, { op: 'return', value: ALLOW });
  rules.push({ op: 'place', name: 'refuse' }, { op: 'return', value: ERRNO | EPERM });
  rules.push({ op: 'place', name: 'missing' }, { op: 'return', value: ERRNO | ENOSYS });
  return assemble(rules);
}

const PR_SET_NO_NEW_PRIVS = 38;
const SECCOMP_SET_MODE_FILTER = 1;
const SECCOMP_FILTER_FLAG_TSYNC = 1;

/**
 * Puts this process, with every thread that it has and will have, under a filter for good.
 * @returns why it could not, in the words of the kernel; undefined where it could
 */
export function installFilter(filter: Buffer): string | undefined {
  const c = libc();
  const [prctl, seccomp] = [numberOf(USED.prctl), numberOf(USED.seccomp)];
  if (prctl === undefined || seccomp === undefined) return `no filter for ${process.arch}`;
  if (c.syscall(prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) !== 0) return errnoName(c.errno());
  // struct sock_fprog: how many instructions, and behind the gap where they are.
  const program = Buffer.alloc(16);
  program.writeUInt16LE(filter.length / INSTRUCTION_BYTES, 0);
  program.writeBigUInt64LE(BigInt(c.addressOf(filter)), 8);
  const failed = c.syscall(seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, c.addressOf(program), 0, 0);
  if (failed === 0) return undefined;
  // Above zero it names a thread that has a filter of its own: then none was put under this one.
  return failed > 0 ? `thread ${String(failed)} has a filter of its own` : errnoName(c.errno());
}
