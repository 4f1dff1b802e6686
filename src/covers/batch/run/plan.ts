// What is to be made of a video: its options, the names of its files, and what it is known by from run to run.
import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FramerailError, isFramerailError } from '../../../base/index.js';
import { AllowedHosts } from '../../../net/index.js';
import { isHttpAddress, withoutSecrets } from '../../../sources/index.js';
import { coverSetParams, type AskedCover, type CoverSetOptions } from '../../cover-options.js';
import { addressName, CoverNames, type NameForm, type NameParts } from '../names/cover-names.js';
import type { Found, Manifest } from '../rows/sources.js';
import type { RowWish } from '../rules/wish.js';
import type { CoverOrigin } from './events.js';

const { version } = createRequire(import.meta.url)('../../../../package.json') as { version: string };

/** What holds for every video of a batch. */
export interface PlanTerms {
  /** The real folder of the covers. */
  readonly out: string;
  /** What is wanted of each. */
  readonly options: CoverSetOptions;
  /** What covers are called. */
  readonly nameTemplate: string;
  /** Folders that paths of rows may lead to; undefined for that of their manifest. */
  readonly roots: readonly string[] | undefined;
}

/** A video and what is to be made of it. */
export interface CoverPlan {
  readonly origin: CoverOrigin;
  readonly input: string;
  readonly options: CoverSetOptions;
  readonly id: Uint8Array;
  readonly names: CoverNames;
  /** For where those belong to another cover. */
  readonly otherNames: CoverNames;
  /** Whether the row itself said what its cover is called. */
  readonly named: boolean;
  /** Stands for the options and for the version of the engine. */
  readonly print: string;
}

/** A video as it was found, with what its row wants. */
interface Wanted {
  readonly origin: CoverOrigin;
  readonly input: string;
  /** What it is known by, without what differs between machines and days. */
  readonly key: string;
  readonly base: string;
  readonly wish: Omit<RowWish, 'input'>;
  readonly own: CoverSetOptions;
}

const NO_WISH: Omit<RowWish, 'input'> = { name: undefined, id: undefined, segment: undefined, options: {} };
const IMAGE_ENDING = /\.(jpe?g|webp|avif|png)$/i;
const ID_BYTES = 16;

/** Plans videos. */
export class Planner {
  readonly #terms: PlanTerms;
  readonly #allowed: AllowedHosts;
  /** What all videos without wishes of their own have in common. */
  readonly #common: { readonly options: CoverSetOptions; readonly params: AskedCover };

  /** Throws FR_ARG_INVALID for options that no video could be made with. */
  constructor(terms: PlanTerms) {
    this.#terms = terms;
    this.#allowed = new AllowedHosts(terms.options.allowHosts ?? []);
    this.#common = { options: terms.options, params: coverSetParams(terms.options) };
  }

  /** Plans what the operator named, or what lies where he said. */
  planFound(found: Extract<Found, { readonly kind: 'file' | 'address' }>): CoverPlan {
    if (found.kind === 'address') {
      const { address } = found;
      const origin = originOf(withoutSecrets(address), undefined, 0, undefined);
      return this.#plan({ origin, input: address, key: address, base: addressName(address), wish: NO_WISH, own: {} });
    }
    const { path, name, root } = found;
    const own = root === undefined ? {} : { roots: [root] };
    const origin = originOf(path, undefined, 0, undefined);
    return this.#plan({ origin, input: path, key: this.#keyOf(path), base: name, wish: NO_WISH, own });
  }

  /** Plans what a row wants; throws FR_MANIFEST_ROW. Its path or address came as data. */
  planRow(manifest: Manifest, line: number, { input, ...wish }: RowWish): CoverPlan {
    if (isHttpAddress(input)) return this.#planAddress(manifest, line, input, wish);
    const path = localPath(manifest, input);
    const roots = this.#terms.roots ?? [manifest.folder];
    const home = [manifest.folder, ...roots.map((root) => resolve(root))].find((root) => isBelow(root, path));
    const base = relative(home ?? manifest.folder, path);
    const origin = originOf(path, manifest, line, wish.id);
    return this.#plan({ origin, input: path, key: this.#keyOf(path), base, wish, own: { roots } });
  }

