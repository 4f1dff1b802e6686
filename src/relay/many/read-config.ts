// Reads a configuration: what concerns one relay costs that relay, what concerns all refuses the whole.
import {
  argumentError,
  checkInteger,
  checkNames,
  checkNumber,
  checkOneOf,
  checkSwitch,
  FramerailError,
  isFramerailError,
} from '../../base/index.js';
import { parseConfig, Variables, type ConfigPath, type Environment } from '../../config/index.js';
import type { RelayOptions } from '../options.js';
import { createRelay } from '../relay.js';
import type { CheckedRelays, ConfigProblem, RelayPlan } from './config.js';
import { readTime, readValue, RELAY_KEYS } from './keys.js';

/** A configuration as plain values, and where they stand. */
interface Source {
  readonly value: unknown;
  readonly lineOf: (path: ConfigPath) => number | undefined;
  readonly duplicates: readonly { readonly path: ConfigPath; readonly line: number; readonly first: number }[];
  /** Undefined where texts are taken as they are. */
  readonly environment: Environment | undefined;
}

const TOP_KEYS = ['relays', 'defaults', 'http', 'token', 'cors', 'maxViewers', 'processes'];
const OPTION_KEYS = Object.keys(RELAY_KEYS) as (keyof RelayOptions)[];
const ENTRY_KEYS = [...OPTION_KEYS, 'onDemand', 'idleTimeout'];
/** A destination or a file of one relay is not that of another one. */
const OWN_KEYS = ['from', 'to', 'record'];
const MOST_RELAYS = 10_000;
const MOST_PROCESSES = 256;
const LONGEST_NAME = 128;
const SHORTEST_TOKEN = 16;

/** Reads the text of a file; rejects with what refuses the whole, with `details.line` where it has one. */
export async function readConfigText(text: string, file: string, environment: Environment): Promise<CheckedRelays> {
  const { value, lineOf, duplicates } = await parseConfig(text, file);
  return readSource({ value, lineOf, duplicates, environment });
}

/** Reads what a program wrote; throws what refuses the whole. */
export function readConfigObject(value: unknown): CheckedRelays {
  return readSource({ value, lineOf: () => undefined, duplicates: [], environment: undefined });
}

/** An error as it is told of a configuration. */
export function problemOf(error: unknown, relay: string | null = null): ConfigProblem {
  if (!isFramerailError(error)) throw error;
  const { line } = error.details;
  return { relay, line: typeof line === 'number' ? line : null, code: error.code, message: error.message };
}

function readSource(source: Source): CheckedRelays {
  return at(
    source,
    [],
  )(() => {
    const top = record('the configuration', source.value);
    // What is only there to be referred to, as templates are, has a name of its own kind.
    const named = Object.entries(top).filter(([key]) => !key.startsWith('x-'));
    checkNames('the configuration', Object.fromEntries(named), TOP_KEYS);
    for (const { path, line, first } of source.duplicates)
      if (path[0] !== 'relays') throw twice(path.join('.'), line, first);
    const { http, token, cors, maxViewers, processes } = top;
    const defaults = at(source, ['defaults'])(() => readDefaults(source, top['defaults']));
    const entries = at(source, ['relays'])(() => Object.entries(record('relays', top['relays'])));
    if (entries.length > MOST_RELAYS)
      throw argumentError('relays', `at most ${String(MOST_RELAYS)} relays`, entries.length);
    return {
      ...readRelays(source, entries, defaults),
      http: at(source, ['http'])(() => readPlace(fill(source, 'http', http))),
      token: at(source, ['token'])(() => readToken(fill(source, 'token', token))),
      cors: checkSwitch('cors', cors, false),
      maxViewers: checkInteger('maxViewers', maxViewers ?? 1000, 0, 100_000),
      processes:
        typeof processes === 'number'
          ? checkInteger('processes', processes, 1, MOST_PROCESSES)
          : checkOneOf('processes', processes ?? 'auto', ['auto'] as const),
    };
  });
}

function readRelays(
  source: Source,
  entries: readonly (readonly [string, unknown])[],
  defaults: Readonly<Record<string, unknown>>,
): Pick<CheckedRelays, 'plans' | 'problems'> {
  const plans = new Map<string, RelayPlan>();
  const problems: ConfigProblem[] = [];
  for (const [name, entry] of entries) {
    const variables = new Variables(source.environment ?? {});
    try {
      const plan = at(source, ['relays', name])(() => readRelay(source, variables, name, entry, defaults));
      plans.set(name, plan);
    } catch (error) {
      const problem = problemOf(error, name);
      problems.push({ ...problem, message: variables.hide(problem.message) });
    }
  }
  return { plans, problems };
}

