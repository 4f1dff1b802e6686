// A guide whose blocks are followed from top to bottom, as a reader would: one folder, framerail in the PATH and for imports.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fences, type Fence } from './code-blocks.js';
import { freePort } from './live.js';

const ROOT = join(import.meta.dirname, '../..');
const BIN = join(ROOT, 'bin/framerail.js');
/** The fences that a reader saves as files: those that have the name of one. */
const SAVED: Readonly<Record<string, RegExp>> = { yaml: /\.yaml$/, js: /\.mjs$/, html: /\.html$/ };
/** The Python that has GStreamer's bindings: the system's own. */
const PYTHON = '/usr/bin/python3';
/** Milliseconds that a block may take; the longest one needs a third of it on an idle machine. */
const DEADLINE = 45_000;

/** A block that runs, with what the page says that it prints. */
export interface ShellBlock {
  readonly where: string;
  readonly name: string;
  /** Lines that must be among what it prints, whatever their numbers. */
  readonly promised: readonly string[];
}

/** How one block ended. */
export interface ShellRun {
  readonly code: number | null;
  readonly output: string;
  readonly folder: string;
  /** Whether something that it had started was still there behind it. */
  readonly leftOver: boolean;
}

/** A step on the way through a guide: a file that the reader saves, or a block that he runs. */
type Step = { readonly file: string; readonly text: string } | { readonly block: ShellBlock; readonly script: string };

/** The configurations of a page, by the names under which it has them saved; what is for others is marked `show`. */
export function yamlFiles(page: string): { readonly where: string; readonly name: string; readonly text: string }[] {
  return fences(page)
    .filter(({ language, words }) => language === 'yaml' && words[0] !== 'show')
    .map(({ where, words: [name = 'relays.yaml'], text }) => ({ where, name, text: `${text}\n` }));
}

/** What a configuration takes from the environment, with a value for each. */
export function variablesOf(text: string): Record<string, string> {
  const names = [...text.matchAll(/\$\{(\w+)\}/g)].map(([, name]) => name!);
  return Object.fromEntries(names.map((name) => [name, `${name.toLowerCase()}-0123456789abcdef`]));
}

/** The blocks of a page that run. */
export function shellBlocks(page: string): ShellBlock[] {
  return steps(page).flatMap((step) => ('block' in step ? [step.block] : []));
}

function steps(page: string): Step[] {
  const all = fences(page);
  return all.flatMap((fence, i): Step[] => {
    const { language, words, text, where } = fence;
    const [how = '', name = ''] = words;
    if (SAVED[language]?.test(how) === true) return [{ file: how, text: `${text}\n` }];
    if (!canRun(fence) || how !== 'run') return [];
    const promised = printedBy(all, i).flatMap((one) => one.text.split('\n').filter((line) => line.trim() !== ''));
    const block = { where, name, promised };
    if (language === 'sh') return [{ block, script: text }];
    return [
      { file: `${name}.mjs`, text: `${text}\n` },
      { block, script: `node ${name}.mjs` },
    ];
  });
}

/** What stands behind a block as its output: text, up to the next block that runs. */
function printedBy(all: readonly Fence[], at: number): Fence[] {
  const rest = all.slice(at + 1);
  const end = rest.findIndex(canRun);
  return rest.slice(0, end < 0 ? undefined : end).filter(({ language }) => language === 'text');
}

function canRun({ language, words: [how] }: Fence): boolean {
  return language === 'sh' || (language === 'js' && how === 'run');
}

/**
 * Follows a guide in a folder, from one block to the next.
 * @param onRun - looks at what a block has made, ahead of the next one
 */
export async function follow(
  page: string,
  folder: string,
  onRun: (block: ShellBlock, run: ShellRun) => Promise<void>,
): Promise<void> {
  const bin = join(folder, '.bin');
  mkdirSync(bin);
  chmodSync(BIN, 0o755);
  symlinkSync(BIN, join(bin, 'framerail'));
  symlinkSync(PYTHON, join(bin, 'python3'));
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(ROOT, join(folder, 'node_modules/framerail'));
  const all = steps(page);
  const withPorts = await portsOf(all.map((step) => ('file' in step ? step.text : step.script)));
  for (const step of all) {
    if ('file' in step) writeFileSync(join(folder, step.file), withPorts(step.text));
    else await onRun(step.block, await run(withPorts(step.script), folder, bin));
  }
}

/** Has every port that the texts name be a free one, the same in all of them. */
async function portsOf(texts: readonly string[]): Promise<(text: string) => string> {
  const written = new Set(texts.flatMap((text) => [...text.matchAll(/:([1-9]\d{3})\b/g)].map(([, port]) => port!)));
  const free = new Map<string, string>();
  for (const port of written) free.set(port, String(await freePort('tcp')));
  return (text) => text.replaceAll(/\b[1-9]\d{3}\b/g, (number) => free.get(number) ?? number);
}

async function run(script: string, folder: string, bin: string): Promise<ShellRun> {
  const child = spawn('bash', ['-c', script], {
    cwd: folder,
    env: { ...process.env, PATH: `${bin}:${process.env['PATH'] ?? ''}` },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  const group = -(child.pid ?? 0);
  const end = setTimeout(() => signal(group, 'SIGKILL'), DEADLINE);
  const [code] = (await once(child, 'exit')) as [number | null];
  const leftOver = signal(group, 0);
  signal(group, 'SIGKILL');
  clearTimeout(end);
  return { code, output, folder, leftOver };
}

/** Signals a group of processes; whether there was anybody. */
function signal(group: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(group, name);
  } catch {
    return false;
  }
}

/** Whether a line is among what was printed, whatever the numbers in it. */
export function printed(output: string, line: string): boolean {
  const parts = plain(line)
    .split('…')
    .map((part) => part.trim());
  return output.split('\n').some((text) => {
    let at = 0;
    return parts.every((part) => {
      const found = plain(text).indexOf(part, at);
      at = found + part.length;
      return found >= 0;
    });
  });
}

function plain(line: string): string {
  return line
    .replaceAll(/\d+(\.\d+)?/g, '#')
    .replaceAll(/\s+/g, ' ')
    .trim();
}
