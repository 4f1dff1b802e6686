// Arithmetic of grids: how far pictures are apart, and whether they rise and fall together.

/** The mean of the products of two differences, cell by cell. */
export function products(one: Float64Array, less: Float64Array, other: Float64Array, otherLess: Float64Array): number {
  let sum = 0;
  for (let cell = 0; cell < one.length; cell++)
    sum += ((one[cell] ?? 0) - (less[cell] ?? 0)) * ((other[cell] ?? 0) - (otherLess[cell] ?? 0));
  return sum / Math.max(1, one.length);
}

/** A grid and what its values are spread around. */
export interface Statistics {
  readonly grid: Float64Array;
  readonly mean: number;
  /** In levels. */
  readonly deviation: number;
}

/** The mean and the deviation of a grid. */
export function statistics(grid: Float64Array): Statistics {
  let sum = 0;
  for (let cell = 0; cell < grid.length; cell++) sum += grid[cell] ?? 0;
  const mean = sum / Math.max(1, grid.length);
  let squares = 0;
  for (let cell = 0; cell < grid.length; cell++) squares += ((grid[cell] ?? 0) - mean) ** 2;
  return { grid, mean, deviation: Math.sqrt(squares / Math.max(1, grid.length)) };
}

/** How much two pictures rise and fall together, -1 to 1; 0 where one of them is plain. */
export function correlation(one: Statistics, other: Statistics): number {
  if (one.deviation < 1e-9 || other.deviation < 1e-9) return 0;
  let sum = 0;
  for (let cell = 0; cell < one.grid.length; cell++)
    sum += ((one.grid[cell] ?? 0) - one.mean) * ((other.grid[cell] ?? 0) - other.mean);
  return sum / one.grid.length / one.deviation / other.deviation;
}

/** The mean absolute difference of two grids, in levels. */
export function differenceOf(one: Float64Array, other: Float64Array): number {
  let sum = 0;
  for (let cell = 0; cell < one.length; cell++) sum += Math.abs((one[cell] ?? 0) - (other[cell] ?? 0));
  return sum / Math.max(1, one.length);
}
