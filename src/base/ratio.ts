// Fractions of whole numbers, as containers write time bases, frame rates and the shapes of pixels.

/** A fraction. */
export interface Ratio {
  readonly num: number;
  readonly den: number;
}

/** Denominators that broadcast rates such as 30000/1001 and rates of three decimals have. */
const DENOMINATORS = [1, 1001, 1000, 1_001_000];

/** A positive number as the fraction that was meant: 29.97 of NTSC becomes 30000/1001 only when it is that exactly. */
export function toRatio(value: number): Ratio {
  for (const den of DENOMINATORS) {
    const num = Math.round(value * den);
    if (num > 0 && Math.abs(num / den - value) < value * 1e-7) return reduced(num, den);
  }
  return reduced(Math.max(1, Math.round(value * 1_000_000)), 1_000_000);
}

/** A fraction in lowest terms. */
export function reduced(num: number, den: number): Ratio {
  const divisor = greatestDivisor(num, den);
  return { num: num / divisor, den: den / divisor };
}

function greatestDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestDivisor(b, a % b);
}
