// The blocks of a page in Markdown, and a folder in which its JavaScript runs as a reader would run it.
import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fixture } from './fixtures.js';
import { temporaryFolder } from './temporary-folder.js';

const ROOT = join(import.meta.dirname, '../..');

/** One block of JavaScript. */
export interface CodeBlock {
  /** The page and the line of its fence. */
  readonly where: string;
  /** The words behind `js` in the fence: how it is run, and its name. */
  readonly how: string;
  readonly name: string;
  readonly code: string;
}

/** How one block ended. */
export interface BlockRun {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly folder: string;
}

/** A fenced block of a page: what stands behind its language, and what is in it. */
export interface Fence {
  /** The page and the line of its fence. */
  readonly where: string;
  readonly language: string;
  /** The words behind the language. */
  readonly words: readonly string[];
  readonly text: string;
}

/** All fenced blocks of a page, in order. */
export function fences(page: string): Fence[] {
  const found: Fence[] = [];
  const lines = readFileSync(join(ROOT, page), 'utf8').split('\n');
  for (let at = 0; at < lines.length; at++) {
    const fence = /^```(\w+)((?: [\w.-]+)*)$/.exec(lines[at]!);
    if (fence === null) continue;
    const end = lines.indexOf('```', at);
    const words = fence[2]!.split(' ').slice(1);
    const text = lines.slice(at + 1, end).join('\n');
    found.push({ where: `${page}:${String(at + 1)}`, language: fence[1]!, words, text });
    at = end;
  }
  return found;
}

/** The JavaScript of a page, in order. */
export function codeBlocks(page: string): CodeBlock[] {
  return fences(page)
    .filter(({ language }) => language === 'js')
    .map(({ where, words: [how = '', name = ''], text: code }) => ({ where, how, name, code }));
}

/** What a short block takes for granted: names of the package, and a video that is open. */
const NAMES = ['createCovers', 'createVideo', 'Engine', 'open', 'probe', 'processVideo', 'readFrames', 'startProcess'];

/** What Node 20 lacks and others than us need. */
const WITH_RESOLVERS = `Promise.withResolvers ??= () => {
  const parts = {};
  parts.promise = new Promise((resolve, reject) => Object.assign(parts, { resolve, reject }));
  return parts;
};\n`;

/** A block that imports nothing goes on from the ones before it. */
function complete(code: string): string {
  if (code.includes('node-av/api')) return WITH_RESOLVERS + code;
  if (/^import /m.test(code)) return code;
  const usesVideo = /\bvideo\./.test(code) && !/const video\b/.test(code);
  const used = NAMES.filter((name) => new RegExp(`\\b${name}\\(`).test(code) || (name === 'open' && usesVideo));
  const video = usesVideo ? "const video = await open('in.mp4');\n" : '';
  return `import { ${used.join(', ')} } from 'framerail';\n${video}${code}`;
}

/** Runs a block in a folder of its own, with clips under the names that pages use. */
export function runBlock({ code }: CodeBlock): Promise<BlockRun> {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(ROOT, join(folder, 'node_modules/framerail'));
  for (const name of ['fluent-ffmpeg', 'node-av'])
    symlinkSync(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name));
  mkdirSync(join(folder, 'media'));
  copyFileSync(fixture('plain.mp4'), join(folder, 'in.mp4'));
  copyFileSync(fixture('plain.mp4'), join(folder, 'media/in.mp4'));
  copyFileSync(fixture('plain.mkv'), join(folder, 'in.mkv'));
  copyFileSync(fixture('big.mp4'), join(folder, 'long.mp4'));
  copyFileSync(fixture('text.mp4'), join(folder, 'notes.txt'));
  writeFileSync(join(folder, 'block.mjs'), complete(code));
  return start(['block.mjs'], folder);
}

/** Whether a block could be run at all. */
export async function parses({ code }: CodeBlock): Promise<boolean> {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'block.mjs'), code);
  return (await start(['--check', 'block.mjs'], folder)).code === 0;
}

function start(args: readonly string[], folder: string): Promise<BlockRun> {
  return new Promise((resolve) => {
    execFile(process.execPath, args, { cwd: folder, timeout: 50_000 }, (error, stdout, stderr) => {
      // What was killed has no code.
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : null;
      resolve({ code, stdout, stderr, folder });
    });
  });
}
