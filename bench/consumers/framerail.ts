// Reads every frame of a file through framerail. Arguments: the file, and `warm` to have a worker running before.
import { Engine, type FramesOptions } from '#dist/index.js';
import { Meter } from './report.js';

const [file = '', mode] = process.argv.slice(2);

/** Opens the file and reads frames of it: all that a caller does. */
async function read(engine: Engine, take: (pixels: Uint8Array) => void, options: FramesOptions = {}): Promise<void> {
  await using video = await engine.open(file);
  for await (const batch of video.frames({ format: 'rgb24', ...options })) for (const { data } of batch) take(data);
}

await using engine = new Engine();
if (mode === 'warm') await read(engine, () => undefined, { count: 1 });
const meter = new Meter(() => engine.pids);
await read(engine, (pixels) => {
  meter.take(pixels);
});
meter.report();
