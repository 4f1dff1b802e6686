// Which file an answer is about: its size, and the validators that tell one version from another (RFC 9110, 8.8).
import type { IncomingHttpHeaders } from 'node:http';

/** A version of a file, as its server names it. */
export interface FileIdentity {
  readonly size: number;
  readonly etag: string | undefined;
  readonly lastModified: string | undefined;
  /** What `If-Range` may carry: an ETag that is not weak, else a date that is old enough; undefined without either. */
  readonly validator: string | undefined;
}

/** Text that names a version is no longer than this. */
const MOST = 1024;

/** The version that an answer is about. */
export function identityOf(headers: IncomingHttpHeaders, size: number): FileIdentity {
  const etag = short(headers.etag);
  const lastModified = short(headers['last-modified']);
  const strong = etag !== undefined && /^"[^"]*"$/.test(etag) ? etag : undefined;
  // A file that changed in the second of its answer may change again in it, and would then have the same date.
  const age = Date.parse(headers.date ?? '') - Date.parse(lastModified ?? '');
  return { size, etag, lastModified, validator: strong ?? (age >= 1000 ? lastModified : undefined) };
}

/** Whether an answer is about the version that is known, as far as both of them say. */
export function isSameVersion(known: FileIdentity, headers: IncomingHttpHeaders): boolean {
  const [etag, lastModified] = [short(headers.etag), short(headers['last-modified'])];
  if (known.etag !== undefined && etag !== undefined) return known.etag === etag;
  return known.lastModified === undefined || lastModified === undefined || known.lastModified === lastModified;
}

function short(text: string | undefined): string | undefined {
  return text === undefined || text.length > MOST ? undefined : text;
}
