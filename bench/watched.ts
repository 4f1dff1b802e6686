// Runs one command of a side, and watches the memory of all its processes where that is wanted.
import { runChild } from './child.js';
import { watchMemory, type MemoryWatch } from './memory-peak.js';

/** 300 frames take some seconds; longer clips may take their time too. */
const DEADLINE = 600_000;

/** Runs it to its end. */
export async function runWatched(
  program: string,
  args: readonly string[],
  watched: boolean,
): Promise<{ stdout: string; wall: number; peakMemory: number | undefined }> {
  let watch: MemoryWatch | undefined;
  try {
    const result = await runChild(program, args, {
      deadline: DEADLINE,
      onStart: (pid) => {
        if (watched) watch = watchMemory(pid);
      },
    });
    return { ...result, peakMemory: watch?.stop() };
  } finally {
    watch?.stop();
  }
}
