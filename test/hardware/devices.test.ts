// A look at device nodes tells what cannot be here, before any driver is loaded.
import { expect, test } from 'vitest';
import { absence, type BackendName, type Machine } from '#dist/hardware/index.js';

const machine = (platform: string, folders: Record<string, string[]> = {}): Machine => ({
  platform,
  list: (folder) => folders[folder] ?? [],
  env: {},
});

test.each<[BackendName, Machine, string | undefined]>([
  ['nvenc', machine('linux'), 'There is no NVIDIA device (/dev/nvidia0).'],
  ['nvenc', machine('linux', { '/dev': ['null', 'nvidia-uvm'] }), 'There is no NVIDIA device (/dev/nvidia0).'],
  ['nvenc', machine('linux', { '/dev': ['nvidia3'] }), undefined],
  ['nvenc', machine('linux', { '/dev': ['dxg'] }), undefined],
  ['nvenc', machine('win32'), undefined],
  ['nvenc', machine('darwin'), 'There is no NVIDIA driver for darwin.'],
  ['vaapi', machine('linux', { '/dev/dri': ['card0'] }), 'There is no graphics device (/dev/dri/renderD128).'],
  ['vaapi', machine('linux', { '/dev/dri': ['renderD129'] }), undefined],
  ['vaapi', machine('win32'), 'VAAPI is a part of Linux.'],
  ['qsv', machine('linux', { '/dev/dri': ['renderD128'] }), undefined],
  ['qsv', machine('win32'), undefined],
  ['amf', machine('darwin'), 'There is no amf driver for darwin.'],
  ['videotoolbox', machine('darwin'), undefined],
  ['videotoolbox', machine('linux'), 'VideoToolbox is a part of macOS.'],
  ['fake', machine('linux'), 'FRAMERAIL_FAKE_HARDWARE is not set.'],
])('%s', (backend, here, reason) => {
  expect(absence(backend, here)).toBe(reason);
});
