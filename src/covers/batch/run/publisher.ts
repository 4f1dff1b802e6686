// Brings finished images to their places in the folder: written aside, then renamed, and never through a link out of it.
import { open, realpath, rename, rm } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { FramerailError, makeFolders, outputError, publishable } from '../../../base/index.js';
import type { SetImage } from '../../cover.js';
import type { CoverFileRecord } from '../state/batch-state.js';
import type { CoverNames } from '../names/cover-names.js';

/** Folders that are remembered as made and checked. */
const MOST_KNOWN = 10_000;

/** Publishes images below one folder. */
export class Publisher {
  readonly #out: string;
  readonly #temporary: string;
  readonly #known = new Set<string>();
  #count = 0;

  /**
   * @param out - a real path
   * @param temporary - a folder of the same file system
   */
  constructor(out: string, temporary: string) {
    this.#out = out;
    this.#temporary = temporary;
  }

  /** Publishes the images of one video, all or none; rejects with FR_OUTPUT_FAILED. */
  async publish(images: readonly SetImage[], names: CoverNames): Promise<CoverFileRecord[]> {
    const files = images.map(({ data, width, height, shot }) => {
      const name = names.of({ width, height, shot });
      return { name, data, width, height, temporary: join(this.#temporary, String(this.#count++)) };
    });
    const twice = files.find(({ name }, i) => files.findIndex((file) => file.name === name) !== i);
    if (twice !== undefined)
      throw new FramerailError('FR_OUTPUT_FAILED', `Two images would be called ${twice.name}.`, {
        details: { path: twice.name },
      });
    try {
      for (const { name, data, temporary } of files) {
        await this.#prepare(dirname(name), name);
        await naming(name, () => write(temporary, data));
      }
      for (const { name, temporary } of files)
        await naming(name, async () => rename(temporary, await publishable(join(this.#out, name))));
    } catch (error) {
      for (const { temporary } of files) await rm(temporary, { force: true });
      throw error;
    }
    return files.map(({ name, data, width, height }) => ({ name, bytes: data.byteLength, width, height }));
  }

  /** Makes a folder below that of the covers; links in it that lead elsewhere are refused. */
  async #prepare(folder: string, name: string): Promise<void> {
    if (this.#known.has(folder)) return;
    await naming(name, async () => {
      const path = join(this.#out, folder);
      await makeFolders(path);
      const real = await realpath(path);
      if (real !== this.#out && !real.startsWith(this.#out.endsWith(sep) ? this.#out : this.#out + sep))
        throw new FramerailError(
          'FR_OUTPUT_FAILED',
          `Cannot write ${name}: a link in its path leads out of the folder.`,
          {
            details: { path: name },
          },
        );
    });
    if (this.#known.size >= MOST_KNOWN) this.#known.clear();
    this.#known.add(folder);
  }
}

async function write(path: string, data: Uint8Array): Promise<void> {
  const file = await open(path, 'wx');
  try {
    await file.writeFile(data);
  } finally {
    await file.close();
  }
}

async function naming(name: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (cause) {
    throw outputError(name, cause);
  }
}
