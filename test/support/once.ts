// What several tests compare with, made for the first of them that asks.

/** Calls `make` once, and gives everybody what it made. */
export function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}

/** The same for each list of arguments, which are plain data. */
export function onceEach<Arguments extends unknown[], T>(
  make: (...args: Arguments) => Promise<T>,
): (...args: Arguments) => Promise<T> {
  const made = new Map<string, Promise<T>>();
  return (...args) => {
    const key = JSON.stringify(args);
    const known = made.get(key) ?? make(...args);
    made.set(key, known);
    return known;
  };
}
