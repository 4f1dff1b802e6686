// framerail doctor: tries what the machine can do.
import { expect, test } from 'vitest';
import { cli } from '../support/cli.js';
import { LANDLOCK, SECCOMP } from '../support/kernel.js';
import { once } from '../support/once.js';

interface Doctored {
  readonly ok: boolean;
  readonly findings: Record<string, unknown>[];
  readonly sandbox: unknown;
}

/** It tries everything there is, which takes seconds. */
const asJson = once(() => cli('doctor', '--json'));

test('a machine that runs the tests is well', async () => {
  const { code, stdout, stderr, orphans } = await asJson();
  expect([code, stderr, orphans]).toEqual([0, '', []]);
  const { ok, findings, sandbox } = JSON.parse(stdout.toString()) as Doctored;
  expect(ok).toBe(true);
  const found = new Map(findings.map((finding) => [finding['name'], finding]));
  expect(found.get('node')).toMatchObject({ ok: true, what: expect.stringContaining(process.version) });
  expect(found.get('engine')).toMatchObject({ ok: true, what: expect.stringMatching(/^FFmpeg \d.*avcodec \d+/) });
  expect(found.get('ffmpeg command')).toMatchObject({ ok: true, optional: true });
  for (const way of ['process, memfd', 'process, shm', 'process, copy', 'thread', 'inline', 'spawn'])
    expect(found.get(`frames: ${way}`)).toMatchObject({ ok: true, what: expect.stringMatching(/^30 frames in/) });
  // Nothing that a machine must have: what it lacks is said.
  const full = LANDLOCK > 0 && SECCOMP;
  expect(found.get('sandbox')).toMatchObject({
    ok: full,
    what: full
      ? 'level 3 of 3, refused: running programs, the network, writing files, reading outside of roots'
      : expect.stringMatching(/^Workers .*\.$/),
  });
  if (full) expect(sandbox).toMatchObject({ level: 3, lacks: [] });
});

test('a text for people', async () => {
  const { code, stdout } = await cli('doctor');
  expect(code).toBe(0);
  const lines = stdout.toString().trimEnd().split('\n');
  expect(lines.length).toBeGreaterThan(8);
  // Hardware is nothing that a machine must have.
  for (const line of lines) expect(line).toMatch(/^ok {4}\S|^no {4}(\w+ {2,}|\w+: \w+ ).*\.( \(|$)/);
  expect(lines.filter((line) => /^no/.test(line)).join('\n')).not.toMatch(/lib(x264|x265|svtav1|vpx)/);
});

test('each hardware encoder and decoder, with the reason where it does not work', async () => {
  const { stdout } = await asJson();
  const { hardware, findings } = JSON.parse(stdout.toString()) as {
    hardware: { backend: string; kind: string; name: string; ok: boolean; reason?: string }[];
    findings: { name: string; ok: boolean }[];
  };
  const names = hardware.map(({ name }) => name);
  for (const name of ['h264_nvenc', 'hevc_qsv', 'av1_vaapi', 'h264_videotoolbox', 'hevc_amf', 'nvdec'])
    expect(names).toContain(name);
  for (const { ok, reason } of hardware) expect(ok || (reason ?? '').endsWith('.')).toBe(true);
  expect(findings.find(({ name }) => name === 'encode: libx264')?.ok).toBe(true);
});
