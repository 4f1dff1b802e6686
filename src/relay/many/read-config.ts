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
import { parseConfig, Variables, type ConfigDocument, type ConfigPath, type Environment } from '../../config/index.js';
import type { RelayOptions } from '../options.js';
import { createRelay } from '../relay.js';
import { Claims } from './claims.js';
import type { CheckedRelays, ConfigProblem, RelayPlan } from './config.js';
import { readTime, readValue, RELAY_KEYS } from './keys.js';
import { Mistakes, stepsOf } from './mistakes.js';
import { missingSlates } from './missing-slates.js';

/** A configuration as plain values, and where they stand. */
interface Source extends ConfigDocument {
  /** Undefined where texts are taken as they are. */
  readonly environment: Environment | undefined;
}

const TOP_KEYS = ['relays', 'defaults', 'http', 'token', 'cors', 'maxViewers', 'processes'];
const OPTION_KEYS = Object.keys(RELAY_KEYS) as (keyof RelayOptions)[];
const ENTRY_KEYS = [...OPTION_KEYS, 'onDemand', 'idleTimeout'];
/** A destination or a file of one relay is not that of another one. */
const OWN_KEYS = ['from', 'to', 'record'];
/** What a relay is made with to see whether its other options are right. */
const SOME_ORIGIN = 'rtmp://127.0.0.1/live/stream';
/** Milliseconds. */
const IDLE_TIMEOUT = 10_000;
const MOST_RELAYS = 10_000;
const MOST_PROCESSES = 256;
const LONGEST_NAME = 128;
const SHORTEST_TOKEN = 16;

/** What was read, with all that is wrong with it. */
interface Read {
  readonly checked: Omit<CheckedRelays, 'problems'>;
  /** What refuses the whole. */
  readonly refusals: readonly FramerailError[];
  /** Relays with what is wrong with them. */
  readonly entries: ReadonlyMap<string, Entry>;
}

/** One relay as it is read. */
interface Entry {
  readonly mistakes: Mistakes;
  readonly variables: Variables;
}

/** Reads the text of a file; rejects with what refuses the whole, with `details.line` where it has one. */
export async function readConfigText(text: string, file: string, environment: Environment): Promise<CheckedRelays> {
  return await usable(readSource({ ...(await parseConfig(text, file)), environment }));
}

/** Reads what a program wrote; rejects with what refuses the whole. */
export async function readConfigObject(value: unknown): Promise<CheckedRelays> {
  return await usable(readSource({ value, lineOf: () => undefined, duplicates: [], environment: undefined }));
}

/** All that is wrong with the text of a file, as it stands there. */
export async function findProblems(text: string, file: string, environment: Environment): Promise<ConfigProblem[]> {
  const read = readSource({ ...(await parseConfig(text, file)), environment });
  const problems = [...read.refusals.map((error) => problemOf(error)), ...(await problemsOfRelays(read))];
  return problems.sort((one, other) => (one.line ?? 0) - (other.line ?? 0));
}

/** An error as it is told of a configuration. */
export function problemOf(error: unknown, relay: string | null = null): ConfigProblem {
  if (!isFramerailError(error)) throw error;
  const { line } = error.details;
  return { relay, line: typeof line === 'number' ? line : null, code: error.code, message: error.message };
}

async function usable(read: Read): Promise<CheckedRelays> {
  const [refusal] = read.refusals;
  if (refusal !== undefined) throw refusal;
  const problems = await problemsOfRelays(read);
  const wrong = new Set(problems.map(({ relay }) => relay));
  const plans = new Map([...read.checked.plans].filter(([name]) => !wrong.has(name)));
  return { ...read.checked, plans, problems };
}

async function problemsOfRelays({ checked: { plans }, entries }: Read): Promise<ConfigProblem[]> {
  for (const [name, error] of await missingSlates(plans.values()))
    entries.get(name)?.mistakes.note(['relays', name, 'slate'], error);
  return [...entries].flatMap(([name, { mistakes, variables }]) =>
    mistakes.found.map((error) => {
      const problem = problemOf(error, name);
      return { ...problem, message: variables.hide(problem.message) };
    }),
  );
}

