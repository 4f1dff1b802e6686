import { defineConfig } from 'vitest/config';

// The tests run against the built package: worker processes load the same files as a user's would.
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/fixtures.ts'],
    setupFiles: ['test/support/equal-bytes.ts'],
    pool: 'forks',
    // Leak tests ask for a collection before they count what is left.
    execArgv: ['--expose-gc'],
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    server: { deps: { external: [/\/dist\//] } },
  },
});
