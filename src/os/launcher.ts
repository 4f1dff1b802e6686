// The smallest program that can put rules of Landlock into force and then become another program. Rules hold for the thread that
// asks for them and for what comes of it, and threads of libuv and V8 run before any JavaScript does: node itself would have to ask
// and then execute itself once more, which costs a whole start. This program has one thread and takes no time. It also takes from
// node, before it starts, what a filter of system calls could not take back.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { systemCode } from '../base/index.js';
import { ALLOW, assemble, DATA, ENOSYS, ERRNO, INSTRUCTION_BYTES } from './bpf.js';

/** The descriptor at which it expects the rules, and which it closes: the one behind a worker's region. */
export const RULESET_FD = 5;

/**
 * `prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)`, `seccomp(SECCOMP_SET_MODE_FILTER, 0, &program)`, `landlock_restrict_self(5, 0)`,
 * `close(5)`, `execve(argv[1], argv + 1, environment)`. What the kernel refuses is passed over: the worker finds out what it got.
 * It ends with 126 where the program is not there, and with 0 without an argument.
 */
const X64 = [
  '488b1c24 4883fb01 7e63', // mov (%rsp),%rbx; cmp $1,%rbx; jle ok
  'bf26000000 be01000000 31d2 4531d2 4531c0 b89d000000 0f05', // prctl
  'bf01000000 31f6 ba78004000 b83d010000 0f05', // seccomp
  'bf05000000 31f6 b8be010000 0f05', // landlock_restrict_self
  'bf05000000 b803000000 0f05', // close
  '488b7c2410 488d742410 488d54dc10 b83b000000 0f05', // mov 16(%rsp),%rdi; lea 16(%rsp),%rsi; lea 16(%rsp,%rbx,8),%rdx; execve
  'bf7e000000 eb02', // mov $126,%edi; jmp out
  '31ff', // ok: xor %edi,%edi
  'b8e7000000 0f05', // out: exit_group
];

/** The same; instructions as numbers of 32 bits. */
const ARM64 = [
  ...[0xf94003f3, 0xf100067f, 0x5400038d], // ldr x19,[sp]; cmp x19,#1; b.le ok
  ...[0xd28004c0, 0xd2800021, 0xd2800002, 0xd2800003, 0xd2800004, 0xd28014e8, 0xd4000001], // prctl
  ...[0xd2800020, 0xd2800001, 0xd2800f02, 0xf2a00802, 0xd28022a8, 0xd4000001], // seccomp
  ...[0xd28000a0, 0xd2800001, 0xd28037c8, 0xd4000001], // landlock_restrict_self
  ...[0xd28000a0, 0xd2800728, 0xd4000001], // close
  ...[0xf9400be0, 0x910043e1, 0x8b130c22, 0xd2801ba8, 0xd4000001], // ldr x0,[sp,#16]; add x1,sp,#16; add x2,x1,x19,lsl#3; execve
  ...[0xd2800fc0, 0x14000002], // mov x0,#126; b out
  0xd2800000, // ok: mov x0,#0
  ...[0xd2800bc8, 0xd4000001], // out: exit_group
];

/**
 * libuv keeps an io_uring from the start of node on, where it gets one, and sends through it what is not to be sent: a filter does not
 * see what goes through a ring. Without one it makes plain calls. The number of io_uring_setup is the same on all architectures.
 */
const EARLY_FILTER = assemble([
  { op: 'load', offset: DATA.number },
  { op: 'equal', value: 425, then: 'missing' },
  { op: 'return', value: ALLOW },
  { op: 'place', name: 'missing' },
  { op: 'return', value: ERRNO | ENOSYS },
]);

/** The architectures that have such a program, as Node.js calls them. */
export const LAUNCHER_ARCHS = ['x64', 'arm64'] as const;

const [EM_X86_64, EM_AARCH64] = [62, 183];
const [HEADER, SEGMENT] = [64, 56];
/** Where it lies in memory: its first page is not at 0, where none may be. */
const BASE = 0x400000n;

/** The file of the program: an ELF executable of one segment, which is read-only and executable. */
export function launcherProgram(arch: (typeof LAUNCHER_ARCHS)[number]): Buffer {
  const code =
    arch === 'x64' ? Buffer.from(X64.join('').replaceAll(' ', ''), 'hex') : Buffer.from(Uint32Array.from(ARM64).buffer);
  const head = Buffer.alloc(HEADER + SEGMENT);
  // struct sock_fprog, the address of which is written in the code: how many instructions, and where they are.
  const filter = Buffer.alloc(16);
  filter.writeUInt16LE(EARLY_FILTER.length / INSTRUCTION_BYTES, 0);
  filter.writeBigUInt64LE(BASE + BigInt(head.length + filter.length), 8);
  const start = BigInt(head.length + filter.length + EARLY_FILTER.length);
  const length = start + BigInt(code.length);
  head.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]); // ELF, 64 bits, little-endian
  head.writeUInt16LE(2, 16); // an executable
  head.writeUInt16LE(arch === 'x64' ? EM_X86_64 : EM_AARCH64, 18);
  head.writeUInt32LE(1, 20);
  head.writeBigUInt64LE(BASE + start, 24); // where it begins
  head.writeBigUInt64LE(BigInt(HEADER), 32); // where its list of segments is
  for (const [i, value] of [HEADER, SEGMENT, 1, 64].entries()) head.writeUInt16LE(value, 52 + 2 * i);
  head.writeUInt32LE(1, HEADER); // a segment that is loaded
  head.writeUInt32LE(5, HEADER + 4); // to be read and executed
  for (const [i, value] of [0n, BASE, BASE, length, length, 0x10000n].entries())
    head.writeBigUInt64LE(value, HEADER + 8 + 8 * i);
  return Buffer.concat([head, filter, EARLY_FILTER, code]);
}

/** Where the build writes the program of an architecture. */
export function launcherPath(arch: string = process.arch): string {
  return fileURLToPath(new URL(`./launcher-${arch}`, import.meta.url));
}

/** How long the program may take to show that it runs, in milliseconds. */
const TRIAL = 5000;
let trial: string | true | undefined;

/**
 * Whether the program runs here, found out once, by having it start itself.
 * @returns true, or why not
 */
export function launcherRuns(): string | true {
  trial ??= tryLauncher();
  return trial;
}

function tryLauncher(): string | true {
  const path = launcherPath();
  const { status, error } = spawnSync(path, [path], { stdio: 'ignore', env: {}, timeout: TRIAL });
  if (status === 0) return true;
  return error === undefined
    ? `the launcher ended with ${String(status)}`
    : `the launcher does not start (${systemCode(error)})`;
}
