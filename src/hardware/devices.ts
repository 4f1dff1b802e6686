// Whether a kind of hardware can be here at all: a look at device nodes that costs nothing, before any driver is loaded.
import { readdirSync } from 'node:fs';
import { FAKE_HARDWARE, type BackendName } from './backends.js';

/** What the look needs to know of a machine. */
export interface Machine {
  readonly platform: string;
  /** The names in a folder; empty where there is none. */
  list(folder: string): readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The machine that this process runs on. */
export const THIS_MACHINE: Machine = {
  platform: process.platform,
  list: (folder) => {
    try {
      return readdirSync(folder);
    } catch {
      return [];
    }
  },
  env: process.env,
};

/** The device nodes of graphics hardware that are here: what a process must be able to open to use it. */
export function deviceNodes(machine: Machine = THIS_MACHINE): string[] {
  if (machine.platform !== 'linux') return [];
  return machine
    .list('/dev')
    .filter((name) => /^(dri|nvidia.*|dxg)$/.test(name))
    .map((name) => `/dev/${name}`);
}

/** Why a backend cannot work here, in one sentence; undefined where only a test can tell. */
export function absence(backend: BackendName, machine: Machine = THIS_MACHINE): string | undefined {
  const { platform } = machine;
  switch (backend) {
    case 'fake':
      return machine.env[FAKE_HARDWARE] === undefined ? `${FAKE_HARDWARE} is not set.` : undefined;
    case 'videotoolbox':
      return platform === 'darwin' ? undefined : 'VideoToolbox is a part of macOS.';
    case 'nvenc':
      if (platform === 'win32') return undefined;
      if (platform !== 'linux') return `There is no NVIDIA driver for ${platform}.`;
      // Under WSL the driver is reached through dxg.
      return machine.list('/dev').some((name) => /^nvidia\d+$|^nvidiactl$|^dxg$/.test(name))
        ? undefined
        : 'There is no NVIDIA device (/dev/nvidia0).';
    case 'vaapi':
      return platform === 'linux' ? renderNode(machine) : 'VAAPI is a part of Linux.';
    case 'qsv':
    case 'amf':
      if (platform === 'win32') return undefined;
      return platform === 'linux' ? renderNode(machine) : `There is no ${backend} driver for ${platform}.`;
  }
}

function renderNode(machine: Machine): string | undefined {
  return machine.list('/dev/dri').some((name) => name.startsWith('renderD'))
    ? undefined
    : 'There is no graphics device (/dev/dri/renderD128).';
}
