// The clock that all processes of a machine share.

/** Milliseconds of a clock that only goes forward and reads the same in every process of this machine. */
export function monotonicNow(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
