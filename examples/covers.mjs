// Covers of several videos with warm workers: node examples/covers.mjs out a.mp4 b.mkv ...
import { mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { createCovers, isFramerailError } from 'framerail';

const [out, ...inputs] = process.argv.slice(2);
if (inputs.length === 0) throw new Error('usage: node examples/covers.mjs <folder> <video> ...');
await mkdir(out, { recursive: true });
const covers = createCovers({ workers: 2 });
await covers.warm(2);

await Promise.all(
  inputs.map(async (input) => {
    try {
      const { data, pts, timings } = await covers.make(input, { size: [540, 960], at: '30%', timeout: 10_000 });
      const file = join(out, `${basename(input)}.jpg`);
      await writeFile(file, data);
      console.log(`${file}: frame at ${pts.toFixed(2)} s, ${timings.total.toFixed(1)} ms in the worker`);
    } catch (error) {
      // One bad file costs its own cover and nothing else.
      if (!isFramerailError(error)) throw error;
      console.log(`${input}: ${error.message} (${error.code})`);
    }
  }),
);
await covers.close();
