// Runs a filter of system calls as the kernel would, for calls of any architecture.

/** A system call. */
export interface Call {
  readonly number: number;
  readonly arch: number;
  readonly args?: readonly (number | bigint)[];
}

/** What a filter says of a call: the name of what becomes of it. */
export function judge(filter: Buffer, { number, arch, args = [] }: Call): 'allow' | 'EPERM' | 'ENOSYS' {
  const data = Buffer.alloc(64);
  data.writeInt32LE(number, 0);
  data.writeUInt32LE(arch, 4);
  for (const [i, value] of args.entries()) data.writeBigUInt64LE(BigInt.asUintN(64, BigInt(value)), 16 + 8 * i);
  const verdict = run(filter, data);
  const names = new Map([
    [0x7fff0000, 'allow'],
    [0x00050001, 'EPERM'],
    [0x00050026, 'ENOSYS'],
  ] as const);
  const name = names.get(verdict as 0x7fff0000);
  if (name === undefined) throw new Error(`The filter answers ${verdict.toString(16)}.`);
  return name;
}

function run(filter: Buffer, data: Buffer): number {
  let loaded = 0;
  for (let at = 0; at < filter.length; at += 8) {
    const value = filter.readUInt32LE(at + 4);
    const jump = (is: boolean): number => filter.readUInt8(at + (is ? 2 : 3)) * 8;
    const code = filter.readUInt16LE(at);
    if (code === 0x20) loaded = data.readUInt32LE(value);
    else if (code === 0x15) at += jump(loaded === value);
    else if (code === 0x35) at += jump(loaded >= value);
    else if (code === 0x45) at += jump((loaded & value) !== 0);
    else if (code === 0x06) return value;
    else throw new Error(`The filter has the instruction ${code.toString(16)}.`);
  }
  throw new Error('The filter has no end.');
}
