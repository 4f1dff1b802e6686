// Rows of manifests: whatever is between the bytes, broken rows are told with their line, and the others are all there.
import { deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { csvRows } from '#dist/covers/batch/rows/csv.js';
import { jsonLineRows } from '#dist/covers/batch/rows/json-lines.js';
import type { Rows } from '#dist/covers/batch/rows/row.js';
import { xlsxRows } from '#dist/covers/batch/rows/xlsx.js';
import { yamlRows } from '#dist/covers/batch/rows/yaml-rows.js';
import { failure } from '../../support/failure.js';

/** Bytes in pieces of a length. */
async function* pieces(text: string | Buffer, length = 7): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(text as string);
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}

/** What came out: lines with their values, or with what is wrong with them. */
async function all(rows: Rows): Promise<(readonly [number, unknown])[]> {
  const found: (readonly [number, unknown])[] = [];
  for await (const row of rows) found.push([row.line, 'error' in row ? row.error.message : { ...row.values }]);
  return found.sort(([a], [b]) => a - b);
}

test('CSV comes out as it went in, whatever the pieces, the separator and the ends of lines', async () => {
  const cell = fc.string({ unit: fc.constantFrom('a', 'ü', ',', ';', '\t', '"', '\n', ' ', '界'), maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(cell, cell), { maxLength: 12 }),
      fc.constantFrom(',', ';', '\t'),
      fc.constantFrom('\n', '\r\n'),
      fc.integer({ min: 1, max: 64 }),
      fc.boolean(),
      async (records, separator, end, length, bom) => {
        const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;
        const lines = [['one', 'the other'], ...records].map((record) => record.map(quoted).join(separator) + end);
        const rows = await all(csvRows('x.csv', pieces(`${bom ? '\uFEFF' : ''}${lines.join('')}`, length), undefined));
        expect(rows.map(([, values]) => values)).toEqual(records.map(([one, other]) => ({ one, 'the other': other })));
        // A record of several lines has the line that it begins on.
        let line = 2;
        for (const [i, [one, other]] of records.entries()) {
          expect(rows[i]![0]).toBe(line);
          line += 1 + `${one}${other}`.split('\n').length - 1;
        }
      },
    ),
    { numRuns: 60 },
  );
});

test('broken records of CSV cost themselves', async () => {
  const text = 'input,at\na.mp4,1\nb"c,2\nd.mp4,3,4\n"e"f,5\ng.mp4\n\nh.mp4,6\n"i.mp4,7\nj.mp4,8';
  expect(await all(csvRows('x.csv', pieces(text), 100))).toEqual([
    [2, { input: 'a.mp4', at: '1' }],
    [3, { input: 'b"c', at: '2' }],
    [4, 'It has 3 values for 2 columns.'],
    [5, expect.stringContaining('A quote')],
    [6, { input: 'g.mp4' }],
    [8, { input: 'h.mp4', at: '6' }],
    [9, 'A quote is opened and never closed.'],
    [10, { input: 'j.mp4', at: '8' }],
  ]);
  const twice = await failure(() => all(csvRows('x.csv', pieces('a,b,a\n1,2,3\n'), undefined)));
  expect([twice.code, twice.message]).toEqual([
    'FR_MANIFEST_INVALID',
    'x.csv cannot be read as a manifest: its first line names the column "a" twice.',
  ]);
  expect(await all(csvRows('x.csv', pieces(''), 0))).toEqual([]);
});

test('JSON lines', async () => {
  const long = JSON.stringify({ input: 'x'.repeat(1024 * 1024) });
  const text = `\uFEFF{"input":"a"}\r\n\n"b"\n[1]\n{\n${long}\n{"__proto__":{"x":1},"input":"c"}`;
  expect(await all(jsonLineRows('x.jsonl', pieces(text, 5000), text.length))).toEqual([
    [1, { input: 'a' }],
    [3, { input: 'b' }],
    [4, 'It is neither an object of columns nor the text of an input.'],
    [5, 'It is not JSON.'],
    [6, 'It has more than 1048576 bytes.'],
    [7, expect.objectContaining({ input: 'c' })],
  ]);
});

