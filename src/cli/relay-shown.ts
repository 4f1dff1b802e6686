// One relay on the command line, for people: what happens, how it stands, and how its start went.
import type { Relay, RelayEvent } from '../relay/index.js';
import { LiveLines } from './live-lines.js';
import { eventText, statusLines } from './relay-text.js';
import { waterfall } from './waterfall.js';

/** Milliseconds between two looks at a relay on a terminal. */
const REFRESH = 500;
/** Milliseconds for which the pictures of a start are waited for ahead of its waterfall. */
const WATERFALL_PATIENCE = 3000;

/** Prints what happens, and on a terminal how it stands; gives what ends it. */
export function showText(session: Relay): () => void {
  const lines = new LiveLines(process.stdout);
  let drawn = false;
  const draw = (): void => {
    if (drawn) return;
    drawn = true;
    lines.above(waterfall(session.status().timings));
  };
  // The first start is drawn when its pictures flow, or when they do not come.
  const late = setTimeout(() => {
    if (session.status().ready !== null) draw();
  }, WATERFALL_PATIENCE);
  session.on('event', (event: RelayEvent) => {
    const text = eventText(event);
    if (text !== undefined) lines.above([text]);
    if (event.event === 'picture') setImmediate(draw);
  });
  const timer = setInterval(() => {
    lines.show(statusLines(session.status()));
  }, REFRESH);
  return () => {
    clearTimeout(late);
    clearInterval(timer);
    // What stays on the screen is how it ended.
    lines.show(statusLines(session.status()));
    lines.end();
  };
}
