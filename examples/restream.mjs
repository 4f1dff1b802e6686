// Takes what OBS or ffmpeg push here and sends it to several platforms, with a line for all that happens.
//   node examples/restream.mjs 'rtmp://0.0.0.0:1935/live/MYKEY?listen' rtmp://a.example/live/KEY rtmp://b.example/live/KEY
// In OBS: server rtmp://this-machine/live, stream key MYKEY. To try it without OBS:
//   ffmpeg -re -f lavfi -i testsrc2=size=640x360:rate=25 -c:v libx264 -g 50 -f flv rtmp://127.0.0.1:1935/live/MYKEY
import { createRelay } from 'framerail';

const [from, ...to] = process.argv.slice(2);
if (from === undefined || to.length === 0)
  throw new Error('usage: node examples/restream.mjs <source> <destination...>');

const relay = createRelay({ from, to });
relay.on('origin', ({ origin }) => console.log(`${origin} is live`));
relay.on('ready', ({ reason, video, audio }) =>
  console.log(`${reason}: ${video ?? 'no video'}, ${audio ?? 'no audio'}`),
);
relay.on('picture', ({ id }) => console.log(`destination ${id} has a picture`));
relay.on('stream', ({ kind, codec, late }) => console.log(`${late ? 'late' : 'changed'} ${kind}: ${codec}`));
relay.on('lost', ({ id, error, retryInMs }) =>
  console.log(`destination ${id}: ${error.message} ${retryInMs === null ? 'Given up.' : `Again in ${retryInMs} ms.`}`),
);
relay.on('originLost', ({ error }) => console.log(error === null ? 'the publisher has left' : error.message));
process.once('SIGINT', () => void relay.stop());

const report = setInterval(() => {
  const { feed, destinations } = relay.status();
  const rate = ((feed.video?.bitsPerSecond ?? 0) + (feed.audio?.bitsPerSecond ?? 0)) / 1e6;
  const states = destinations.map(
    ({ id, state, dropped }) => `${id}: ${state}${dropped > 0 ? `, ${dropped} dropped` : ''}`,
  );
  console.log(`${rate.toFixed(2)} Mb/s  ${states.join('  ')}`);
}, 10_000);

await relay.start(); // waits for somebody to publish
await relay.done.finally(() => clearInterval(report));
