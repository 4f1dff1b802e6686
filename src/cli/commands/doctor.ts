// framerail doctor: what this machine can do, each thing by trying it.
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Command } from 'commander';
import { formatBytes, isFramerailError } from '../../base/index.js';
import { describeHardware, folded, type Finding, type HardwareState } from './doctor-hardware.js';
import { describeSandbox, trySandbox } from './doctor-sandbox.js';
import type { PoolOptions, SandboxReport } from '../../workers/index.js';
import { interruptSignal } from '../interrupt.js';
import { print, printJson } from '../output.js';
import type { CliCommand } from './command.js';

/** The command. */
export const doctor: CliCommand = {
  name: 'doctor',
  define(command: Command): void {
    command
      .description(
        'Try what this machine can do: the FFmpeg build, shared memory, worker processes, each way of frames, ' +
          'how far workers are locked down, each hardware encoder and decoder.',
      )
      .option('--json', 'print one JSON document')
      .action(run);
  },
};

async function run(options: { readonly json?: boolean }): Promise<void> {
  const findings: Finding[] = [
    { name: 'node', ok: true, optional: false, what: `${process.version} on ${process.platform}-${process.arch}` },
    {
      name: 'machine',
      ok: true,
      optional: false,
      what: `${String(availableParallelism())} cores, ${formatBytes(totalmem())} of memory`,
    },
    await attempt('engine', false, describeEngine),
    await attempt('ffmpeg command', true, describeCommand),
  ];
  const { findings: ways, sandbox } = await tryFrames();
  findings.push(...ways);
  const hardware = await tryEncoders(findings);
  // Where the commands of the machine do the work, the native engine is not needed.
  const spawns = findings.some(({ name, ok }) => ok && name === SPAWN_WAY);
  const ok = findings.every((finding) => finding.ok || finding.optional || spawns);
  if (options.json === true) printJson({ ok, findings, sandbox, ...hardware });
  else
    for (const { name, ok: works, optional, what } of folded(findings))
      print(`${works ? 'ok  ' : optional || spawns ? 'no  ' : 'FAIL'}  ${name.padEnd(25)}  ${what}`);
  process.exitCode = ok ? 0 : 1;
}

async function attempt(name: string, optional: boolean, work: () => Promise<string>): Promise<Finding> {
  try {
    return { name, ok: true, optional, what: await work() };
  } catch (error) {
    const what = isFramerailError(error)
      ? `${error.message} (${error.code})`
      : error instanceof Error
        ? error.message
        : String(error);
    return { name, ok: false, optional, what };
  }
}

async function describeEngine(): Promise<string> {
  const { AVCODEC_FLOOR, checkBuild, ffmpegBuild } = await import('../../av/index.js');
  const build = ffmpegBuild();
  checkBuild(build);
  const { avcodec = '', avformat = '', swscale = '' } = build.libraries;
  return `FFmpeg ${build.version} (${build.license}), avcodec ${avcodec} (floor ${AVCODEC_FLOOR}), avformat ${avformat}, swscale ${swscale}`;
}

async function describeCommand(): Promise<string> {
  const { stdout } = await promisify(execFile)('ffmpeg', ['-version'], { timeout: 10_000 });
  return `${stdout.split('\n')[0] ?? ''} (needed by bench and the backend spawn)`;
}

const WAYS: readonly (readonly [string, boolean, PoolOptions])[] = [
  ['process, memfd', true, { backend: 'process', transport: 'memfd' }],
  ['process, shm', true, { backend: 'process', transport: 'shm' }],
  ['process, copy', false, { backend: 'process', transport: 'copy' }],
  ['thread', true, { backend: 'thread' }],
  ['inline', false, { backend: 'inline' }],
  ['spawn', true, { backend: 'spawn' }],
];

const SPAWN_WAY = 'frames: spawn';
/** Tries every encoder and decoder, each kind in workers of its own; nothing of it is needed. */
async function tryEncoders(findings: Finding[]): Promise<HardwareState> {
  const { hardwareDesk, surveyHardware, testSoftware } = await import('../../frames/index.js');
  for (const [name, { ok, reason = '', elapsed }] of await testSoftware())
    findings.push({
      name: `encode: ${name}`,
      ok,
      optional: true,
      what: ok ? `software, test encode in ${elapsed.toFixed(0)} ms` : reason,
    });
  const hardware = await surveyHardware();
  findings.push(...hardware.map(describeHardware));
  return { hardware, sessions: hardwareDesk().budgets };
}

/** What was found with a tiny video. */
interface FramesState {
  readonly findings: Finding[];
  /** What a locked-down worker has proved; undefined where there is none. */
  readonly sandbox: SandboxReport | undefined;
}

/** Sends frames of a tiny video every way that there is, and has a cover of it made by a locked-down worker. */
async function tryFrames(): Promise<FramesState> {
  // Also when it is interrupted, what was tried with goes away.
  const signal = interruptSignal();
  const folder = await mkdtemp(join(tmpdir(), 'framerail-doctor-'));
  try {
    const path = join(folder, 'sample.mp4');
    const made = await attempt('encode and mux', false, () => writeSample(path));
    const findings = [made];
    if (!made.ok) {
      const instead = await attempt('encode by command', true, () => spawnSample(path));
      findings.push(instead);
      if (!instead.ok) return { findings, sandbox: undefined };
    }
    for (const [name, optional, options] of WAYS)
      findings.push(await attempt(`frames: ${name}`, optional, () => readSample(path, options, signal)));
    let sandbox: SandboxReport | undefined;
    const tried = await attempt('sandbox', true, async () => {
      sandbox = await trySandbox(path, signal);
      return '';
    });
    findings.push(tried.ok ? describeSandbox(sandbox) : tried);
    return { findings, sandbox };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const SAMPLE_FRAMES = 30;

async function writeSample(path: string): Promise<string> {
  const { VideoWriter } = await import('../../av/index.js');
  const writer = new VideoWriter({ path, width: 320, height: 180, frameRate: 30, gop: 15 });
  for (let i = 0; i < SAMPLE_FRAMES; i++) {
    writer.pixels.fill(8 * i);
    writer.write();
  }
  writer.finish();
  return `${String(SAMPLE_FRAMES)} frames of H.264 in MP4`;
}

/** The same without native code. */
async function spawnSample(path: string): Promise<string> {
  const source = ['-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=30:duration=1'];
  await promisify(execFile)('ffmpeg', ['-v', 'error', ...source, '-c:v', 'mpeg4', path], { timeout: 10_000 });
  return `${String(SAMPLE_FRAMES)} frames of MPEG-4 in MP4`;
}

async function readSample(path: string, options: PoolOptions, signal: AbortSignal): Promise<string> {
  const started = performance.now();
  const { Engine } = await import('../../frames/index.js');
  await using engine = new Engine({ ...options, workers: 1 });
  await engine.warm();
  const warm = performance.now();
  const video = await engine.open(path, { signal });
  let count = 0;
  for await (const batch of video.frames({ timeout: 10_000, signal })) count += batch.length;
  if (count !== SAMPLE_FRAMES) throw new Error(`${String(count)} of ${String(SAMPLE_FRAMES)} frames arrived.`);
  return `${String(count)} frames in ${(performance.now() - warm).toFixed(0)} ms, ready after ${(warm - started).toFixed(0)} ms`;
}
