// The fake hardware of the tests, described in the environment that workers are born with.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { FakeHardware } from '#dist/av/encoders/fake-hardware.js';
import { FAKE_HARDWARE } from '#dist/hardware/index.js';
import { temporaryFolder } from './temporary-folder.js';

/** Says until the end of the running test what goes wrong; gives a look at the sessions that are open. */
export function fakeHardware(faults: Omit<FakeHardware, 'folder'> = {}): { sessions(): string[] } {
  const folder = join(temporaryFolder(), 'sessions');
  process.env[FAKE_HARDWARE] = JSON.stringify({ folder, ...faults });
  onTestFinished(() => {
    Reflect.deleteProperty(process.env, FAKE_HARDWARE);
  });
  return { sessions: () => readdirSync(folder) };
}