  #planAddress(manifest: Manifest, line: number, input: string, wish: Omit<RowWish, 'input'>): CoverPlan {
    if (!URL.canParse(input)) throw new FramerailError('FR_MANIFEST_ROW', 'Its input is no address that can be read.');
    const origin = originOf(withoutSecrets(input), manifest, line, wish.id);
    // What the operator sends is for hosts that he named, and not for any that a row names.
    const { headers } = this.#terms.options;
    const ours = this.#allowed.opens(new URL(input).hostname) ? headers : undefined;
    const theirs = wish.options.headers;
    const own: CoverSetOptions = {
      trust: 'data',
      headers: ours === undefined && theirs === undefined ? undefined : { ...ours, ...theirs },
    };
    // What has an id may be signed anew each day: the query says nothing about it then.
    const key = wish.id === undefined ? input : (/^[^?#]*/.exec(input)?.[0] ?? input);
    const said = wish.id === undefined ? key : `${key} ${wish.id}`;
    return this.#plan({ origin, input, key: said, base: addressName(input), wish, own });
  }

  #plan({ origin, input, key, base, wish, own }: Wanted): CoverPlan {
    const { name, options: said } = wish;
    const ending = name === undefined ? undefined : IMAGE_ENDING.exec(name)?.[1]?.toLowerCase();
    const format = said.format ?? (ending === 'jpg' ? 'jpeg' : (ending as CoverSetOptions['format']));
    const { options, params } = this.#optionsOf(format === undefined ? said : { ...said, format });
    const id = createHash('sha256')
      .update(identity(key, said, name))
      .digest()
      .subarray(0, ID_BYTES);
    const parts: NameParts = {
      name: name?.replace(IMAGE_ENDING, '') ?? base,
      id: wish.id,
      hash: id.toString('hex').slice(0, 8),
    };
    const form = formOf(params);
    const template = this.#terms.nameTemplate;
    const names = new CoverNames(template, parts, form, false);
    const print = createHash('sha256')
      .update(JSON.stringify([version, params, names.pattern]))
      .digest('base64url');
    return {
      ...{ origin, input, id, names, print, named: name !== undefined },
      options: { ...options, ...own },
      otherNames: new CoverNames(template, parts, form, true),
    };
  }

  /** What is wanted of one video: what its row says goes first, and what contradicts it is left out. */
  #optionsOf(said: CoverSetOptions): { readonly options: CoverSetOptions; readonly params: AskedCover } {
    const { options: usual } = this.#terms;
    if (Object.keys(said).length === 0) return this.#common;
    const rest: { -readonly [Name in keyof CoverSetOptions]: CoverSetOptions[Name] } = { ...usual };
    const hasGoal = said.quality ?? said.maxBytes ?? said.minSsim;
    if (hasGoal !== undefined || said.format === 'png') rest.quality = rest.maxBytes = rest.minSsim = undefined;
    if (said.at !== undefined && !said.at.includes('best')) rest.candidates = rest.from = rest.to = undefined;
    if (said.fit !== undefined && said.fit !== 'contain') rest.border = undefined;
    if (said.fit === 'cover') rest.safeZone = undefined;
    const options = { ...rest, ...said };
    try {
      return { options, params: coverSetParams(options) };
    } catch (error) {
      if (!isFramerailError(error) || error.code !== 'FR_ARG_INVALID') throw error;
      throw new FramerailError('FR_MANIFEST_ROW', error.message, { details: error.details });
    }
  }

  /** A path as seen from the covers: a tree that is moved as a whole stays what it is. */
  #keyOf(path: string): string {
    return relative(this.#terms.out, path).split(sep).join('/');
  }
}

function identity(key: string, said: CoverSetOptions, name: string | undefined): string {
  // How long it may take, and what is sent to a server, changes no cover.
  const shown: { -readonly [Name in keyof CoverSetOptions]: CoverSetOptions[Name] } = { ...said };
  delete shown.headers;
  delete shown.timeout;
  return JSON.stringify([key, Object.entries(shown).sort(([a], [b]) => (a < b ? -1 : 1)), name ?? null]);
}

function formOf({ shapes, places, image }: AskedCover): NameForm {
  const sizes = shapes.map(({ size }) => (size === null ? null : ([size.width, size.height] as const)));
  return { sizes, shots: places.length, format: image.format };
}

function originOf(source: string, manifest: Manifest | undefined, line: number, id: string | undefined): CoverOrigin {
  return { source, manifest: manifest?.name ?? null, line: manifest === undefined ? null : line, id: id ?? null };
}

function localPath({ folder }: Manifest, input: string): string {
  if (input.includes('\0')) throw new FramerailError('FR_MANIFEST_ROW', 'Its input has a NUL in it.');
  if (!/^file:\/\//i.test(input)) return resolve(folder, input);
  try {
    return fileURLToPath(input);
  } catch {
    throw new FramerailError('FR_MANIFEST_ROW', 'Its input is a file: address that leads to no path.');
  }
}

/** Whether a path is below a folder, as far as its text says. */
export function isBelow(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== '' && way.split(sep)[0] !== '..' && !isAbsolute(way);
}
