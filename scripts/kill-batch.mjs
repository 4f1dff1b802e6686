// Kills `framerail covers` at random moments, again and again until it is done, and looks at what is there: every cover once,
// none half-written, nothing beside them.
// Usage: node scripts/kill-batch.mjs [kills] [clips]
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';

const [wantedKills = 50, clips = 60] = process.argv.slice(2).map(Number);
const BIN = join(import.meta.dirname, '../bin/framerail.js');
const folder = mkdtempSync(join(tmpdir(), 'framerail-kills-'));
const [videos, out] = [join(folder, 'videos'), join(folder, 'out')];

/** Milliseconds that a run takes, as far as is known; kills come within it. */
let usual = 3000;
let [kills, rounds, made] = [0, 0, 0];
try {
  mkdirSync(videos);
  const first = join(videos, 'clip-0.mp4');
  const picture = ['-f', 'lavfi', '-i', 'testsrc2=s=320x180:r=25:d=2', '-c:v', 'libx264', '-preset', 'ultrafast'];
  execFileSync('ffmpeg', ['-nostdin', '-v', 'error', ...picture, '-pix_fmt', 'yuv420p', first]);
  for (let i = 1; i < clips; i++) cpSync(first, join(videos, `clip-${i}.mp4`));
  while (kills < wantedKills) {
    rmSync(out, { recursive: true, force: true });
    await untilDone();
    rounds += 1;
    await examine();
  }
  console.log(
    `${kills} kills in ${rounds} rounds of ${clips} clips, ${made} covers made: each is there once and whole.`,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Runs the command until it is done; most of the runs are killed. */
async function untilDone() {
  const done = new Map();
  for (let left = 6; ; left--) {
    const began = performance.now();
    const child = spawn(process.execPath, [BIN, 'covers', videos, '--out', out, '--size', '160x90', '--json'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (part) => (text += part));
    const timer =
      left > 0 && kills < wantedKills ? setTimeout(() => child.kill('SIGKILL'), Math.random() * usual) : undefined;
    const [code] = await once(child, 'close');
    clearTimeout(timer);
    for (const line of text.split('\n').slice(0, -1)) {
      const event = JSON.parse(line);
      // What was told to be done is not done again.
      if (event.event === 'done' && done.has(event.source)) throw new Error(`${event.source} was made twice`);
      if (event.event === 'done') done.set(event.source, true);
      if (event.event === 'failed') throw new Error(event.message);
    }
    if (code === null) kills += 1;
    else if (code !== 0) throw new Error(`ended with ${code}`);
    else {
      usual = Math.max(usual, performance.now() - began);
      made += done.size;
      return;
    }
  }
}

/** What must be there, and nothing else. */
async function examine() {
  const files = readdirSync(out, { recursive: true }).sort();
  const expected = Array.from({ length: clips }, (_, i) => `clip-${i}.mp4.jpg`);
  const own = ['.framerail', join('.framerail', 'failures.jsonl'), join('.framerail', 'state.db')];
  const wanted = [...expected, ...own].sort();
  if (JSON.stringify(files) !== JSON.stringify(wanted))
    throw new Error(`expected ${wanted.length} files but found ${files.join(', ')}`);
  const bytes = readFileSync(join(out, expected[0]));
  for (const name of expected) {
    if (!readFileSync(join(out, name)).equals(bytes)) throw new Error(`${name} is not whole`);
    const { width, height } = await sharp(join(out, name)).metadata();
    if (width !== 160 || height !== 90) throw new Error(`${name} has another size`);
  }
}
