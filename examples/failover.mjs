// Keeps a channel on the air: a spare encoder goes on when the first one is lost, and a slate when both are.
//   node examples/failover.mjs rtmp://server.example/live/KEY away.png
// In one encoder: rtmp://this-machine/live/main; in the other: rtmp://this-machine/live/spare at port 1936. To try it:
//   ffmpeg -re -f lavfi -i testsrc2=size=640x360:rate=25 -c:v libx264 -g 25 -f flv rtmp://127.0.0.1:1935/live/main
import { createRelay } from 'framerail';

const [to, slate, main = '0.0.0.0:1935', spare = '0.0.0.0:1936'] = process.argv.slice(2);
if (to === undefined) throw new Error('usage: node examples/failover.mjs <destination> [slate] [main] [spare]');

const relay = createRelay({
  from: [`rtmp://${main}/live/main?listen`, `rtmp://${spare}/live/spare?listen`],
  to: [to],
  slate, // a PNG, a JPEG or a clip; undefined for none
  slateAfter: 2000,
  standby: 'hot', // the spare is read all the time, so it goes on within a group of pictures
  failbackAfter: 10_000, // the first one is taken back when it has been well for ten seconds
});
relay.on('origin', ({ origin }) => console.log(`${origin} is there`));
relay.on('originLost', ({ origin, error }) => console.log(error === null ? `${origin} has left` : error.message));
relay.on('switch', ({ from, to, reason, gapMs }) =>
  console.log(`on air: ${to} instead of ${from} (${reason}), after ${gapMs} ms without media`),
);
relay.on('lost', ({ error }) => console.log(error.message)); // it is dialled again
process.once('SIGINT', () => void relay.stop());

await relay.start(); // waits for somebody to publish, or for the slate
console.log(`on air: ${relay.status().origins.find(({ state }) => state === 'active')?.address ?? 'slate'}`);
await relay.done;
