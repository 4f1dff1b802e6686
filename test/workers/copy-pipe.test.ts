// Slots over a pipe: whatever the pieces and the order of arrival, each message is heard once its bytes are there.
import fc from 'fast-check';
import { Duplex } from 'node:stream';
import { expect, test } from 'vitest';
import { createRegion } from '#dist/memory/index.js';
import { copyEnd } from '#dist/workers/copy-pipe.js';
import type { FromWorker, ToWorker } from '#dist/workers/protocol.js';

const SLOT = 64;
const SLOTS = 5;
const grant = {
  type: 'grant',
  id: 1,
  offsets: Array.from({ length: SLOTS }, (_, i) => i * 4096),
  bytes: SLOT,
} as const;

/** One end of a pipe whose other end the test holds. */
class TestPipe extends Duplex {
  readonly sent: Buffer[] = [];
  override _read(): void {
    // Bytes are pushed by the test.
  }
  override _write(bytes: Buffer, _: string, done: () => void): void {
    this.sent.push(Buffer.from(bytes));
    done();
  }
}

const item = fc.record({ slot: fc.integer({ min: 0, max: SLOTS - 1 }), bytes: fc.integer({ min: 0, max: SLOT }) });
const batch = fc.uniqueArray(item, { selector: ({ slot }) => slot, minLength: 1, maxLength: SLOTS });
const sentence = fc.oneof(
  batch.map((items) => ({ kind: 'slots' as const, items })),
  fc.constant({ kind: 'words' as const, items: [] }),
);

/** Where the next piece of bytes or the next message comes from. */
const schedule = fc.array(fc.oneof(fc.constant('message' as const), fc.integer({ min: 1, max: 90 })));

function message(
  back: boolean,
  place: number,
  items: readonly { slot: number; bytes: number }[],
): FromWorker | ToWorker {
  const facts = items.map((one) => ({ ...one, facts: place }));
  if (items.length === 0)
    return back ? { type: 'command', id: 1, payload: place } : { type: 'event', id: 1, payload: place };
  return back
    ? { type: 'return', id: 1, items: facts }
    : { type: 'batch', id: 1, items: facts, trigger: 'size', times: [0, 0] };
}

test.each([
  ['from the worker', false],
  ['back to it', true],
])('%s', async (_, back) => {
  await fc.assert(
    fc.asyncProperty(fc.array(sentence, { maxLength: 12 }), schedule, async (sentences, order) => {
      const regions = [createRegion('copy', 65_536), createRegion('copy', 65_536)] as const;
      const [out, incoming] = [new TestPipe(), new TestPipe()];
      const posted: (FromWorker | ToWorker)[] = [];
      const heard: { place: unknown; pixels: string[] }[] = [];
      const look = (region: (typeof regions)[0], { slot, bytes }: { slot: number; bytes: number }): string =>
        Buffer.from(region.view(grant.offsets[slot]!, SLOT).subarray(0, bytes)).toString('hex');
      const sender = copyEnd<never, FromWorker | ToWorker>(
        out,
        regions[0],
        (m) => posted.push(m),
        () => undefined,
      );
      const receiver = copyEnd<FromWorker | ToWorker, never>(
        incoming,
        regions[1],
        () => undefined,
        (m) => {
          if (m.type === 'batch' || m.type === 'return')
            heard.push({ place: m.items[0]!.facts, pixels: m.items.map((one) => look(regions[1], one)) });
          else if (m.type === 'event' || m.type === 'command') heard.push({ place: m.payload, pixels: [] });
        },
      );
      sender.grant(grant);
      receiver.grant(grant);

      const wanted: typeof heard = [];
      for (const [place, { items }] of sentences.entries()) {
        for (const { slot, bytes } of items)
          regions[0]
            .view(grant.offsets[slot]!, SLOT)
            .set(Uint8Array.from({ length: bytes }, (_, i) => place * 37 + slot + i));
        wanted.push({ place, pixels: items.map((one) => look(regions[0], one)) });
        sender.send(message(back, place, items));
        await new Promise((resolve) => setImmediate(resolve));
      }
      let bytes = Buffer.concat(out.sent);
      const deliver = (what: 'message' | number): void => {
        if (what === 'message') {
          const next = posted.shift();
          if (next !== undefined) receiver.receive(next);
        } else if (bytes.length > 0) {
          incoming.push(bytes.subarray(0, what));
          bytes = bytes.subarray(what);
        }
      };
      for (const step of order) {
        deliver(step);
        if (step !== 'message') await new Promise((resolve) => setImmediate(resolve));
        // Never too early, never twice, never out of order.
        expect(heard).toEqual(wanted.slice(0, heard.length));
      }
      while (posted.length > 0) deliver('message');
      while (bytes.length > 0) deliver(50);
      for (let turn = 0; turn < 50 && heard.length < wanted.length; turn++)
        await new Promise((resolve) => setImmediate(resolve));
      expect(heard).toEqual(wanted);
    }),
    { numRuns: 60 },
  );
});
