// What works here is found out by trying, in workers that a bad driver may take down.
import { afterEach, expect, test } from 'vitest';
import { testBackend } from '#dist/frames/hardware/hardware-tests.js';
import { FAKE_HARDWARE, wishedBackends } from '#dist/hardware/index.js';
import { Engine, surveyHardware } from '#dist/index.js';
import { failure } from '../../support/failure.js';
import { fakeHardware } from '../../support/fake-hardware.js';
import { fixture } from '../../support/fixtures.js';
import { childPids } from '../../support/resources.js';

const fake = () => wishedBackends('fake')[0]!;

afterEach(() => {
  expect(childPids()).toEqual([]);
});

test('an encoder that works', async () => {
  const { sessions } = fakeHardware();
  const verdict = (await testBackend(fake())).get('fake_hw');
  expect(verdict).toMatchObject({ ok: true, reason: undefined, exhausted: false });
  expect(verdict?.elapsed).toBeGreaterThan(0);
  expect(sessions()).toEqual([]);
});

test('one without a session left can be tried again', async () => {
  fakeHardware({ sessions: 0 });
  expect((await testBackend(fake())).get('fake_hw')).toMatchObject({
    ok: false,
    exhausted: true,
    reason: 'The fake hardware has no session left: Cannot allocate memory.',
  });
});

test('one that dies in the test', async () => {
  fakeHardware({ dieAfter: 2 });
  expect((await testBackend(fake())).get('fake_hw')).toMatchObject({
    ok: false,
    exhausted: false,
    reason: 'The fake hardware died after 2 pictures.',
  });
});

test('a driver that crashes takes down the worker of the test alone', async () => {
  fakeHardware({ crash: true });
  const verdict = (await testBackend(fake())).get('fake_hw');
  expect(verdict?.ok).toBe(false);
  expect(verdict?.reason).toMatch(/^The media worker was ended by SIGSEGV/);
});

test('every backend has a verdict on each of its encoders', async () => {
  const begun = performance.now();
  const findings = await surveyHardware();
  const took = performance.now() - begun;
  const found = new Set(findings.map(({ backend }) => backend));
  expect([...found].sort()).toEqual(['amf', 'nvenc', 'qsv', 'vaapi', 'videotoolbox']);
  for (const { ok, reason } of findings) expect(ok ? reason === undefined : (reason ?? '').length > 10).toBe(true);
  // What was tried is known: the second time costs next to nothing, on a crowded machine too.
  const started = performance.now();
  expect(await surveyHardware()).toEqual(findings);
  expect(performance.now() - started).toBeLessThan(Math.max(50, took / 10));
});

test('names of hardware that there is not', async () => {
  const engine = new Engine({ workers: 1 });
  try {
    const into = (encoder: string, codec?: string) => () =>
      engine.process(fixture('plain.mp4'), '/tmp/never.mp4', { encoder, codec }).result;
    const unknown = await failure(into('nvnc'));
    expect([unknown.code, unknown.message]).toEqual(['FR_ARG_INVALID', expect.stringContaining('nvenc')]);
    const near = await failure(into('libx246'));
    expect(near.message).toContain('libx264');
    const codec = await failure(into('nvenc', 'vp9'));
    expect(codec.message).toBe('Expected one of h264, hevc, av1 for the encoder nvenc for `codec` but received "vp9".');
    expect((await failure(into('fake'))).code).toBe('FR_ARG_INVALID');
  } finally {
    await engine.close();
  }
  expect(process.env[FAKE_HARDWARE]).toBeUndefined();
});
