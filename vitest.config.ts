import { configDefaults, defineConfig } from 'vitest/config';
import { failedFiles } from './test/support/failed-files.js';
import { LONG } from './test/support/long.js';
import { sharingTests } from './test/support/sharing.js';

/** What a crowded machine would be too slow for: bounds of milliseconds, pauses that people make, hundreds of peers at once. */
const MEASURING = [
  'test/docs/relay-guides.test.ts',
  'test/frames/endings.test.ts',
  'test/frames/hang-watch.test.ts',
  'test/frames/process/live.test.ts',
  'test/frames/process/outputs.test.ts',
  'test/fault/hang.test.ts',
  'test/fault/spawned-death.test.ts',
  'test/fault/spawned-process-death.test.ts',
  'test/fault/worker-death.test.ts',
  'test/relay/failback.test.ts',
  'test/relay/failover-nginx.test.ts',
  'test/relay/many/reload.test.ts',
  'test/relay/reconnect.test.ts',
  'test/relay/rtsp/round-trips.test.ts',
  'test/relay/slate.test.ts',
  'test/relay/start.test.ts',
  'test/relay/timings.test.ts',
];

/** Only in the long run: guides and examples followed word by word, and all that commands make. */
const LONG_ONLY = LONG
  ? []
  : [
      'test/covers/spawned.test.ts',
      'test/docs/batch-guide.test.ts',
      'test/docs/covers-guide.test.ts',
      'test/docs/relay-guides.test.ts',
      'test/examples.test.ts',
      'test/fault/spawned-death.test.ts',
      'test/fault/spawned-process-death.test.ts',
      'test/frames/spawned-process.test.ts',
      'test/frames/spawned.test.ts',
      'test/scripts/check-docs.test.ts',
      'test/scripts/types-doc.test.ts',
    ];

/** Where the names of files that failed go, if somebody wants them. */
const FAILED_FILES = process.env['FRAMERAIL_FAILED_FILES'];

const measuring = MEASURING.filter((path) => !LONG_ONLY.includes(path));
const sharing = sharingTests().filter((path) => ![...MEASURING, ...LONG_ONLY].includes(path));

// The tests run against the built package: worker processes load the same files as a user's would.
export default defineConfig({
  test: {
    globalSetup: ['test/support/fixtures.ts', 'test/support/packed.ts', 'test/support/warm-command.ts'],
    setupFiles: ['test/support/equal-bytes.ts'],
    pool: 'forks',
    // Leak tests ask for a collection before they count what is left.
    execArgv: ['--expose-gc'],
    // Half of all time is waited for peers: two cores are busy with four.
    maxWorkers: 4,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // As long as `eventually` waits, for the same reason.
    expect: { poll: { timeout: 20_000 } },
    reporters: FAILED_FILES === undefined ? ['default'] : ['default', failedFiles(FAILED_FILES)],
    server: { deps: { external: [/\/dist\//] } },
    // A process of its own costs a file half a second of processor time: what leaves nothing behind does without.
    // The setup is that of the whole, which runs whatever is asked for: none is made ready again.
    projects: [
      { extends: true, test: { name: 'sharing', globalSetup: [], include: sharing, isolate: false } },
      {
        extends: true,
        test: {
          name: 'alone',
          globalSetup: [],
          include: ['test/**/*.test.ts'],
          exclude: [...configDefaults.exclude, ...sharing, ...MEASURING, ...LONG_ONLY],
        },
      },
      // Behind the others.
      {
        extends: true,
        test: { name: 'measuring', globalSetup: [], include: measuring, maxWorkers: 2, sequence: { groupOrder: 1 } },
      },
    ],
  },
});
