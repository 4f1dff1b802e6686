// What the files of a cover are called: by where the video lies, by what its row says, or by a template.
import { posix } from 'node:path';
import { argumentError } from '../../../base/index.js';
import type { ImageFormat } from '../../images/index.js';
import { safePath } from './safe-name.js';

/** What a name is made of. */
export interface NameParts {
  /** Where the video lies, relative to its folder, or what the row calls it; not safe yet. */
  readonly name: string;
  readonly id: string | undefined;
  /** Stands for the source and for what its row says of it. */
  readonly hash: string;
}

/** An image, as far as its name goes. */
export interface ImageFacts {
  readonly width: number;
  readonly height: number;
  /** The number of its picture, from 0. */
  readonly shot: number;
}

/** How many images a cover has, and of what kind. */
export interface NameForm {
  /** Columns and rows of each size; null for that of the video. */
  readonly sizes: readonly (readonly [number, number] | null)[];
  readonly shots: number;
  readonly format: ImageFormat;
}

const PLACES = ['name', 'dir', 'stem', 'id', 'hash', 'w', 'h', 'n'];
const PLACE = /\{([^{}]*)\}/g;
const ENDINGS: Readonly<Record<ImageFormat, string>> = { jpeg: 'jpg', webp: 'webp', avif: 'avif', png: 'png' };

/** Checks a template for names; throws FR_ARG_INVALID. @param argument - what it is called in messages */
export function checkNameTemplate(argument: string, template: string): string {
  const unknown = [...template.matchAll(PLACE)].find(([, place]) => !PLACES.includes(place ?? ''));
  const wanted = `a name with places of ${PLACES.map((place) => `{${place}}`).join(', ')}`;
  if (unknown !== undefined || template === '' || /[{}]/.test(template.replaceAll(PLACE, '')))
    throw argumentError(argument, wanted, template);
  if (!/\{(name|stem|id|hash)\}/.test(template))
    throw argumentError(argument, `${wanted} that tell videos apart`, template);
  return template;
}

/** The names of one cover. */
export class CoverNames {
  /** Relative to the folder, with `{w}`, `{h}` and `{n}` in it where images differ by them. */
  readonly pattern: string;
  readonly #form: NameForm;

  constructor(template: string, { name, id, hash }: NameParts, form: NameForm, withHash: boolean) {
    const path = posix.normalize(name.replaceAll('\\', '/'));
    const { dir, name: stem } = posix.parse(path);
    const facts: Readonly<Record<string, string>> = { name, dir, stem, id: id ?? stem, hash };
    const filled = template.replaceAll(PLACE, (place, key: string) => facts[key]?.replaceAll(/[{}]/g, '_') ?? place);
    const base = `${safePath(filled)}${withHash ? `-${hash}` : ''}`;
    const several = [
      ...(form.shots > 1 && !base.includes('{n}') ? ['.{n}'] : []),
      ...(form.sizes.length > 1 && !/\{[wh]\}/.test(base) ? ['.{w}x{h}'] : []),
    ].join('');
    this.pattern = `${base}${several}.${ENDINGS[form.format]}`;
    this.#form = form;
  }

  /** The name of an image, relative to the folder, with forward slashes. */
  of({ width, height, shot }: ImageFacts): string {
    const facts: Readonly<Record<string, number>> = { w: width, h: height, n: shot + 1 };
    return this.pattern.replaceAll(/\{([whn])\}/g, (_, key: string) => String(facts[key]));
  }

  /** The names of all images, as far as they are known ahead: where the size is that of the video, its places stay. */
  get all(): readonly string[] {
    const { sizes, shots } = this.#form;
    const names = Array.from({ length: shots }, (_, shot) =>
      sizes.map((size) =>
        size === null
          ? this.pattern.replaceAll('{n}', String(shot + 1))
          : this.of({ width: size[0], height: size[1], shot }),
      ),
    );
    return [...new Set(names.flat())];
  }
}

/** What a path or an address is called where its row does not say. */
export function addressName(address: string): string {
  const { host, pathname } = new URL(address);
  let path = pathname;
  try {
    path = decodeURIComponent(pathname);
  } catch {
    // It has a % of its own.
  }
  // What stands for a way up is a name here.
  return `${host.replace(':', '_')}/${path
    .split('/')
    .filter((part) => !/^\.*$/.test(part))
    .join('/')}`;
}
