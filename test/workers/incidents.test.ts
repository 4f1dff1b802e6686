// Who is to blame for workers that end: an input that does it twice, or a machine on which all of them end.
import { createHash } from 'node:crypto';
import { utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { FramerailError } from '#dist/base/index.js';
import { Telemetry } from '#dist/telemetry/index.js';
import { StartBreaker } from '#dist/workers/breaker.js';
import { Incidents } from '#dist/workers/incidents.js';
import { Quarantine, type SuspectInput } from '#dist/workers/quarantine.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const died = (signal = 'SIGSEGV'): FramerailError =>
  new FramerailError('FR_WORKER_DIED', 'It died.', { details: { signal, exitCode: null } });

function file(name: string, text = name): SuspectInput {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, text);
  return { spec: { kind: 'file', name: path, path, size: text.length }, blocks: undefined };
}

describe('the quarantine', () => {
  test('holds an input after the second worker, with how they ended and its hash, until the file changes', async () => {
    const quarantine = new Quarantine(2);
    const input = file('a.mp4', 'hostile');
    expect(quarantine.blame(input, 'SIGSEGV')).toBe(false);
    expect(await quarantine.check(input)).toBeUndefined();
    expect(quarantine.blame(input, 'hung')).toBe(true);
    const sha256 = createHash('sha256').update('hostile').digest('hex');
    expect(await quarantine.check(input)).toMatchObject({
      code: 'FR_INPUT_POISON',
      message: `${input.spec.name} ended 2 workers (the last one: hung) and is not tried again until it changes.`,
      details: { ends: ['SIGSEGV', 'hung'], signal: 'hung', sha256 },
    });
    expect(await quarantine.inputs()).toMatchObject([{ name: input.spec.name, ends: ['SIGSEGV', 'hung'], sha256 }]);
    utimesSync(input.spec.name, 1, 1);
    expect(await quarantine.check(input)).toBeUndefined();
  });

  test('bytes without a name are only themselves, blocks with one are known by it', async () => {
    const quarantine = new Quarantine(1);
    const read = (): Uint8Array => new Uint8Array(4);
    const spec = { kind: 'blocks', name: '(bytes in memory)', size: 4 } as const;
    const [one, other] = [
      { spec, blocks: { size: 4, read } },
      { spec, blocks: { size: 4, read } },
    ];
    expect(quarantine.blame(one, 'SIGABRT')).toBe(true);
    expect((await quarantine.check(one))?.details).toMatchObject({ sha256: null });
    expect(await quarantine.check(other)).toBeUndefined();
    const named = (): SuspectInput => ({
      spec: { kind: 'blocks', name: 'key', size: 4 },
      blocks: { size: 4, name: 'key', read },
    });
    quarantine.blame(named(), 'SIGBUS');
    expect((await quarantine.check(named()))?.code).toBe('FR_INPUT_POISON');
  });

  test('remembers a thousand inputs and no more', async () => {
    const quarantine = new Quarantine(1);
    const input = (i: number): SuspectInput => ({
      spec: { kind: 'blocks', name: `key ${String(i)}`, size: 1 },
      blocks: undefined,
    });
    for (let i = 0; i < 1001; i++) quarantine.blame(input(i), 'SIGSEGV');
    expect(await quarantine.check(input(0))).toBeUndefined();
    expect(await quarantine.check(input(1))).toBeDefined();
    expect(await quarantine.inputs()).toHaveLength(1000);
  });
});

describe('the breaker', () => {
  test('pauses starts after five failures in a row, longer each time, until something works', () => {
    let now = 0;
    const breaker = new StartBreaker(
      () => now,
      () => 0.5,
    );
    const waits: number[] = [];
    for (let i = 0; i < 8; i++) {
      breaker.startFailed();
      waits.push(breaker.wait);
      now += breaker.wait;
    }
    expect(waits).toEqual([0, 0, 0, 0, 1000, 2000, 4000, 8000]);
    breaker.succeeded();
    expect(breaker.wait).toBe(0);
    expect(breaker.startFailed()).toBe(false);
  });

  test('one input counts once, however often, and failures of long ago not at all', () => {
    let now = 0;
    const breaker = new StartBreaker(() => now);
    for (let i = 0; i < 20; i++) expect(breaker.diedOf('a.mp4')).toBe(false);
    for (const name of ['b', 'c', 'd']) breaker.diedOf(name);
    now = 61_000;
    expect(breaker.diedOf('e')).toBe(false);
    for (const name of ['f', 'g', 'h']) breaker.diedOf(name);
    expect(breaker.diedOf('i')).toBe(true);
  });
});

describe('the books', () => {
  test('an input that ends two workers is counted and is an alert', async () => {
    const telemetry = new Telemetry();
    const incidents = new Incidents(telemetry, 2);
    const input = file('bad.mp4');
    incidents.failed(input, new FramerailError('FR_DECODE_FAILED', 'It failed.'));
    incidents.failed(input, died());
    incidents.failed(input, died());
    expect((await incidents.quarantine.check(input))?.code).toBe('FR_INPUT_POISON');
    expect(telemetry.prometheus()).toContain('framerail_inputs_quarantined_total 1');
    expect(telemetry.snapshot().alerts).toMatchObject([{ name: 'input-quarantined' }]);
    telemetry.close();
  });

  test('where five different inputs end workers and nothing works, the machine is at fault and no input is held', async () => {
    const telemetry = new Telemetry();
    const incidents = new Incidents(telemetry, 2);
    const inputs = ['a', 'b', 'c', 'd', 'e'].map((name) => file(name));
    for (const input of inputs) for (let i = 0; i < 2; i++) incidents.failed(input, died());
    expect(incidents.mayStart).toBe(false);
    expect(incidents.pause).toBeGreaterThan(700);
    for (const input of inputs) expect(await incidents.quarantine.check(input)).toBeUndefined();
    expect(telemetry.snapshot().alerts.map(({ name }) => name)).toContain('crash-loop');
    incidents.succeeded();
    expect(incidents.mayStart).toBe(true);
    telemetry.close();
  });
});
