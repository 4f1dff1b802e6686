// Builds the driver that is none, and says what it shall be.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { temporaryFolder } from './temporary-folder.js';

const SOURCE = join(import.meta.dirname, 'fake-cuda.c');

/** A device with such a driver. */
export interface FakeCuda {
  /** The path of the driver's library. */
  readonly driver: string;
  /** Has other processes use so many bytes. */
  readonly take: (bytes: number) => void;
}

/**
 * A device of so many bytes, for the running test; it is in the environment of processes that are started now.
 * @param bytes - undefined for a driver that finds no device
 */
export function fakeCuda(bytes: number | undefined): FakeCuda {
  const folder = temporaryFolder();
  const driver = join(folder, 'libcuda.so.1');
  const taken = join(folder, 'taken');
  execFileSync('cc', ['-shared', '-fPIC', '-Wall', '-Werror', '-o', driver, SOURCE]);
  process.env['FAKE_CUDA_TAKEN'] = taken;
  if (bytes !== undefined) process.env['FAKE_CUDA_BYTES'] = String(bytes);
  onTestFinished(() => {
    delete process.env['FAKE_CUDA_TAKEN'];
    delete process.env['FAKE_CUDA_BYTES'];
  });
  return {
    driver,
    take: (others) => {
      writeFileSync(taken, String(others));
    },
  };
}