test('YAML: a list, documents, and what is none', async () => {
  const text = '- input: a\n  at: 1\n- b\n- [1]\n---\ninput: c\nsize:\n  - 8x8\n';
  expect(await all(yamlRows('x.yaml', pieces(text)))).toEqual([
    [1, { input: 'a', at: 1 }],
    [3, { input: 'b' }],
    [4, 'It is neither an object of columns nor the text of an input.'],
    [6, { input: 'c', size: ['8x8'] }],
  ]);
  const error = await failure(() => all(yamlRows('x.yaml', pieces('- a: [1\n- b'))));
  expect(error.message).toMatch(/^x\.yaml cannot be read as a manifest: .+ at line \d\.$/);
  const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefghi'.replaceAll(/./g, (name) => {
    const before = String.fromCharCode(name.charCodeAt(0) - 1);
    return `${name}: &${name} [${new Array(9).fill(`*${before}`).join(',')}]\n`;
  })}`;
  expect(await all(yamlRows('x.yaml', pieces(bomb, 1000)))).toEqual([
    [1, 'It uses anchors that are not there, or too many of them.'],
  ]);
});

/** A zip archive of some parts. */
function zip(parts: Readonly<Record<string, string | Buffer>>): Buffer {
  const local: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const [name, content] of Object.entries(parts)) {
    const bytes = Buffer.from(content as string);
    const packed = deflateRawSync(bytes);
    const head = Buffer.alloc(26);
    head.writeUInt16LE(20, 0);
    head.writeUInt16LE(8, 4);
    head.writeUInt32LE(crc32(bytes), 10);
    head.writeUInt32LE(packed.length, 14);
    head.writeUInt32LE(bytes.length, 18);
    head.writeUInt16LE(name.length, 22);
    local.push(Buffer.from('PK\x03\x04', 'latin1'), head, Buffer.from(name), packed);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(offset, 10);
    central.push(Buffer.from('PK\x01\x02\x14\0', 'latin1'), head, tail, Buffer.from(name));
    offset += 30 + name.length + packed.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(Object.keys(parts).length, 4);
  end.writeUInt16LE(Object.keys(parts).length, 6);
  end.writeUInt32LE(directory.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...local, directory, Buffer.from('PK\x05\x06', 'latin1'), end]);
}

function crc32(bytes: Buffer): number {
  let crc = -1;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

const BOOK = {
  'xl/workbook.xml':
    '<workbook xmlns:r="r"><sheets><sheet name="S" r:id="rId2"/><sheet r:id="rId1"/></sheets></workbook>',
  'xl/_rels/workbook.xml.rels':
    '<Relationships><Relationship Id="rId1" Target="other.xml"/><Relationship Id="rId2" Target="worksheets/s.xml"/></Relationships>',
  'xl/sharedStrings.xml':
    '<sst><si><t>input</t></si><si><r><t>a</t></r><rPh><t>no</t></rPh><r><t>.mp4</t></r></si></sst>',
};
const SHEET = `<worksheet><dimension ref="A1:C4"/><sheetData>
<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="inlineStr"><is><t>at</t></is></c><c r="C1" t="str"><v>exact</v></c></row>
<row r="2"><c r="A2" t="s"><v>1</v></c><c r="B2"><v>1.5</v></c><c r="C2" t="b"><v>1</v></c></row>
<row r="3"/><row r="4"><c r="A4" t="str"><f>A1&amp;"x"</f><v>b &amp; c</v></c><c r="C4" t="e"><v>#N/A</v></c></row>
</sheetData></worksheet>`;

test('XLSX: the first sheet, with its shared, own and computed values', async () => {
  const book = zip({ ...BOOK, 'xl/worksheets/s.xml': SHEET });
  expect(await all(xlsxRows('x.xlsx', book))).toEqual([
    [2, { input: 'a.mp4', at: 1.5, exact: true }],
    [4, { input: 'b & c', at: null, exact: null }],
  ]);
});

test.each([
  ['no archive', Buffer.from('PK is not enough')],
  ['no sheet', zip({ ...BOOK, 'xl/_rels/workbook.xml.rels': '<Relationships/>' })],
  ['a bomb', zip({ ...BOOK, 'xl/workbook.xml': ' '.repeat(5 * 1024 * 1024), 'xl/worksheets/s.xml': SHEET })],
  ['text without an end', zip({ ...BOOK, 'xl/worksheets/s.xml': `<row><c><v>${'x'.repeat(5_000_000)}` })],
  ['an entity of its own', zip({ ...BOOK, 'xl/worksheets/s.xml': '<!DOCTYPE x [<!ENTITY a "b">]><row><c><v>&a;' })],
  ['half a sheet', zip({ ...BOOK, 'xl/worksheets/s.xml': SHEET.slice(0, 300) })],
])('XLSX with %s is refused in one sentence', async (_, bytes) => {
  const error = await failure(() => all(xlsxRows('x.xlsx', bytes)));
  expect([error.code, error.message]).toEqual([
    'FR_MANIFEST_INVALID',
    expect.stringMatching(/^x\.xlsx cannot be read as a manifest: [^\n]+\.$/),
  ]);
});
