// Packs the package: its door, what starts as a process or a thread of its own, and what those load when they are told to.
// Into dist/packed/, which is replaced whole. Writes the launchers of locked-down workers too. Runs behind every build.
import { chmodSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const DIST = fileURLToPath(new URL('../dist/', import.meta.url));
const PACKED = join(DIST, 'packed');
/** Beside the jobs of the engine. */
const DOORS = [
  'cache/device/keeper-main.js',
  'cli/main.js',
  'cli/watchdog-thread.js',
  'index.js',
  'relay/early-dial.js',
  'relay/many/process-main.js',
  'relay/srt/worker.js',
  'workers/main-process.js',
  'workers/main-thread.js',
];
const FLAG = join(DIST, 'base/is-packed.js');

const { LAUNCHER_ARCHS, launcherPath, launcherProgram } = await import(
  new URL('../dist/os/launcher.js', import.meta.url)
);
for (const arch of LAUNCHER_ARCHS) {
  // By a rename: a program that runs cannot be written to.
  const unfinished = `${launcherPath(arch)}.${process.pid}`;
  writeFileSync(unfinished, launcherProgram(arch), { mode: 0o755 });
  chmodSync(unfinished, 0o755);
  renameSync(unfinished, launcherPath(arch));
}

const jobs = readdirSync(DIST, { recursive: true })
  .map((path) => path.split(sep).join('/'))
  .filter((path) => /^(covers|frames|relay)\/.*-job\.js$/.test(path));
const names = [...DOORS, ...jobs];
const bundle = await rolldown({
  // Files lie in one folder: its name says where each came from, as `packedModule()` has it.
  input: Object.fromEntries(names.map((name) => [name.slice(0, -3).replaceAll('/', '.'), join(DIST, name)])),
  platform: 'node',
  external: (id) => !/^[./]/.test(id) && !id.startsWith(DIST),
  plugins: [{ name: 'as-modules', transform: asModule }],
});
// As a folder that is renamed: whoever starts meanwhile finds all files or none.
const unfinished = mkdtempSync(join(DIST, '.packed-'));
try {
  await bundle.write({ dir: unfinished, format: 'esm', chunkFileNames: '[name]-[hash].js' });
  await bundle.close();
  chmodSync(unfinished, 0o755);
  rmSync(PACKED, { recursive: true, force: true });
  renameSync(unfinished, PACKED);
} finally {
  rmSync(unfinished, { recursive: true, force: true });
}

/** Lets a module be what it was: it is where it was written, and knows that it is packed. */
function asModule(code, id) {
  if (id === FLAG) return 'export const isPacked = true;';
  if (!code.includes('import.meta.url')) return undefined;
  const address = `new URL(${JSON.stringify(relative(PACKED, id).split(sep).join('/'))}, import.meta.url).href`;
  return code.replaceAll('import.meta.url', address);
}
