// Makes a bare clone ready: checks Node, installs what is missing, builds. `--for-tests` adds what only tests need.
// It runs before anything is installed, so it imports node:* only.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { accessSync, constants, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Debian package -> the programs (looked up in PATH) or files (absolute paths) that prove it is there. */
const TEST_PACKAGES = {
  ffmpeg: ['ffmpeg', 'ffprobe'],
  // A driver of devices that keeps bytes in plain memory is built of C.
  gcc: ['cc'],
  'libc6-dev': ['/usr/include/stdio.h'],
  'nginx-light': ['/usr/sbin/nginx'], // where PATH may not lead
  'libnginx-mod-rtmp': ['/usr/lib/nginx/modules/ngx_rtmp_module.so'],
  'srt-tools': ['srt-live-transmit'],
  // An RTSP server: GStreamer's, through the system's own Python.
  'python3-gi': ['/usr/lib/python3/dist-packages/gi/__init__.py'],
  'gir1.2-gst-rtsp-server-1.0': [library('girepository-1.0/GstRtspServer-1.0.typelib')],
  'gstreamer1.0-plugins-base': [library('gstreamer-1.0/libgstapp.so')],
  'gstreamer1.0-plugins-good': [library('gstreamer-1.0/libgstrtp.so')],
  'gstreamer1.0-plugins-bad': [library('gstreamer-1.0/libgstvideoparsersbad.so')],
};

const INSTALL_DEADLINE = 10 * 60_000;
const BUILD_DEADLINE = 5 * 60_000;

const root = fileURLToPath(new URL('..', import.meta.url)); // not `import.meta.dirname`: Nodes refused below lack it
const forTests = process.argv.includes('--for-tests');

checkNode();
if (forTests) installTestPackages();
installDependencies();
build();

function checkNode() {
  const oldest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).engines.node.slice(2);
  const [major, minor] = process.versions.node.split('.').map(Number);
  const [oldestMajor, oldestMinor] = oldest.split('.').map(Number);
  if (major < oldestMajor || (major === oldestMajor && minor < oldestMinor))
    fail(`framerail needs Node.js ${oldest} or newer, and this is ${process.versions.node}: install a newer one.`);
}

function installTestPackages() {
  const missing = Object.keys(TEST_PACKAGES).filter((name) => !TEST_PACKAGES[name].every(isPresent));
  if (missing.length === 0) return;
  const names = missing.join(' ');
  if (!isPresent('apt-get') || process.getuid?.() !== 0) {
    const proofs = missing.flatMap((name) => TEST_PACKAGES[name]).filter((proof) => !isPresent(proof));
    fail(`The tests need ${proofs.join(', ')}: install the package(s) "${names}" (Debian: apt-get install ${names}).`);
  }
  // Another apt may hold the lock for a moment: wait for it instead of failing.
  const apt = (...args) => ['apt-get', '-q', '-o', 'DPkg::Lock::Timeout=120', '-o', 'Acquire::Retries=3', ...args];
  // The run level of a machine that is being repaired: no package starts a service of its own.
  const env = { DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  step('updated the package lists', apt('update'), INSTALL_DEADLINE, env);
  step(`installed ${names}`, apt('install', '-y', '--no-install-recommends', ...missing), INSTALL_DEADLINE, env);
  const still = missing.flatMap((name) => TEST_PACKAGES[name]).filter((proof) => !isPresent(proof));
  if (still.length > 0) fail(`${names} is installed, and ${still.join(', ')} is still missing: see TEST_PACKAGES.`);
}

function installDependencies() {
  // The stamp says which lock file, on which kind of machine, node_modules was installed from.
  const stampFile = join(root, 'node_modules', '.framerail-lock');
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  const stamp = `${lock} ${process.platform}-${process.arch}\n`;
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return;

  rmSync(stampFile, { force: true }); // an install that is cut short must not look finished
  // --include=dev: the build needs TypeScript even where NODE_ENV=production.
  const command = ['npm', 'ci', '--ignore-scripts', '--include=dev', '--no-audit', '--no-fund'];
  step('installed dependencies', command, INSTALL_DEADLINE);
  writeFileSync(stampFile, stamp);
}

function build() {
  // What `npx tsc` would run, without a process between us and the deadline.
  const tsc = [process.execPath, join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-b'];
  if (forTests) step('built src and test', tsc, BUILD_DEADLINE);
  else step('built src and bench', [...tsc, 'src', 'bench'], BUILD_DEADLINE);
  step('packed the programs', [process.execPath, join(root, 'scripts', 'pack.mjs')], BUILD_DEADLINE);
}

/** Runs one command to its end or its deadline: one line when it works, its whole output when it does not. */
function step(done, [program, ...args], deadline, env = {}) {
  const start = performance.now();
  const { status, signal, error, stdout, stderr } = spawnSync(program, args, {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
    maxBuffer: 64 * 2 ** 20,
    timeout: deadline,
    killSignal: 'SIGKILL', // a deadline that may be ignored is none
    shell: process.platform === 'win32' && program === 'npm', // npm is a .cmd there
  });
  const seconds = (performance.now() - start) / 1000;
  if (status !== 0) {
    process.stderr.write(`${stdout ?? ''}${stderr ?? ''}`);
    const why =
      error?.code === 'ETIMEDOUT'
        ? `did not finish within ${deadline / 1000} s`
        : (error?.message ?? `ended with ${signal ?? `exit code ${status}`}`);
    fail(`\`${[program, ...args].join(' ')}\` ${why}.`);
  }
  console.log(`setup: ${done} (${seconds.toFixed(1)} s)`);
}

/** Where Debian keeps a library of this kind of machine. */
function library(name) {
  const triplet = { x64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu' }[process.arch] ?? process.arch;
  return `/usr/lib/${triplet}/${name}`;
}

function isPresent(proof) {
  if (isAbsolute(proof)) return existsSync(proof);
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    const endings = process.platform === 'win32' ? ['.exe', '.cmd'] : [''];
    return endings.some((ending) => isExecutable(join(folder, proof + ending)));
  });
}

function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function fail(sentence) {
  console.error(`setup: ${sentence}`);
  process.exit(1);
}
