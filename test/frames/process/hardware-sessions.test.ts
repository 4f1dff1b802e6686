// A driver gives few sessions: the budget learns how many, over all worker processes, and the others get software.
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { hardwareDesk } from '#dist/frames/hardware/index.js';
import { Engine, type ProcessResult } from '#dist/index.js';
import { fakeHardware } from '../../support/fake-hardware.js';
import { fixture } from '../../support/fixtures.js';
import { listFrames } from '../../support/frame-list.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const CLIP = fixture('plain.mp4');

/** So many at once that all encoders are open before the first one ends. */
async function together(engine: Engine, count: number, folder: string): Promise<ProcessResult[]> {
  let arrived = 0;
  let go: () => void = () => undefined;
  const everybody = new Promise<void>((resolve) => {
    go = resolve;
  });
  const wait = (): Promise<void> => {
    arrived += 1;
    if (arrived >= count) go();
    return everybody;
  };
  return Promise.all(
    Array.from({ length: count }, (_, i) => {
      let first = true;
      const transform = (): Promise<void> | void => {
        if (!first) return undefined;
        first = false;
        return wait();
      };
      return engine.process(CLIP, join(folder, `${String(i)}.mp4`), { encoder: 'fake', to: 1, transform }).result;
    }),
  );
}

const named = (results: readonly ProcessResult[], name: string): ProcessResult[] =>
  results.filter(({ encoder }) => encoder?.name === name);

test('two of four sessions fall back to software, and the next four know it beforehand', async () => {
  const { sessions } = fakeHardware({ sessions: 2 });
  const folder = temporaryFolder();
  const engine = new Engine({ workers: 4 });
  try {
    const results = await together(engine, 4, folder);
    expect(named(results, 'fake_hw')).toHaveLength(2);
    const fallen = named(results, 'libx264');
    expect(fallen.map(({ encoder }) => encoder?.attempts)).toEqual([
      [{ name: 'fake_hw', reason: 'The fake hardware has no session left: Cannot allocate memory.' }],
      [{ name: 'fake_hw', reason: 'The fake hardware has no session left: Cannot allocate memory.' }],
    ]);
    expect(hardwareDesk().budgets.fake).toEqual({ limit: 2, open: 0, refusals: 2 });
    for (let i = 0; i < 4; i++) {
      const video = await engine.open(join(folder, `${String(i)}.mp4`));
      expect(await listFrames(video.frames())).toHaveLength(25);
    }

    const again = await together(engine, 4, folder);
    expect(named(again, 'fake_hw')).toHaveLength(2);
    for (const { encoder } of named(again, 'libx264'))
      expect(encoder?.attempts).toEqual([{ name: 'fake_hw', reason: 'All 2 sessions of fake are in use.' }]);
    // Nobody asked the driver in vain this time.
    expect(hardwareDesk().budgets.fake).toEqual({ limit: 2, open: 0, refusals: 2 });
    expect(sessions()).toEqual([]);
  } finally {
    await engine.close();
  }
});

test('the session of a worker that is killed is given back', async () => {
  fakeHardware();
  const engine = new Engine({ workers: 1 });
  try {
    const output = join(temporaryFolder(), 'out.mp4');
    const session = engine.process(CLIP, output, {
      encoder: 'fake',
      transform: () => {
        // Frames that had come by then are still shown.
        for (const pid of engine.pids) process.kill(pid, 'SIGKILL');
      },
    });
    await expect(session.result).rejects.toMatchObject({ code: 'FR_WORKER_DIED' });
    expect(hardwareDesk().budgets.fake?.open).toBe(0);
  } finally {
    await engine.close();
  }
});