function readSource(source: Source): Read {
  const mistakes = new Mistakes(source.lineOf);
  const top = mistakes.at([], () => record('the configuration', source.value)) ?? {};
  // What is only there to be referred to, as templates are, has a name of its own kind.
  const named = Object.keys(top).filter((key) => !key.startsWith('x-'));
  if (mistakes.found.length === 0) checkKeys(mistakes, [], 'the configuration', named, TOP_KEYS);
  for (const { path, line, first } of source.duplicates)
    if (path[0] !== 'relays') mistakes.note([], twice(path.join('.'), line, first));
  const { http, token, cors, maxViewers, processes } = top;
  const defaults = readDefaults(source, mistakes, top['defaults']);
  const relays = 'relays' in top || mistakes.found.length === 0 ? top['relays'] : {};
  const written = mistakes.at(['relays'], () => Object.entries(record('relays', relays))) ?? [];
  if (written.length > MOST_RELAYS)
    mistakes.note(['relays'], argumentError('relays', `at most ${String(MOST_RELAYS)} relays`, written.length));
  const checked = {
    http: mistakes.at(['http'], () => readPlace(fill(source, 'http', http))),
    token: mistakes.at(['token'], () => readToken(fill(source, 'token', token))),
    cors: mistakes.at([], () => checkSwitch('cors', cors, false)) ?? false,
    maxViewers: mistakes.at([], () => checkInteger('maxViewers', maxViewers ?? 1000, 0, 100_000)) ?? 0,
    processes: mistakes.at([], () => readProcesses(processes ?? 'auto')) ?? 1,
  };
  return { ...readRelays(source, written.slice(0, MOST_RELAYS), defaults, checked), refusals: mistakes.found };
}

function readRelays(
  source: Source,
  written: readonly (readonly [string, unknown])[],
  defaults: Readonly<Record<string, unknown>>,
  checked: Omit<Read['checked'], 'plans'>,
): Pick<Read, 'checked' | 'entries'> {
  const plans = new Map<string, RelayPlan>();
  const entries = new Map<string, Entry>();
  const claims = new Claims();
  for (const [name, value] of written) {
    const entry = { mistakes: new Mistakes(source.lineOf), variables: new Variables(source.environment ?? {}) };
    entries.set(name, entry);
    const plan = readRelay(source, entry, name, value, defaults);
    if (entry.mistakes.found.length > 0 || plan === undefined) continue;
    const taken = claims.take(plan);
    for (const error of taken) entry.mistakes.note(['relays', name], error);
    if (taken.length === 0) plans.set(name, plan);
  }
  return { checked: { ...checked, plans }, entries };
}

/** Gives a plan that is of use only where no mistake was noted. */
function readRelay(
  source: Source,
  { mistakes, variables }: Entry,
  name: string,
  value: unknown,
  defaults: Readonly<Record<string, unknown>>,
): RelayPlan | undefined {
  const path = ['relays', name];
  for (const duplicate of source.duplicates)
    if (duplicate.path[0] === 'relays' && duplicate.path[1] === name)
      mistakes.note(path, twice(String(duplicate.path.at(-1)), duplicate.line, duplicate.first));
  if (mistakes.found.length > 0) return undefined;
  // Names are parts of addresses, where these have a meaning of their own.
  // eslint-disable-next-line no-control-regex -- they are what is refused
  if (name.length > LONGEST_NAME || /^\.{0,2}$|[/\\\x00-\x1f\x7f]/.test(name)) {
    const what = `names of up to ${String(LONGEST_NAME)} characters without slashes`;
    mistakes.note(path, argumentError('relays', what, name));
  }
  const entry = mistakes.at(path, () => record(name, value));
  if (entry === undefined) return undefined;
  checkKeys(mistakes, path, `the relay ${name}`, Object.keys(entry), ENTRY_KEYS);
  const { read, wrong } = readEntry(source, mistakes, variables, path, entry);
  const written: Readonly<Record<string, unknown>> = { to: [], ...defaults, ...read };
  const { onDemand, idleTimeout, ...options } = written;
  checkRun(mistakes, path, onDemand, idleTimeout);
  checkOptions(mistakes, path, options, wrong);
  return {
    name,
    options: options as unknown as RelayOptions,
    onDemand: onDemand === true,
    idleTimeout: typeof idleTimeout === 'number' ? idleTimeout : IDLE_TIMEOUT,
  };
}

