// What was asked for where: counts by template and segment, in which older uses weigh less and little evidence is filled up
// from wider circles.

/** In which surroundings something is asked for. */
export interface UseContext {
  /** What shows it, such as the name of a page or of a template. */
  readonly template?: string | undefined;
  /** Who sees it. */
  readonly segment?: string | undefined;
}

/** Counts of one circle. */
export type Counts = ReadonlyMap<string, number>;

interface Circle {
  readonly counts: Map<string, number>;
  total: number;
}

/**
 * Uses after which all counts of a circle are halved (the reset of TinyLFU: G. Einziger, R. Friedman, B. Manes, "TinyLFU: a
 * highly efficient cache admission policy", 2017), so that what was used then weighs half as much as what is used now.
 */
const [WINDOW, WIDEST_WINDOW] = [512, 8192];
/** What is left of a single use after three times that. */
const LEAST = 0.2;
/** Uses that a wider circle stands for (Dirichlet smoothing: C. Zhai and J. Lafferty, 2004). */
const PRIOR = 8;
/** Circles that are kept; the one that was used longest ago goes. */
const MOST_CIRCLES = 512;
/** The circle of everything. */
const ALL = '';

/** Counts uses. */
export class UseCounts {
  /** From the one that was used longest ago on. */
  readonly #circles = new Map<string, Circle>();

  /** Counts one use. */
  add(item: string, context: UseContext): void {
    for (const name of circlesOf(context)) {
      const circle = this.#circle(name);
      circle.counts.set(item, (circle.counts.get(item) ?? 0) + 1);
      circle.total += 1;
      if (circle.total > (name === ALL ? WIDEST_WINDOW : WINDOW)) halve(circle);
    }
  }

  /** How likely it is that the next one asked for in some surroundings is an item, 0 to 1. */
  share(item: string, { template, segment }: UseContext): number {
    const everywhere = this.#smoothed(ALL, item, 0);
    const wider: number[] = [];
    if (template !== undefined) wider.push(this.#smoothed(named('t', template), item, everywhere));
    if (segment !== undefined) wider.push(this.#smoothed(named('s', segment), item, everywhere));
    if (wider.length === 0) return everywhere;
    const mean = wider.reduce((sum, one) => sum + one, 0) / wider.length;
    if (template === undefined || segment === undefined) return mean;
    return this.#smoothed(named('ts', template, segment), item, mean);
  }

  /** How often an item was asked for in some surroundings, as far as that still counts. */
  count(item: string, context: UseContext): number {
    const narrowest = circlesOf(context).at(-1) ?? ALL;
    return this.#circles.get(narrowest)?.counts.get(item) ?? 0;
  }

  /** Items that may come next: those asked for most in each circle of some surroundings. @param most - of each circle */
  likely(context: UseContext, most: number): Set<string> {
    const found = new Set<string>();
    for (const name of circlesOf(context)) {
      const ranked = [...(this.#circles.get(name)?.counts ?? [])].sort((a, b) => b[1] - a[1]);
      for (const [item] of ranked.slice(0, most)) found.add(item);
    }
    return found;
  }

  /** Every circle and its counts, the one that was used last at the end. */
  *entries(): Generator<readonly [circle: string, counts: Counts]> {
    for (const [name, { counts }] of this.#circles) yield [name, counts];
  }

  /** Takes over what another process counted: of two counts the larger one, so that nothing counts twice. */
  merge(name: string, counts: Counts): void {
    const circle = this.#circle(name);
    for (const [item, count] of counts) {
      const known = circle.counts.get(item) ?? 0;
      if (count <= known) continue;
      circle.counts.set(item, count);
      circle.total += count - known;
    }
    while (circle.total > (name === ALL ? WIDEST_WINDOW : WINDOW)) halve(circle);
  }

  #smoothed(name: string, item: string, wider: number): number {
    const circle = this.#circles.get(name);
    if (circle === undefined) return wider;
    return ((circle.counts.get(item) ?? 0) + PRIOR * wider) / (circle.total + PRIOR);
  }

  #circle(name: string): Circle {
    const circle = this.#circles.get(name) ?? { counts: new Map<string, number>(), total: 0 };
    this.#circles.delete(name);
    this.#circles.set(name, circle);
    for (const oldest of this.#circles.keys()) {
      if (this.#circles.size <= MOST_CIRCLES) break;
      if (oldest !== ALL) this.#circles.delete(oldest);
    }
    return circle;
  }
}

/** The circles of some surroundings, from the widest on. */
function circlesOf({ template, segment }: UseContext): string[] {
  return [
    ALL,
    ...(template === undefined ? [] : [named('t', template)]),
    ...(segment === undefined ? [] : [named('s', segment)]),
    ...(template === undefined || segment === undefined ? [] : [named('ts', template, segment)]),
  ];
}

function named(...parts: readonly string[]): string {
  return JSON.stringify(parts);
}

function halve(circle: Circle): void {
  circle.total = 0;
  for (const [item, count] of circle.counts) {
    if (count / 2 < LEAST) circle.counts.delete(item);
    else {
      circle.counts.set(item, count / 2);
      circle.total += count / 2;
    }
  }
}
