// What a worker reads beside its input: node, libraries, the modules of this package, and what those ask of the system.
import { realpathSync } from 'node:fs';
import { dirname, join, parse } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where libraries are, and what says so; of distributions that keep them elsewhere too. */
const LIBRARIES = [
  ...['/lib', '/lib64', '/usr/lib', '/usr/lib64', '/usr/local/lib', '/usr/local/lib64', '/nix/store', '/gnu/store'],
  ...['/etc/ld.so.cache', '/etc/ld.so.conf', '/etc/ld.so.conf.d', '/etc/ld.so.preload'],
];
/** What node reads as it starts, and what libraries of pictures and text ask for. Nothing of a process: that may hold secrets. */
const SYSTEM = [
  ...['/etc/ssl/openssl.cnf', '/etc/pki/tls/openssl.cnf', '/etc/localtime', '/usr/share/zoneinfo'],
  ...['/etc/fonts', '/usr/share/fonts', '/usr/local/share/fonts', '/usr/share/fontconfig', '/usr/share/locale'],
  ...['/proc/meminfo', '/proc/cpuinfo', '/proc/stat', '/proc/version', '/proc/sys/vm/overcommit_memory'],
  ...['/sys/devices/system/cpu', '/sys/devices/system/node'],
  ...['/dev/null', '/dev/zero', '/dev/random', '/dev/urandom'],
];
/** What drivers of graphics look at. */
const DRIVERS = [
  ...['/sys/dev', '/sys/class', '/sys/bus', '/sys/devices', '/proc/driver', '/proc/devices', '/proc/modules'],
  ...['/etc/vulkan', '/etc/OpenCL', '/etc/drirc', '/etc/nvidia'],
  ...['/usr/share/vulkan', '/usr/share/glvnd', '/usr/share/drirc.d', '/usr/share/libdrm', '/usr/share/nvidia'],
];
const DIST = fileURLToPath(new URL('../', import.meta.url));

/**
 * The files and folders that a worker reads to start and to work.
 * @param modules - addresses of modules that it is told to load
 * @param drivers - whether it uses hardware
 */
export function readableFiles(modules: readonly string[], drivers: boolean): string[] {
  const node = real(process.execPath);
  const libraries = process.env['LD_LIBRARY_PATH']?.split(':').filter((path) => path.startsWith('/')) ?? [];
  const openssl = process.env['OPENSSL_CONF'];
  return [
    ...[node, join(dirname(node), '../lib')],
    ...[
      ...LIBRARIES,
      ...libraries,
      ...SYSTEM,
      ...(openssl === undefined ? [] : [openssl]),
      ...(drivers ? DRIVERS : []),
    ],
    ...packageFiles(),
    ...modules.filter((module) => module.startsWith('file:')).map((module) => fileURLToPath(module)),
  ];
}

/** This package, and the packages around it, however they were installed. */
function packageFiles(): string[] {
  const root = dirname(real(DIST));
  const files = [DIST, join(root, 'package.json'), join(root, 'node_modules')];
  for (let folder = root; folder !== parse(folder).root; folder = dirname(folder))
    files.push(join(dirname(folder), 'node_modules'));
  return files;
}

function real(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
