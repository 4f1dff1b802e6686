// Records a live stream for some seconds and draws on it: a red dot that blinks, and a bar that follows the clock.
//   node examples/live.mjs srt://127.0.0.1:9000 [out.mkv] [seconds]
// Any rtmp, rtmps, rtsp, rtsps, srt or udp address will do. To try it, serve a test picture in another terminal:
//   ffmpeg -re -f lavfi -i testsrc2=size=640x360:rate=25 -c:v libx264 -tune zerolatency -g 25 \
//     -f mpegts 'srt://127.0.0.1:9000?mode=listener'
import { isFramerailError, startProcess } from 'framerail';

const [address, output = 'live.mkv', seconds = '10'] = process.argv.slice(2);
if (address === undefined) throw new Error('usage: node examples/live.mjs srt://host:port [out.mkv] [seconds]');

async function main() {
  // A string is always a path: what comes over the network has to be said.
  const session = startProcess({ live: address }, output, {
    to: Number(seconds),
    preset: 'realtime', // few frames wait, and the encoder reorders none
    format: 'rgb24',
    packed: true,
    inputTimeout: 10_000, // milliseconds of silence after which it gives up
    maxDelay: 1000, // frames that come later than this are passed over, and counted
    transform(batch) {
      for (const frame of batch) drawOn(frame, Number(seconds));
    },
    onProgress: ({ time, fps }) => process.stderr.write(`\r${time.toFixed(1)} s, ${fps.toFixed(0)} fps `),
  });
  const { encoded, late, duration, batches } = await session.result;
  console.log(`\n${output}: ${encoded} frames, ${duration.toFixed(2)} s, ${late} came too late`);
  console.log(`95 of 100 batches waited ${batches.queueDelay.p95.toFixed(1)} ms at most`);
}

function drawOn({ data, width, height, pts }, seconds) {
  const radius = Math.round(height / 24);
  if (pts % 1 < 0.5)
    for (let y = -radius; y <= radius; y++)
      for (let x = -radius; x <= radius; x++)
        if (x * x + y * y <= radius * radius)
          data.set([230, 30, 40], ((radius * 2 + y) * width + width - radius * 2 + x) * 3);
  const filled = Math.min(width, Math.round((pts / seconds) * width));
  for (let y = height - Math.ceil(radius / 2); y < height; y++) data.fill(255, y * width * 3, (y * width + filled) * 3);
}

await main().catch((error) => {
  console.error(isFramerailError(error) ? `${error.message} (${error.code})` : error);
  process.exitCode = 1;
});
