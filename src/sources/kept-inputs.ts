// What a thread keeps for its next source of blocks, and would keep its process alive: freed when an engine is closed.

const frees = new Set<() => void>();

/** Has something freed when no more work comes to this thread; it is called again whenever an engine is closed. */
export function freeWhenClosed(free: () => void): void {
  frees.add(free);
}

/** Frees what is kept and used by nobody now. */
export function freeKept(): void {
  for (const free of frees) free();
}