function readDefaults(source: Source, mistakes: Mistakes, value: unknown): Record<string, unknown> {
  const path = ['defaults'];
  const before = mistakes.found.length;
  const entry = value === undefined || value === null ? {} : mistakes.at(path, () => record('defaults', value));
  if (entry === undefined) return {};
  const known = ENTRY_KEYS.filter((key) => !OWN_KEYS.includes(key));
  checkKeys(mistakes, path, '`defaults`', Object.keys(entry), known);
  const variables = new Variables(source.environment ?? {});
  const { read, wrong } = readEntry(source, mistakes, variables, path, entry);
  // A value that no relay could be made with is wrong here, and not in each of them.
  const { onDemand, idleTimeout, ...options } = read;
  checkRun(mistakes, path, onDemand, idleTimeout);
  checkOptions(mistakes, path, { ...options, from: SOME_ORIGIN, to: [] }, wrong);
  const refused = mistakes.found.slice(before).flatMap((error) => stepsOf(error).slice(0, 1));
  return Object.fromEntries(Object.entries(read).filter(([key]) => known.includes(key) && !refused.includes(key)));
}

/** Values as relays take them, and what is wrong of them; what is null or undefined counts as left out. */
function readEntry(
  source: Source,
  mistakes: Mistakes,
  variables: Variables,
  path: ConfigPath,
  entry: Readonly<Record<string, unknown>>,
): { readonly read: Record<string, unknown>; readonly wrong: Set<string> } {
  const read: Record<string, unknown> = {};
  const wrong = new Set<string>();
  for (const [key, raw] of Object.entries(entry)) {
    if (raw === undefined || raw === null || !ENTRY_KEYS.includes(key)) continue;
    const value = mistakes.at([...path, key], () => {
      const filled = source.environment === undefined ? raw : variables.fillAll(key, raw);
      if (key === 'idleTimeout') return readTime(key, filled);
      return key === 'onDemand' ? filled : readValue(key as keyof RelayOptions, filled);
    });
    if (value === undefined) wrong.add(key);
    else read[key] = value;
  }
  return { read, wrong };
}

function checkKeys(
  mistakes: Mistakes,
  path: ConfigPath,
  what: string,
  keys: readonly string[],
  known: readonly string[],
): void {
  for (const key of keys)
    mistakes.at(path, () => {
      checkNames(what, { [key]: true }, known);
    });
}

function checkRun(mistakes: Mistakes, path: ConfigPath, onDemand: unknown, idleTimeout: unknown): void {
  mistakes.at(path, () => checkSwitch('onDemand', onDemand, false));
  mistakes.at(path, () => checkNumber('idleTimeout', idleTimeout ?? IDLE_TIMEOUT, 0, 'milliseconds'));
}

/**
 * Everything that a relay checks is checked by making one, which dials nobody: what it refuses is left out, until it is
 * made of the others.
 * @param wrong - options that were refused already
 */
function checkOptions(
  mistakes: Mistakes,
  path: ConfigPath,
  options: Readonly<Record<string, unknown>>,
  wrong: ReadonlySet<string>,
): void {
  const left = { ...options };
  const refused = new Set<string>();
  const leaveOut = (name: string): void => {
    refused.add(name);
    if (name === 'from') left['from'] = SOME_ORIGIN;
    else if (name === 'to') left['to'] = [];
    else delete left[name];
    // How often a file is begun says nothing where there is none.
    if (name === 'record') delete left['recordEvery'];
  };
  for (const name of wrong) leaveOut(name);
  for (;;) {
    const before = mistakes.found.length;
    mistakes.at(path, () => createRelay(left as unknown as RelayOptions));
    const mistake = mistakes.found[before];
    const [name] = mistake === undefined ? [] : stepsOf(mistake);
    if (name === undefined || refused.has(name)) return;
    leaveOut(name);
  }
}

function readProcesses(value: unknown): number | 'auto' {
  return typeof value === 'number'
    ? checkInteger('processes', value, 1, MOST_PROCESSES)
    : checkOneOf('processes', value, ['auto'] as const);
}

function readPlace(value: unknown): CheckedRelays['http'] {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'number') return { host: '127.0.0.1', port: checkInteger('http', value, 0, 65_535) };
  const match = typeof value === 'string' ? /^(?:(\[[0-9a-f:.%]+\]|[^:[\]/\s]+):)?(\d{1,5})$/i.exec(value) : null;
  const port = Number(match?.[2]);
  if (match === null) throw argumentError('http', 'an address and a port, such as 127.0.0.1:8080', value);
  if (port > 65_535) throw argumentError('http', 'a port of 0 to 65,535', port);
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

function record(name: string, value: unknown): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw argumentError(name, 'a map of names and values', value);
}

function twice(name: string, line: number, first: number): FramerailError {
  const message = `The name \`${name}\` stands twice, at lines ${String(first)} and ${String(line)}.`;
  return new FramerailError('FR_ARG_INVALID', message, { details: { argument: name, line } });
}
