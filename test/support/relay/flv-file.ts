// The tags of a file of FLV, also of one that somebody still writes.
import { existsSync, readFileSync } from 'node:fs';
import { FlvReader } from '#dist/relay/flv/reader.js';
import type { Tag } from './tags.js';

/** Reads a file as far as it is there; `pending` says that its last tag is not whole. */
export function flvFile(path: string): { readonly tags: Tag[]; readonly pending: boolean } {
  const tags: Tag[] = [];
  const reader = new FlvReader({
    onHeader: () => undefined,
    onTag: (type, timestamp, payload) => tags.push({ type, timestamp, payload: Buffer.from(payload) }),
  });
  if (existsSync(path)) reader.push(readFileSync(path));
  return { tags, pending: reader.pending };
}
