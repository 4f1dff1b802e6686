// A list that grows while a test waits for something in it: tests wait for events, never for time to pass.

/** Milliseconds until what is waited for must have come. */
const PATIENCE = 15_000;

/** Things that happened, in their order. */
export class Journal<T> {
  readonly items: T[] = [];
  readonly #waiting = new Set<() => void>();

  push(item: T): void {
    this.items.push(item);
    for (const look of [...this.#waiting]) look();
  }

  /** Waits for the first item that fits, also among those that are there. */
  async find(fits: (item: T) => boolean, what = 'what was waited for', patience = PATIENCE): Promise<T> {
    const seen = this.items.find(fits);
    if (seen !== undefined) return seen;
    let at = this.items.length;
    return await new Promise<T>((resolve, reject) => {
      const end = (): void => {
        clearTimeout(late);
        this.#waiting.delete(look);
      };
      const look = (): void => {
        for (; at < this.items.length; at++) {
          const item = this.items[at];
          if (item === undefined || !fits(item)) continue;
          end();
          resolve(item);
          return;
        }
      };
      const late = setTimeout(() => {
        end();
        reject(new Error(`Waited ${String(patience)} ms for ${what}; ${String(this.items.length)} other things came`));
      }, patience);
      this.#waiting.add(look);
    });
  }

  /** Waits until so many items fit. */
  async count(count: number, fits: (item: T) => boolean, what = 'as many as were waited for'): Promise<T[]> {
    const all = (): T[] => this.items.filter(fits);
    await this.find(() => all().length >= count, what);
    return all();
  }
}
