// Lines at the foot of a terminal: they fit into its columns, also where it does not say how many it has.
import { expect, test } from 'vitest';
import { LiveLines } from '#dist/cli/live-lines.js';

test.each([
  [0, 79],
  [40, 39],
  [200, 100],
])('of %i columns', (columns, shown) => {
  let written = '';
  const lines = new LiveLines({
    ...{ isTTY: true, columns },
    write: (text: string | Uint8Array) => {
      written += String(text);
      return true;
    },
  });
  lines.show(['x'.repeat(100)]);
  expect(written).toBe(`${'x'.repeat(shown)}\n`);
  lines.above(['that stays']);
  expect(written.endsWith(`\u001B[1A\u001B[Jthat stays\n${'x'.repeat(shown)}\n`)).toBe(true);
});
