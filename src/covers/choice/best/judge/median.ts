// The middle of some figures.

/** The median; undefined of nothing. */
export function median(values: readonly number[]): number | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const [upper, lower] = [sorted[middle], sorted[middle - 1]];
  return upper === undefined || lower === undefined || sorted.length % 2 === 1 ? upper : (upper + lower) / 2;
}
