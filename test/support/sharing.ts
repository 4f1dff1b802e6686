// Which test files may share a process: those whose imports say that they calculate, and leave nothing behind.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');

/** What such a file may import. Anything else, such as the whole package, engines, servers or children, has its own. */
const HARMLESS = [
  /^(vitest|fast-check|yaml)$/,
  /^node:(buffer|crypto|events|fs|fs\/promises|os|path|stream|url)$/,
  /^#dist\/(base|cache|config|covers|frames|hardware|memory|net|pixels|relay|sources|spawned|spelling|telemetry)\//,
  /^(\.\.\/)+support\/(failure|ffmpeg|fixtures|pieces|temporary-folder)\.js$/,
  /^(\.\.\/)+support\/relay\/(adts|compare|flv-file|in-file|rtp|stream|tags|ts|ts-builder|units)\.js$/,
];
/** What measures the process, changes it or waits in it: neighbours would be seen, or would see it. */
const TOUCHES_PROCESS = /\b(process|globalThis|global|performance)\.|\bvi\.|\bset(Timeout|Interval)\b|\bimport\(/;

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
