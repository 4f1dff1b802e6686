// Makes a storyboard: the sheets of the job go into a folder aside, the files that point to them follow, all appear.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { invariant, outputError, type CallOptions } from '../../base/index.js';
import type { MediaInput, ResolvedSource } from '../../sources/index.js';
import { jobModule, runDirect, runJob, type JobCall, type JobModule } from '../../workers/index.js';
import { DEFAULT_USAGE } from '../cover-options.js';
import type { InputUser } from '../input-user.js';
import { FilesForJob } from './board-files.js';
import { BIF_FILE, HLS_FILE, JSON_FILE, sheetFile, VTT_FILE } from './file-names.js';
import { imagePlaylist, imageStreamLine, jsonIndex, webVtt } from './indexes.js';
import { OutputFolder } from './output-folder.js';
import {
  checkStoryboard,
  STORYBOARD_TIMEOUT,
  type CheckedStoryboard,
  type StoryboardOptions,
} from './storyboard-options.js';
import type { StoryboardFacts, StoryboardParams } from './storyboard-params.js';
import type { Storyboard } from './storyboard.js';

/** The storyboard job. */
export const STORYBOARD_JOB: JobModule = {
  native: jobModule(import.meta.url, './storyboard-job.js'),
  spawned: jobModule(import.meta.url, '../spawned/native-only-job.js'),
};

/** Makes the storyboard of an input and publishes it. */
export async function makeStoryboard(
  user: InputUser,
  input: MediaInput,
  options: StoryboardOptions,
): Promise<Storyboard> {
  const checked = checkStoryboard(options);
  const timed = { ...options, timeout: options.timeout ?? STORYBOARD_TIMEOUT };
  let folder: OutputFolder | undefined;
  try {
    const facts = await user.use(input, timed, 'Making a storyboard', async (source, call) => {
      // A remote input may turn out to have changed, and is then read again: nothing of before counts.
      await folder?.discard();
      folder = await OutputFolder.open(checked.out);
      return runStoryboard(user, source, call, { ...checked, folder: folder.path });
    });
    invariant(folder, 'a folder for a storyboard');
    return await publish(facts, folder, checked);
  } catch (error) {
    await folder?.discard();
    throw error;
  }
}

/** Has the job make the sheets, which go into the folder. */
async function runStoryboard(
  user: InputUser,
  source: ResolvedSource,
  options: CallOptions,
  { params, out, folder }: CheckedStoryboard & { readonly folder: string },
): Promise<StoryboardFacts> {
  const place = { path: folder, name: out, format: params.format };
  const inline = user.pool.backend === 'inline';
  const files = new FilesForJob(place);
  const call: JobCall = {
    module: STORYBOARD_JOB.native,
    params: { ...params, folder: inline ? place : null } satisfies StoryboardParams,
    onEvent: (payload, answer) => {
      files.hear(payload, answer);
    },
    usage: { ownBytes: DEFAULT_USAGE.ownBytes },
    options,
    what: `Making a storyboard of ${source.spec.name}`,
    untilSettled: true,
  };
  if (inline) return runDirect<StoryboardFacts>(source, call);
  try {
    return (await runJob<StoryboardFacts>(user.pool, source, call)).result;
  } finally {
    // A folder that is to go must not get another file.
    await files.idle;
  }
}

/** Writes what points to the sheets, and has everything appear. */
async function publish(
  facts: StoryboardFacts,
  folder: OutputFolder,
  { params, out, hls, urlPrefix }: CheckedStoryboard,
): Promise<Storyboard> {
  const hlsLine = hls ? imageStreamLine(facts, urlPrefix, params.format) : undefined;
  const indexes = {
    ...(hls ? { [HLS_FILE]: imagePlaylist(facts, urlPrefix) } : {}),
    [JSON_FILE]: jsonIndex(facts, urlPrefix, hlsLine),
    [VTT_FILE]: webVtt(facts, urlPrefix),
  };
  for (const [file, text] of Object.entries(indexes)) await writeText(join(folder.path, file), text, join(out, file));
  const images = [...facts.sheets.map((_, i) => sheetFile(i + 1, params.format)), ...(params.bif ? [BIF_FILE] : [])];
  await folder.publish([...images, ...Object.keys(indexes)]);
  const names = { vtt: VTT_FILE, json: JSON_FILE, hls: hls ? HLS_FILE : undefined };
  return { ...facts, folder: out, ...names, hlsLine, bif: params.bif ? BIF_FILE : undefined };
}

async function writeText(path: string, text: string, name: string): Promise<void> {
  try {
    await writeFile(path, text, { flag: 'wx' });
  } catch (cause) {
    throw outputError(name, cause);
  }
}
