// Takes every frame of a file through JavaScript and back into x264. Arguments: the file, the output, and `warm`.
import { Engine } from '#dist/index.js';
import { Meter, stamp } from './report.js';
import { X264 } from './round-trip-setup.js';

const [file = '', output = '', mode] = process.argv.slice(2);

await using engine = new Engine({ workers: 1 });
if (mode === 'warm') await engine.warm();
const meter = new Meter(() => engine.pids);
await engine.process(file, output, {
  format: 'rgb24',
  audio: 'none',
  encoder: 'libx264',
  encoderOptions: X264,
  transform: (batch) => {
    for (const { data } of batch) {
      meter.take(data);
      stamp(data);
    }
  },
}).result;
meter.report();
