// Makes a storyboard: the job writes its sheets into a folder aside, the files that point to them follow, all appear.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { outputError } from '../../base/index.js';
import { resolveSource, type MediaInput } from '../../sources/index.js';
import { jobModule, runDirect, runJob, type JobCall, type JobModule, type WorkerPool } from '../../workers/index.js';
import { BIF_FILE, HLS_FILE, JSON_FILE, VTT_FILE } from './file-names.js';
import { imagePlaylist, imageStreamLine, jsonIndex, webVtt } from './indexes.js';
import { OutputFolder } from './output-folder.js';
import { checkStoryboard, type StoryboardOptions } from './storyboard-options.js';
import type { StoryboardFacts, StoryboardParams } from './storyboard-params.js';
import type { Storyboard } from './storyboard.js';

/** The storyboard job. */
export const STORYBOARD_JOB: JobModule = {
  native: jobModule(import.meta.url, './storyboard-job.js'),
  spawned: jobModule(import.meta.url, '../spawned/native-only-job.js'),
};

/** Makes the storyboard of an input and publishes it. */
export async function makeStoryboard(
  pool: WorkerPool,
  input: MediaInput,
  options: StoryboardOptions,
): Promise<Storyboard> {
  const { params, out, hls, urlPrefix } = checkStoryboard(options);
  const source = await resolveSource(input, options);
  const folder = await OutputFolder.open(out);
  try {
    const call: JobCall = {
      module: STORYBOARD_JOB.native,
      params: { ...params, folder: folder.path, folderName: out } satisfies StoryboardParams,
      options,
      what: `Making a storyboard of ${source.spec.name}`,
      untilSettled: true,
    };
    const facts =
      pool.backend === 'inline'
        ? await runDirect<StoryboardFacts>(source, call)
        : (await runJob<StoryboardFacts>(pool, source, call)).result;
    const hlsLine = hls ? imageStreamLine(facts, urlPrefix, params.format) : undefined;
    const indexes = {
      ...(hls ? { [HLS_FILE]: imagePlaylist(facts, urlPrefix) } : {}),
      [JSON_FILE]: jsonIndex(facts, urlPrefix, hlsLine),
      [VTT_FILE]: webVtt(facts, urlPrefix),
    };
    for (const [file, text] of Object.entries(indexes)) await writeText(join(folder.path, file), text, join(out, file));
    const images = [...facts.sheets.map(({ file }) => file), ...(params.bif ? [BIF_FILE] : [])];
    await folder.publish([...images, ...Object.keys(indexes)]);
    const names = { vtt: VTT_FILE, json: JSON_FILE, hls: hls ? HLS_FILE : undefined };
    return { ...facts, folder: out, ...names, hlsLine, bif: params.bif ? BIF_FILE : undefined };
  } catch (error) {
    await folder.discard();
    throw error;
  }
}

async function writeText(path: string, text: string, name: string): Promise<void> {
  try {
    await writeFile(path, text, { flag: 'wx' });
  } catch (cause) {
    throw outputError(name, cause);
  }
}
