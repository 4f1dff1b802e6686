// What crosses the pipe to a worker: whole and in order however it is cut, and refused where it is nonsense.
import fc from 'fast-check';
import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { FrameReader, FrameWriter } from '#dist/relay/srt/frames.js';
import { checkFromLinks } from '#dist/relay/srt/messages.js';
import { inPieces, thrownCode } from '../../support/pieces.js';

type Heard = readonly [what: 'data' | 'taken' | 'message', link: number, content: unknown];

/** A reader that keeps what it hears; bytes of a link that follow each other are put together. */
function reader(): { readonly heard: Heard[]; readonly push: (bytes: Buffer) => void } {
  const heard: Heard[] = [];
  const read = new FrameReader({
    onData: (link, bytes) => {
      const last = heard.at(-1);
      if (last?.[0] === 'data' && last[1] === link) heard.pop();
      const before = last?.[0] === 'data' && last[1] === link ? String(last[2]) : '';
      heard.push(['data', link, before + bytes.toString('hex')]);
    },
    onTaken: (link, count) => heard.push(['taken', link, count]),
    onMessage: (link, message) => heard.push(['message', link, message]),
  });
  return { heard, push: (bytes) => read.push(bytes) };
}

/** What a writer makes of a turn. */
async function written(fill: (writer: FrameWriter) => void): Promise<Buffer> {
  const stream = new PassThrough();
  fill(new FrameWriter(stream));
  await new Promise((resolve) => setImmediate(resolve));
  return (stream.read() as Buffer | null) ?? Buffer.alloc(0);
}

const link = fc.integer({ min: 0, max: 3 });
const frame = fc.oneof(
  fc.record({ kind: fc.constant('data' as const), link, bytes: fc.uint8Array({ minLength: 1, maxLength: 200 }) }),
  fc.record({ kind: fc.constant('taken' as const), link, count: fc.integer({ min: 0, max: 2 ** 32 - 1 }) }),
  fc.record({ kind: fc.constant('message' as const), link, text: fc.string() }),
);

test('frames arrive as they were written, in whatever pieces', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(frame),
      fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 }),
      async (all, sizes) => {
        const bytes = await written((writer) => {
          for (const one of all) {
            if (one.kind === 'data') writer.data(one.link, one.bytes);
            else if (one.kind === 'taken') writer.taken(one.link, one.count);
            else writer.message(one.link, { text: one.text });
          }
        });
        const [cut, whole] = [reader(), reader()];
        inPieces(bytes, sizes, (piece) => {
          cut.push(piece);
        });
        if (bytes.byteLength > 0) whole.push(bytes);
        expect(cut.heard).toEqual(whole.heard);
        const data = (id: number): string =>
          all
            .map((one) => (one.kind === 'data' && one.link === id ? Buffer.from(one.bytes).toString('hex') : ''))
            .join('');
        for (const id of [0, 1, 2, 3]) {
          const came = cut.heard.filter((one) => one[0] === 'data' && one[1] === id).map((one) => String(one[2]));
          expect(came.join('')).toBe(data(id));
        }
        expect(cut.heard.filter(([what]) => what !== 'data').map((one) => one[2])).toEqual(
          all.flatMap((one) => (one.kind === 'data' ? [] : [one.kind === 'taken' ? one.count : { text: one.text }])),
        );
      },
    ),
  );
});

test('what is longer than a frame is cut, and put together again', async () => {
  const bytes = Buffer.alloc(200_000, 'abc');
  const { heard, push } = reader();
  push(await written((writer) => writer.data(7, bytes)));
  expect(heard).toEqual([['data', 7, bytes.toString('hex')]]);
});

test.each([
  ['of an unknown kind', Buffer.from([0, 0, 0, 1, 9, 0, 0, 1, 0])],
  ['of data beyond its most', Buffer.from([0, 0, 0, 1, 0, 0xff, 0xff, 0xff])],
  ['of a message beyond its most', Buffer.from([0, 0, 0, 1, 2, 0x10, 0, 0])],
  ['without content', Buffer.from([0, 0, 0, 1, 0, 0, 0, 0])],
  ['of a count that is too short', Buffer.from([0, 0, 0, 1, 1, 0, 0, 3, 1, 2, 3])],
  ['of a message that is no JSON', Buffer.from([0, 0, 0, 1, 2, 0, 0, 1, 0x7b])],
])('a frame %s is refused', (_, bytes) => {
  expect(thrownCode(() => reader().push(bytes))).toBe('FR_WORKER_PROTOCOL');
});

test.each([
  [undefined],
  ['opened'],
  [{}],
  [{ type: 'closed' }],
  [{ type: 'over', failure: {} }],
  [{ type: 'over', failure: { averror: '-5', message: 'x' } }],
  [{ type: 'over', failure: null }],
])('a message that is no message is refused: %j', (message) => {
  expect(thrownCode(() => checkFromLinks(message))).toBe('FR_WORKER_PROTOCOL');
});
