// Makes the clips that the tests need, once, before any test runs; kept until their recipe changes.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { creditsPicture, PLANTED, planted } from './planted.js';
import { RECIPES } from './recipes.js';

/** Where the clips lie. */
export const FIXTURES = join(import.meta.dirname, '../../.cache/fixtures');

/** The path of a clip of `recipes.ts`, or of one made from it below. */
export function fixture(name: string): string {
  return join(FIXTURES, name);
}

/** Clips that are another one with some bytes changed. */
const DAMAGE: Readonly<Record<string, { readonly from: string; readonly damage: (bytes: Buffer) => Buffer }>> = {
  'truncated.mp4': { from: 'front-index.mp4', damage: (bytes) => bytes.subarray(0, Math.floor(bytes.length * 0.6)) },
  'no-index.mp4': { from: 'plain.mp4', damage: (bytes) => bytes.subarray(0, Math.floor(bytes.length * 0.6)) },
  'first-bytes.mp4': { from: 'plain.mp4', damage: (bytes) => bytes.subarray(0, 406) },
  'corrupted.mp4': { from: 'front-index.mp4', damage: corrupt },
  'huge-side.mp4': { from: 'plain.mp4', damage: (bytes) => patchSize(bytes, 60_000, 60_000) },
  'wide-side.mp4': { from: 'noise.mp4', damage: (bytes) => patchSize(bytes, 30_000, 270) },
  'zero-side.mp4': { from: 'plain.mp4', damage: (bytes) => patchSize(bytes, 0, 0) },
};

/** Overwrites some bytes in the second half, where the pictures are. */
function corrupt(bytes: Buffer): Buffer {
  const changed = Buffer.from(bytes);
  for (let at = Math.floor(bytes.length / 2); at < bytes.length - 64; at += 4001) changed.fill(0xff, at, at + 24);
  return changed;
}

/** Changes the size in the sample description: 24 bytes after the four letters of its type. */
function patchSize(bytes: Buffer, width: number, height: number): Buffer {
  const changed = Buffer.from(bytes);
  const at = changed.lastIndexOf('avc1') + 28;
  changed.writeUInt16BE(width, at);
  changed.writeUInt16BE(height, at + 2);
  return changed;
}

/** Vitest's hook. */
export default async function setup(): Promise<void> {
  await mkdir(FIXTURES, { recursive: true });
  // A clip that others are made from comes first.
  for (const name of ['plain.mp4', 'sar.mp4', 'big.mp4']) await make(name, RECIPES[name] ?? []);
  await publish('talk.srt', Buffer.from('1\n00:00:00,500 --> 00:00:01,500\nGood morning.\n\n'));
  await publish('credits.gray', creditsPicture());
  for (const [name, recipe] of Object.entries(RECIPES)) await make(name, recipe);
  for (const [name, scenes] of Object.entries(PLANTED)) await make(name, planted(scenes));
  for (const [name, { from, damage }] of Object.entries(DAMAGE))
    await publish(name, damage(await readFile(fixture(from))));
  // Small pictures, then large ones: a stream that changes on its way.
  await publish(
    'grows.h264',
    Buffer.concat([await readFile(fixture('small.h264')), await readFile(fixture('raw.h264'))]),
  );
  await publish('empty.mp4', Buffer.alloc(0));
  await publish('text.mp4', Buffer.from('This is a text and not a video.\n'));
}

async function make(name: string, recipe: readonly string[]): Promise<void> {
  const mark = join(FIXTURES, `.${name}.${createHash('sha256').update(recipe.join(' ')).digest('hex').slice(0, 12)}`);
  if (await exists(mark)) return;
  const temporary = join(FIXTURES, `part-${String(process.pid)}-${name}`);
  const args = recipe.map((arg) => arg.replace('{dir}', FIXTURES));
  await promisify(execFile)('ffmpeg', ['-v', 'error', '-y', ...args, '-bitexact', temporary], { timeout: 120_000 });
  await rename(temporary, fixture(name));
  await writeFile(mark, '');
}

/** Another run may be reading the clip: it is whole at every moment. */
async function publish(name: string, bytes: Buffer): Promise<void> {
  const temporary = join(FIXTURES, `part-${String(process.pid)}-${name}`);
  await writeFile(temporary, bytes);
  await rename(temporary, fixture(name));
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
