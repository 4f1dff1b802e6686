// Nobody waits long for a disk or a device: what takes longer than it may goes on by itself, and is done without.

/** Parts that a time is waited in: a thread that is busy for long misses one of them, and then hears what came meanwhile. */
const PARTS = 4;

/** Waits for something; rejects with a system error ETIMEDOUT when it takes longer than some milliseconds. */
export async function inTime<Result>(work: Promise<Result>, milliseconds: number): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const wait = (parts: number): void => {
      if (parts === 0) reject(Object.assign(new Error('It took too long'), { code: 'ETIMEDOUT' }));
      else timer = setTimeout(wait, milliseconds / PARTS, parts - 1);
    };
    wait(PARTS);
  });
  // Once nobody waits for it, it may still fail.
  work.catch(() => undefined);
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
