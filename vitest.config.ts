import { configDefaults, defineConfig } from 'vitest/config';
import { sharingTests } from './test/support/sharing.js';

const sharing = sharingTests();

// The tests run against the built package: worker processes load the same files as a user's would.
export default defineConfig({
  test: {
    globalSetup: ['test/support/fixtures.ts', 'test/support/packed.ts'],
    setupFiles: ['test/support/equal-bytes.ts'],
    pool: 'forks',
    // Leak tests ask for a collection before they count what is left.
    execArgv: ['--expose-gc'],
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    server: { deps: { external: [/\/dist\//] } },
    // A process of its own costs a file half a second of processor time: what only calculates does without.
    projects: [
      { extends: true, test: { name: 'sharing', globalSetup: [], include: sharing, isolate: false } },
      {
        extends: true,
        test: { name: 'alone', include: ['test/**/*.test.ts'], exclude: [...configDefaults.exclude, ...sharing] },
      },
    ],
  },
});
