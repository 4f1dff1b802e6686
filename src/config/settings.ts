// Settings from a preset and what a caller puts in its place: checked once, one sentence for each mistake.
import { argumentError, checkInteger, checkNames, checkNumber, checkOneOf, checkOptions } from '../base/index.js';
import { BATCH_MODES, PRESETS, type PoolStart, type PresetName, type Settings } from './presets.js';

const MIB = 1024 * 1024;
const MOST_BYTES = 4096 * MIB;
const MOST_POOLS = 16;

/** What checks each setting; its keys are the names that are known. */
const SCHEMA = {
  regionBytes: (name: string, value: unknown) => checkInteger(name, value, MIB, MOST_BYTES),
  pools: checkPools,
  batchMode: (name: string, value: unknown) => checkOneOf(name, value, BATCH_MODES),
  batchSize: (name: string, value: unknown) => checkInteger(name, value, 1, 256),
  batchDelay: (name: string, value: unknown) => checkNumber(name, value, 0, 'milliseconds'),
  slots: (name: string, value: unknown) => checkInteger(name, value, 2, 256),
} satisfies { [Name in keyof Settings]: (name: string, value: unknown) => Settings[Name] };

/**
 * The settings of a preset with some values replaced; a value of undefined replaces nothing.
 * @param preset - the starting point
 * @param overrides - the values to replace; names that are not known are refused with FR_ARG_INVALID
 */
export function settingsOf(
  preset: PresetName,
  overrides: { readonly [Name in keyof Settings]?: Settings[Name] | undefined } = {},
): Settings {
  const base = PRESETS[checkOneOf('preset', preset, Object.keys(PRESETS) as PresetName[])];
  checkOptions(overrides, Object.keys(SCHEMA), 'the settings');
  const chosen = <Name extends keyof Settings>(name: Name): unknown => overrides[name] ?? base[name];
  return {
    regionBytes: SCHEMA.regionBytes('regionBytes', chosen('regionBytes')),
    pools: SCHEMA.pools('pools', chosen('pools')),
    batchMode: SCHEMA.batchMode('batchMode', chosen('batchMode')),
    batchSize: SCHEMA.batchSize('batchSize', chosen('batchSize')),
    batchDelay: SCHEMA.batchDelay('batchDelay', chosen('batchDelay')),
    slots: SCHEMA.slots('slots', chosen('slots')),
  };
}

function checkPools(name: string, value: unknown): PoolStart[] {
  if (!(value instanceof Array) || value.length > MOST_POOLS)
    throw argumentError(name, `a list of at most ${String(MOST_POOLS)} pools, such as { bytes, count }`, value);
  return (value as unknown[]).map((pool, i) => {
    const at = `${name}[${String(i)}]`;
    if (typeof pool !== 'object' || pool === null) throw argumentError(at, 'an object with bytes and count', pool);
    checkNames(`\`${at}\``, pool, ['bytes', 'count']);
    const { bytes, count } = pool as Record<keyof PoolStart, unknown>;
    return {
      bytes: checkInteger(`${at}.bytes`, bytes, 1, MOST_BYTES),
      count: checkInteger(`${at}.count`, count, 0, 100_000),
    };
  });
}
