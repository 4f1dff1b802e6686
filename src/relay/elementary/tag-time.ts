// The time that a tag has room for.

const WRAP = 2 ** 32;

/** Milliseconds of any size, also below zero, as a tag tells them: whole, modulo 2^32. */
export function tagTime(milliseconds: number): number {
  return ((Math.round(milliseconds) % WRAP) + WRAP) % WRAP;
}
