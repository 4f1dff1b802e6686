// What this machine encodes with, and what an engine knows about itself after some work.
//   node examples/engine.mjs in.mp4
import { Engine, isFramerailError, surveyHardware } from 'framerail';

const [input] = process.argv.slice(2);
if (input === undefined) throw new Error('usage: node examples/engine.mjs in.mp4');

async function main() {
  for (const { backend, kind, codec, ok, reason } of await surveyHardware())
    console.log(`${backend.padEnd(13)} ${kind} ${codec.padEnd(6)} ${ok ? 'works' : reason}`);

  const engine = new Engine({ workers: 2, preset: 'batch', memoryBudget: 512 * 1024 * 1024 });
  const forget = engine.telemetry.onAlert(({ name, state, value }) => console.log(`alert ${name} ${state}: ${value}`));
  try {
    const video = await engine.open(input);
    let frames = 0;
    for await (const batch of video.frames({ size: [320, 180], batchMode: 'adaptive' })) frames += batch.length;
    console.log(`${frames} frames; workers ${engine.pids.join(', ')}`);
    const { budget, requests, hitRate } = engine.memory;
    console.log(
      `memory: ${requests} requests within ${budget} bytes, ${(hitRate * 100).toFixed(0)} % from warm memory`,
    );
    const lines = engine.telemetry.prometheus().split('\n');
    console.log(lines.filter((line) => /^framerail_(batches|worker)/.test(line)).join('\n'));
  } finally {
    forget();
    await engine.close();
  }
}

await main().catch((error) => {
  console.error(isFramerailError(error) ? `${error.message} (${error.code})` : error);
  process.exitCode = 1;
});
