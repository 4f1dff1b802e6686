// A guide that a file of tests follows once, ahead of all of them, in a folder of its own.
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { follow, type ShellRun } from './shell-guide.js';

/** What following it gave. */
export interface FollowedGuide {
  /** How each block went, by where it stands. */
  readonly runs: ReadonlyMap<string, ShellRun>;
  /** Where it was followed; known once tests run. */
  readonly folder: string;
}

/** Follows a guide before the tests of this file, and removes what it made after them. */
export function followedGuide(page: string): FollowedGuide {
  const runs = new Map<string, ShellRun>();
  const guide = { runs, folder: '' };
  beforeAll(async () => {
    guide.folder = mkdtempSync(join(realpathSync(tmpdir()), 'framerail-test-'));
    await follow(page, guide.folder, ({ where }, run) => {
      runs.set(where, run);
      return Promise.resolve();
    });
  }, 200_000);
  afterAll(() => {
    rmSync(guide.folder, { recursive: true, force: true });
  });
  return guide;
}
