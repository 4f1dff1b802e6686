// What is remembered, as it is written beside the entries of a disk: JSON, taken over by merging, so that it may be read twice.
import type { Recall } from './recall.js';

interface RecallData {
  readonly version: 1;
  /** Keys with embeddings in base64, a byte for each number; the one that was used longest ago first. */
  readonly items: readonly (readonly [key: string, embedding: string | null])[];
  /** Circles with the places of keys in that list, and counts in hundredths. */
  readonly circles: readonly (readonly [name: string, counts: readonly (readonly [item: number, count: number])[]])[];
}

/** Numbers of an embedding of length 1 lie within -1 and 1, and a byte is enough to tell pictures apart. */
const SCALE = 127;

/** What is remembered, as text. */
export function writeRecall(recall: Recall): string {
  const places = new Map<string, number>();
  const items: [string, string | null][] = [];
  for (const { key, embedding } of recall.items()) {
    places.set(key, items.length);
    items.push([key, embedding === undefined ? null : toText(embedding)]);
  }
  const circles = [...recall.uses.entries()].map(([name, counts]): [string, [number, number][]] => [
    name,
    [...counts].flatMap(([key, count]) => {
      const place = places.get(key);
      return place === undefined ? [] : [[place, Math.round(100 * count)]];
    }),
  ]);
  const data: RecallData = { version: 1, items, circles };
  return JSON.stringify(data);
}

/** Takes over what was written; text of another kind is nothing. */
export function mergeRecall(recall: Recall, text: string): void {
  const data = parse(text);
  if (data === undefined) return;
  const known = new Set([...recall.items()].map(({ key }) => key));
  for (const [key, embedding] of data.items)
    if (!known.has(key)) recall.seen(key, embedding === null ? undefined : fromText(embedding));
  for (const [name, counts] of data.circles) {
    const found = new Map<string, number>();
    for (const [place, count] of counts) {
      const key = data.items[place]?.[0];
      if (key !== undefined && Number.isFinite(count) && count > 0) found.set(key, count / 100);
    }
    recall.uses.merge(name, found);
  }
}

function parse(text: string): RecallData | undefined {
  try {
    const data = JSON.parse(text) as unknown;
    return isRecallData(data) ? data : undefined;
  } catch {
    return undefined;
  }
}

function isRecallData(data: unknown): data is RecallData {
  if (typeof data !== 'object' || data === null || !('version' in data) || data.version !== 1) return false;
  if (!('items' in data) || !('circles' in data)) return false;
  return isPairs(data.items, isTextOrNull) && isPairs(data.circles, (counts) => isPairs(counts, isNumber, isNumber));
}

function isPairs(
  list: unknown,
  second: (value: unknown) => boolean,
  first: (value: unknown) => boolean = isText,
): boolean {
  return Array.isArray(list) && list.every((one) => Array.isArray(one) && first(one[0]) && second(one[1]));
}

const isText = (value: unknown): boolean => typeof value === 'string';
const isTextOrNull = (value: unknown): boolean => value === null || typeof value === 'string';
const isNumber = (value: unknown): boolean => typeof value === 'number';

function toText(embedding: Float32Array): string {
  return Buffer.from(Int8Array.from(embedding, (number) => Math.round(SCALE * number)).buffer).toString('base64');
}

function fromText(text: string): Float32Array {
  const bytes = Buffer.from(text, 'base64');
  const numbers = Float32Array.from({ length: bytes.byteLength }, (_, at) => bytes.readInt8(at));
  const length = Math.hypot(...numbers);
  return length === 0 ? numbers : numbers.map((number) => number / length);
}
