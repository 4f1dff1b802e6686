// Says which files of tests failed, so that `scripts/test.mjs` can ask those again where they have the machine for themselves.
import { writeFileSync } from 'node:fs';
import type { Reporter } from 'vitest/node';

/** Writes the paths of the files that failed, a line each; an error that is of no file is an empty line. */
export function failedFiles(path: string): Reporter {
  return {
    onTestRunEnd: (modules, errors) => {
      const failed = modules.filter((module) => !module.ok()).map(({ moduleId }) => moduleId);
      const loose = errors.map((error) =>
        typeof error['VITEST_TEST_PATH'] === 'string' ? error['VITEST_TEST_PATH'] : '',
      );
      writeFileSync(path, [...new Set([...failed, ...loose])].map((file) => `${file}\n`).join(''));
    },
  };
}
