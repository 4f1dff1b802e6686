// Programs of classic BPF, the language in which the kernel takes filters of system calls, put together with names for places.

/** One instruction; jumps name where they lead, and go on with the next instruction without a name. */
export type Instruction =
  /** Loads 32 bits of what is known of the call. @see DATA */
  | { readonly op: 'load'; readonly offset: number }
  | {
      readonly op: 'equal' | 'at-least' | 'any-bit';
      readonly value: number;
      readonly then?: string;
      readonly otherwise?: string;
    }
  /** Ends the program with what becomes of the call. */
  | { readonly op: 'return'; readonly value: number }
  /** A place that jumps can name. */
  | { readonly op: 'place'; readonly name: string };

/** Where what is known of a call lies: `struct seccomp_data`, on machines whose numbers begin with their low half. */
export const DATA = {
  number: 0,
  arch: 4,
  /** The low 32 bits of an argument. */
  argument: (index: number): number => 16 + 8 * index,
} as const;

/** What becomes of a call: it is made, or it fails with an error number that is added to the second of these. */
export const [ALLOW, ERRNO] = [0x7fff0000, 0x00050000] as const;
/** The error numbers that filters answer with. */
export const [EPERM, ENOSYS] = [1, 38] as const;
/** Bytes of one instruction. */
export const INSTRUCTION_BYTES = 8;

const CODES = { load: 0x20, equal: 0x15, 'at-least': 0x35, 'any-bit': 0x45, return: 0x06 } as const;
/** Jumps lead forward, by what fits into a byte. */
const FARTHEST = 255;

/** The program as the kernel takes it: an array of `struct sock_filter`. */
export function assemble(program: readonly Instruction[]): Buffer {
  const places = new Map<string, number>();
  const code: Exclude<Instruction, { op: 'place' }>[] = [];
  for (const one of program)
    if (one.op === 'place') places.set(one.name, code.length);
    else code.push(one);
  const bytes = Buffer.alloc(code.length * INSTRUCTION_BYTES);
  for (const [i, one] of code.entries()) {
    const jump = (name: string | undefined): number => {
      const distance = name === undefined ? 0 : (places.get(name) ?? -1) - i - 1;
      if (distance < 0 || distance > FARTHEST) throw new RangeError(`A filter cannot jump to ${String(name)}.`);
      return distance;
    };
    const jumps = 'value' in one && one.op !== 'return';
    bytes.writeUInt16LE(CODES[one.op], i * INSTRUCTION_BYTES);
    bytes.writeUInt8(jumps ? jump(one.then) : 0, i * INSTRUCTION_BYTES + 2);
    bytes.writeUInt8(jumps ? jump(one.otherwise) : 0, i * INSTRUCTION_BYTES + 3);
    bytes.writeUInt32LE('value' in one ? one.value : one.offset, i * INSTRUCTION_BYTES + 4);
  }
  return bytes;
}
