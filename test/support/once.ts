// What several tests compare with, made for the first of them that asks.

/** Calls `make` once, and gives everybody what it made. */
export function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}
