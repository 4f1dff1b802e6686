// Numbers that look random and are the same in every run, so that all sides and all runs meet the same ones.

/** Gives numbers from 0 to 1, by a small generator that is the same everywhere. */
export function seededNumbers(): () => number {
  let state = 12_345;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state / 2 ** 31;
  };
}
