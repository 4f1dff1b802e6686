// Which test files may share a process: those whose imports say that they leave nothing behind in it.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');

/**
 * What such a file may import: calculations, and what ends with the tests that began it, such as covers and commands.
 * Anything else, such as frames in the memory of engines, relays, faults in the environment, counted resources or kills,
 * has a process of its own.
 */
const HARMLESS = [
  /^(vitest|fast-check|yaml|sharp)$/,
  /^node:(buffer|child_process|crypto|events|fs|fs\/promises|os|path|stream|url|util|zlib)$/,
  /^#dist\/index\.js$/,
  /^#dist\/(base|cache|config|covers|frames|hardware|memory|net|pixels|relay|sources|spawned|spelling|telemetry)\//,
  /^(\.\.\/)+support\/(cli|covers|decoded|failure|ffmpeg|fixtures|long|once|pieces)\.js$/,
  /^(\.\.\/)+support\/(psnr|storyboards|temporary-folder|thumbnails)\.js$/,
  /^(\.\.\/)+support\/cover-pictures\/\S+\.js$/,
  /^(\.\.\/)+support\/relay\/(adts|compare|flv-file|in-file|rtp|stream|tags|ts|ts-builder|units)\.js$/,
];
/** What measures the process, changes it or waits in it: neighbours would be seen, or would see it. */
const TOUCHES_PROCESS = new RegExp(
  [
    /(?<!\/)\bprocess\.(?!(execPath|platform|version)\b)/,
    /\b(globalThis|global|performance)\.|\bvi\.(?!(fn|waitFor|waitUntil)\b)/,
    /\bset(Timeout|Interval)\b|\bimport\(/,
  ]
    .map(({ source }) => source)
    .join('|'),
);

function mayShare(path: string): boolean {
  const text = readFileSync(join(ROOT, path), 'utf8');
  const imports = [...text.matchAll(/^(?:import|export|\} from)\b.*'([^']+)';$/gm)].map(([, from]) => from!);
  return !TOUCHES_PROCESS.test(text) && imports.every((from) => HARMLESS.some((one) => one.test(from)));
}

/** The files of tests that may run in one process after another, relative to the root of the repository. */
export function sharingTests(): string[] {
  return readdirSync(join(ROOT, 'test'), { recursive: true, encoding: 'utf8' })
    .map((path) => `test/${path.replaceAll('\\', '/')}`)
    .filter((path) => path.endsWith('.test.ts') && mayShare(path));
}
