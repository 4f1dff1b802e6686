// Tests come in two lengths. What every change has to pass runs in a quarter of an hour; the long run (`npm run test:long`) has
// all of it, and what says the same of more clips, formats, moments and machines, and of what is done by commands.

/** Whether the long run is under way. */
export const LONG = process.env['FRAMERAIL_TESTS'] === 'long';

/**
 * Cases that differ in what one thing is done with: all of them in the long run, otherwise the first and every so manieth
 * behind it. Put first what shows most.
 */
export function some<const Case>(every: number, cases: readonly Case[]): readonly Case[] {
  return LONG ? cases : cases.filter((_, at) => at % every === 0);
}
