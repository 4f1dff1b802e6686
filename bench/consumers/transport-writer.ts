// Writes the same frame to standard output again and again. Arguments: bytes of a frame, frames.
import { writeSync } from 'node:fs';

const [bytes = '0', count = '0'] = process.argv.slice(2);
const frame = Buffer.alloc(Number(bytes), 1);
for (let i = 0; i < Number(count); i++)
  for (let done = 0; done < frame.byteLength;) done += writeSync(1, frame, done, frame.byteLength - done);
