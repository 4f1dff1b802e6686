// Messages of RTSP (RFC 2326): requests as they are written, and what was read.

/** A message that was read. Names of headers are in lower case; one that came several times has several values. */
interface Message {
  readonly headers: ReadonlyMap<string, readonly string[]>;
  /** Valid until the handler returns. */
  readonly body: Buffer;
}

/** The answer to a request. */
export interface RtspResponse extends Message {
  readonly status: number;
  readonly reason: string;
}

/** A request of the server. */
export interface RtspRequest extends Message {
  readonly method: string;
}

/** The first value of a header; undefined where there is none. */
export function headerOf({ headers }: Message, name: string): string | undefined {
  return headers.get(name)?.[0];
}

/** A request as it is sent; names of headers as they are written. */
export function formatRequest(
  method: string,
  url: string,
  headers: Readonly<Record<string, string | number | undefined>>,
): Buffer {
  return Buffer.from(`${method} ${url} RTSP/1.0\r\n${formatHeaders(headers)}\r\n`);
}

/** An answer to a request of the server. */
export function formatResponse(status: number, reason: string, sequence: string | undefined): Buffer {
  return Buffer.from(`RTSP/1.0 ${String(status)} ${reason}\r\n${formatHeaders({ CSeq: sequence })}\r\n`);
}

function formatHeaders(headers: Readonly<Record<string, string | number | undefined>>): string {
  let text = '';
  for (const [name, value] of Object.entries(headers))
    // A value that was read from somebody else must not become a header of its own.
    if (value !== undefined) text += `${name}: ${String(value).replace(/[\r\n]+/g, ' ')}\r\n`;
  return text;
}

/** Data between messages (RFC 2326 10.12): a dollar sign, a channel, and a length of two bytes ahead of it. */
export function formatFrame(channel: number, payload: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(4 + payload.byteLength);
  bytes[0] = 0x24;
  bytes[1] = channel;
  bytes.writeUInt16BE(payload.byteLength, 2);
  bytes.set(payload, 4);
  return bytes;
}

/** Reads the lines ahead of a body; undefined for what is no message of RTSP. */
export function parseHead(
  lines: readonly string[],
):
  | { readonly kind: 'response'; readonly status: number; readonly reason: string; readonly headers: Headers }
  | { readonly kind: 'request'; readonly method: string; readonly headers: Headers }
  | undefined {
  const [first = '', ...rest] = lines;
  const response = /^RTSP\/\d\.\d +(\d{3})(?: +(.*))?$/i.exec(first);
  if (response !== null) {
    const [, status, reason = ''] = response;
    return { kind: 'response', status: Number(status), reason: reason.trim(), headers: parseHeaders(rest) };
  }
  const request = /^([A-Z_]{3,20}) +\S+ +RTSP\/\d\.\d *$/.exec(first);
  if (request === null) return undefined;
  return { kind: 'request', method: request[1] ?? '', headers: parseHeaders(rest) };
}

type Headers = ReadonlyMap<string, readonly string[]>;

function parseHeaders(lines: readonly string[]): Headers {
  const headers = new Map<string, string[]>();
  let last: string[] | undefined;
  for (const line of lines) {
    // A line that is indented goes on with the header above it.
    if (/^[ \t]/.test(line) && last !== undefined) {
      last.push(`${last.pop() ?? ''} ${line.trim()}`);
      continue;
    }
    const [, name = '', value = ''] = /^([^:]+?)[ \t]*:(.*)$/.exec(line) ?? [];
    if (name === '') continue;
    const values = headers.get(name.toLowerCase()) ?? [];
    values.push(value.trim());
    headers.set(name.toLowerCase(), values);
    last = values;
  }
  return headers;
}