function readRelay(
  source: Source,
  variables: Variables,
  name: string,
  value: unknown,
  defaults: Readonly<Record<string, unknown>>,
): RelayPlan {
  const duplicate = source.duplicates.find(({ path: [top, relay] }) => top === 'relays' && relay === name);
  if (duplicate !== undefined) throw twice(String(duplicate.path.at(-1)), duplicate.line, duplicate.first);
  // Names are parts of addresses, where these have a meaning of their own.
  // eslint-disable-next-line no-control-regex -- they are what is refused
  if (name.length > LONGEST_NAME || /^\.{0,2}$|[/\\\x00-\x1f\x7f]/.test(name))
    throw argumentError('relays', `names of up to ${String(LONGEST_NAME)} characters without slashes`, name);
  const entry = record(name, value);
  checkNames(`the relay ${name}`, entry, ENTRY_KEYS);
  const written = { ...defaults, ...readEntry(source, variables, ['relays', name], entry) };
  const { onDemand, idleTimeout, ...options } = written;
  const plan = {
    name,
    options: { to: [], ...options } as unknown as RelayOptions,
    onDemand: checkSwitch('onDemand', onDemand, false),
    idleTimeout: checkNumber('idleTimeout', idleTimeout ?? 10_000, 0, 'milliseconds'),
  };
  // Everything that a relay checks is checked by making one, which dials nobody.
  createRelay(plan.options);
  return plan;
}

function readDefaults(source: Source, value: unknown): Record<string, unknown> {
  if (value === undefined || value === null) return {};
  const entry = record('defaults', value);
  checkNames(
    '`defaults`',
    entry,
    ENTRY_KEYS.filter((key) => !OWN_KEYS.includes(key)),
  );
  const read = readEntry(source, new Variables(source.environment ?? {}), ['defaults'], entry);
  // A value that no relay could be made with is wrong here, and not in each of them.
  const { onDemand, idleTimeout, ...options } = read;
  checkSwitch('onDemand', onDemand, false);
  checkNumber('idleTimeout', idleTimeout ?? 0, 0, 'milliseconds');
  createRelay({ ...options, from: 'rtmp://127.0.0.1/live/stream', to: [] });
  return read;
}

/** Values as relays take them; what is null or undefined counts as left out. */
function readEntry(
  source: Source,
  variables: Variables,
  path: ConfigPath,
  entry: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const read: Record<string, unknown> = {};
  for (const [key, raw] of Object.entries(entry)) {
    if (raw === undefined || raw === null) continue;
    const value = source.environment === undefined ? raw : variables.fillAll(key, raw);
    read[key] = at(source, [...path, key])(() =>
      key === 'idleTimeout'
        ? readTime(key, value)
        : key === 'onDemand'
          ? value
          : readValue(key as keyof RelayOptions, value),
    );
  }
  return read;
}

function readPlace(value: unknown): CheckedRelays['http'] {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'number') return { host: '127.0.0.1', port: checkInteger('http', value, 0, 65_535) };
  const match = typeof value === 'string' ? /^(?:(\[[0-9a-f:.%]+\]|[^:[\]/\s]+):)?(\d{1,5})$/i.exec(value) : null;
  const port = Number(match?.[2]);
  if (match === null || port > 65_535)
    throw argumentError('http', 'an address and a port, such as 127.0.0.1:8080', value);
  return { host: match[1]?.replace(/^\[|\]$/g, '') ?? '127.0.0.1', port };
}

function readToken(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string' && value.length >= SHORTEST_TOKEN && /^[\x21-\x7e]+$/.test(value)) return value;
  const what = `${String(SHORTEST_TOKEN)} characters or more without spaces`;
  throw argumentError('token', what, typeof value === 'string' ? 'another text' : value);
}

function fill(source: Source, name: string, value: unknown): unknown {
  return source.environment === undefined ? value : new Variables(source.environment).fillAll(name, value);
}

/** Runs something; what it throws names the line of what it read. */
function at(source: Source, path: ConfigPath): <T>(read: () => T) => T {
  return (read) => {
    try {
      return read();
    } catch (error) {
      if (!isFramerailError(error) || error.details['line'] !== undefined) throw error;
      const line = source.lineOf([...path, ...stepsOf(error)]) ?? null;
      throw new FramerailError(error.code, error.message, { details: { ...error.details, line } });
    }
  };
}

/** Where an error says that it is: `to[1]` is the second of `to`. */
function stepsOf({ details }: FramerailError): ConfigPath {
  const { argument } = details;
  if (typeof argument !== 'string') return [];
  return argument.split(/[.[\]]+/).filter((step) => step !== '');
}

function record(name: string, value: unknown): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw argumentError(name, 'a map of names and values', value);
}

function twice(name: string, line: number, first: number): FramerailError {
  const message = `The name \`${name}\` stands twice, at lines ${String(first)} and ${String(line)}.`;
  return new FramerailError('FR_ARG_INVALID', message, { details: { argument: name, line } });
}
