// What a pool of workers reports: refused regions are counted and alerted about, other failures are not.
import { expect, test } from 'vitest';
import { FramerailError } from '#dist/base/index.js';
import { Telemetry } from '#dist/telemetry/index.js';
import { WorkerReports } from '#dist/workers/reports.js';

test('a region that the system refused is counted and is an alert', () => {
  const telemetry = new Telemetry();
  const reports = new WorkerReports(telemetry, {
    alive: () => 3,
    waiting: () => 0,
    handedOut: () => ({ steals: 0, stolen: 0, kept: 0 }),
    sandbox: () => undefined,
  });
  reports.failed(new Error('else'));
  reports.failed(new FramerailError('FR_WORKER_DIED', 'It died.'));
  expect(telemetry.snapshot().alerts).toEqual([]);
  reports.failed(new FramerailError('FR_MEMORY_REGION', 'A region has no memory left: ENOSPC.'));
  reports.failed(new FramerailError('FR_MEMORY_REGION', 'A region has no memory left: ENOSPC.'));
  expect(telemetry.snapshot().alerts).toMatchObject([
    { name: 'region-failure', value: 2, message: 'A region has no memory left: ENOSPC.' },
  ]);
  const lines = telemetry.prometheus().split('\n');
  expect(lines).toContain('framerail_region_failures_total 2');
  expect(lines).toContain('framerail_alerts_total{alert="region-failure"} 1');
  expect(lines).toContain('framerail_workers 3');
  telemetry.close();
});
