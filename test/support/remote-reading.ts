// Reads remote files as a demuxer would, without one.
import { onTestFinished } from 'vitest';
import { RemoteFiles, type RemoteDeadline, type RemoteOptions, type RemoteReceipt } from '#dist/net/remote/index.js';

/** A read: from where on, and how many bytes. */
export type Read = readonly [offset: number, length: number];

/** What came of reading. */
export interface ReadResult {
  readonly pieces: readonly Buffer[];
  readonly receipt: RemoteReceipt;
}

/** Remote files that are closed with the running test; they hardly pause between attempts. */
export function remoteFiles(): RemoteFiles {
  const files = new RemoteFiles({ first: 1, second: 2, longest: 10 });
  onTestFinished(() => {
    files.close();
  });
  return files;
}

/** Reads places of a file, each of them whole. */
export async function readPlaces(
  files: RemoteFiles,
  url: string,
  places: readonly Read[],
  options: RemoteOptions & RemoteDeadline = {},
): Promise<ReadResult> {
  const { signal, endsAt, ...remote } = options;
  const { result: pieces, receipt } = await files.use(url, remote, { signal, endsAt }, async (file) => {
    const read: Buffer[] = [];
    for (const [offset, length] of places) {
      const parts: Uint8Array[] = [];
      for (let at = offset; at < offset + length;) {
        const bytes = await file.read(at, offset + length - at);
        if (bytes.byteLength === 0) break;
        parts.push(Uint8Array.from(bytes));
        at += bytes.byteLength;
      }
      read.push(Buffer.concat(parts));
    }
    return read;
  });
  return { pieces, receipt };
}
