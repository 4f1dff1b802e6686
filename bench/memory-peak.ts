// Watches the memory of a process and its descendants while they work, and keeps the peak.
import { processTree, proportionalMemory } from './proc.js';

/** Milliseconds between two looks. */
const INTERVAL = 50;
/** Looks between two searches for new processes: a search reads every process of the machine. */
const SEARCH_EVERY = 5;

/** A watch over one process tree. */
export interface MemoryWatch {
  /** Ends the watch. @returns the peak in bytes; undefined where memory cannot be read */
  stop(): number | undefined;
}

/** Starts a watch. */
export function watchMemory(root: number): MemoryWatch {
  let tree: number[] = [];
  let looks = 0;
  let peak: number | undefined;
  const timer = setInterval(() => {
    if (looks++ % SEARCH_EVERY === 0) tree = processTree(root);
    const now = proportionalMemory(tree);
    if (now !== undefined && now > (peak ?? 0)) peak = now;
  }, INTERVAL);
  return {
    stop: () => {
      clearInterval(timer);
      return peak;
    },
  };
}
