import { configDefaults, defineConfig } from 'vitest/config';
import { sharingTests } from './test/support/sharing.js';

const sharing = sharingTests();
/** What a crowded machine would be too slow for: bounds of milliseconds, pauses that people make, hundreds of peers at once. */
const MEASURING = [
  'test/docs/relay-guides.test.ts',
  'test/frames/endings.test.ts',
  'test/frames/hang-watch.test.ts',
  'test/fault/hang.test.ts',
  'test/fault/worker-death.test.ts',
  'test/relay/many/reload.test.ts',
  'test/relay/reconnect.test.ts',
  'test/relay/start.test.ts',
  'test/relay/timings.test.ts',
];

// The tests run against the built package: worker processes load the same files as a user's would.
export default defineConfig({
  test: {
    globalSetup: ['test/support/fixtures.ts', 'test/support/packed.ts'],
    setupFiles: ['test/support/equal-bytes.ts'],
    pool: 'forks',
    // Leak tests ask for a collection before they count what is left.
    execArgv: ['--expose-gc'],
    // Half of all time is waited for peers: two cores are busy with three.
    maxWorkers: 3,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    server: { deps: { external: [/\/dist\//] } },
    // A process of its own costs a file half a second of processor time: what only calculates does without.
    projects: [
      { extends: true, test: { name: 'sharing', globalSetup: [], include: sharing, isolate: false } },
      {
        extends: true,
        test: {
          name: 'alone',
          include: ['test/**/*.test.ts'],
          exclude: [...configDefaults.exclude, ...sharing, ...MEASURING],
        },
      },
      // Behind the others.
      {
        extends: true,
        test: { name: 'measuring', include: MEASURING, maxWorkers: 2, sequence: { groupOrder: 1 } },
      },
    ],
  },
});
