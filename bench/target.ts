// A target: a ratio between two measured figures, and whether it was met.

/** Where a ratio should be. */
export type Wanted = { readonly atLeast: number } | { readonly atMost: number } | { readonly below: number };

/** A ratio and where it should be. */
export interface Target {
  readonly name: string;
  /** What framerail took or gave. */
  readonly ours: number | undefined;
  /** The figure that it is held against. */
  readonly against: number | undefined;
  /** `ours` / `against`, or turned around where that reads better; undefined when a side could not be measured. */
  readonly ratio: number | undefined;
  readonly wanted: Wanted;
  readonly met: boolean | undefined;
}

/** What a target is made of. */
export type TargetParts = Pick<Target, 'name' | 'ours' | 'against' | 'wanted'> & {
  /** The ratio is `against` / `ours`: how many times faster. */
  readonly timesFaster?: boolean;
};

/** Judges two figures. */
export function judge({ name, ours, against, wanted, timesFaster = false }: TargetParts): Target {
  const [over, under] = timesFaster ? [against, ours] : [ours, against];
  const ratio = over === undefined || under === undefined ? undefined : over / under;
  return { name, ours, against, ratio, wanted, met: ratio === undefined ? undefined : isMet(ratio, wanted) };
}

function isMet(ratio: number, wanted: Wanted): boolean {
  if ('atLeast' in wanted) return ratio >= wanted.atLeast;
  return 'atMost' in wanted ? ratio <= wanted.atMost : ratio < wanted.below;
}

function limitText(wanted: Wanted): string {
  if ('atLeast' in wanted) return `>= ${String(wanted.atLeast)}`;
  return 'atMost' in wanted ? `<= ${String(wanted.atMost)}` : `< ${String(wanted.below)}`;
}

/** The row of a target in a table. */
export function targetRow({ name, ours, against, ratio, wanted, met }: Target, digits: number): string[] {
  const verdict = met === undefined ? 'not measured' : met ? 'met' : 'missed';
  return [name, figure(ours, digits), figure(against, digits), figure(ratio, 2), limitText(wanted), verdict];
}

/** The head of a table of targets. */
export const TARGET_HEAD = ['target', 'framerail', 'against', 'ratio', 'wanted', ''] as const;

/** A number for a table; a dash when it is unknown. */
export function figure(value: number | undefined, digits: number): string {
  return value === undefined ? '-' : value.toFixed(digits);
}
