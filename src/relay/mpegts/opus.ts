// Opus in transport streams (ETSI TS 103 491): the header ahead of each packet, and channels as one number.

const PREFIX = 0x7fe0;
const FLAG = { startTrim: 0x10, endTrim: 0x08, extension: 0x04 } as const;
const HEAD_BYTES = 19;
const MAGIC = 'OpusHead';
/** Opus always counts in these. */
const RATE = 48_000;

/** Streams, those of them that hold two channels, and which of their channels each output is (RFC 7845, 5.1.1.2). */
const SURROUND: readonly (readonly [streams: number, coupled: number, map: readonly number[]])[] = [
  [1, 0, [0]],
  [1, 1, [0, 1]],
  [2, 1, [0, 2, 1]],
  [2, 2, [0, 1, 2, 3]],
  [3, 2, [0, 4, 1, 2, 3]],
  [4, 2, [0, 4, 1, 2, 3, 5]],
  [4, 3, [0, 4, 1, 2, 3, 5, 6]],
  [5, 3, [0, 6, 1, 2, 3, 4, 5, 7]],
];

/** The `OpusHead` (RFC 7845, 5.1) for a number of channels; undefined for arrangements that are described elsewhere. */
export function opusHead(channelCode: number): Buffer | undefined {
  // Zero stands for two channels that have nothing to do with each other.
  const channels = channelCode === 0 ? 2 : channelCode;
  const surround = SURROUND[channels - 1];
  if (surround === undefined) return undefined;
  const head = Buffer.alloc(HEAD_BYTES);
  head.write(MAGIC, 'latin1');
  head[8] = 1;
  head[9] = channels;
  head.writeUInt32LE(RATE, 12);
  if (channelCode === 1 || channelCode === 2) return head;
  head[18] = channelCode === 0 ? 255 : 1;
  const [streams, coupled, map] = channelCode === 0 ? ([2, 0, [0, 1]] as const) : surround;
  return Buffer.concat([head, Buffer.from([streams, coupled, ...map])]);
}

/** The number for what an `OpusHead` says; undefined where there is none. */
export function opusChannelCode(head: Uint8Array): number | undefined {
  const channels = head[9] ?? 0;
  const family = head[18] ?? 0;
  if (head.byteLength < HEAD_BYTES || channels < 1 || channels > SURROUND.length) return undefined;
  if (family === 0) return channels <= 2 ? channels : undefined;
  if (family === 255 && channels === 2 && head[19] === 2) return 0;
  return family === 1 ? channels : undefined;
}

/** The header ahead of a packet of so many bytes. */
export function opusControl(bytes: number): Buffer {
  const full = Math.floor(bytes / 255);
  return Buffer.from([PREFIX >> 8, PREFIX & 0xff, ...Array<number>(full).fill(255), bytes % 255]);
}

/**
 * Reads the header that begins at a place.
 * @returns bytes of the header and of the packet behind it; 'none' where there is no header, 'short' where it is cut
 */
export function readOpusControl(
  bytes: Uint8Array,
  at: number,
  end: number,
): { readonly header: number; readonly packet: number } | 'none' | 'short' {
  if (at + 2 > end) return 'short';
  const flags = bytes[at + 1] ?? 0;
  if ((((bytes[at] ?? 0) << 8) | (flags & 0xe0)) !== PREFIX) return 'none';
  let next = at + 2;
  let packet = 0;
  for (let part = 255; part === 255; packet += part) {
    if (next >= end) return 'short';
    part = bytes[next++] ?? 0;
  }
  if ((flags & FLAG.startTrim) !== 0) next += 2;
  if ((flags & FLAG.endTrim) !== 0) next += 2;
  if ((flags & FLAG.extension) !== 0) {
    if (next >= end) return 'short';
    next += 1 + (bytes[next] ?? 0);
  }
  return { header: next - at, packet };
}

/** Samples of a packet at 48,000 a second (RFC 6716, 3.1). */
export function opusSamples(packet: Uint8Array): number {
  const toc = packet[0] ?? 0;
  const config = toc >> 3;
  // SILK has 10 to 60 ms, hybrid 10 or 20, CELT 2.5 to 20.
  const frame =
    config < 12
      ? (RATE / 100) * ([1, 2, 4, 6][config & 3] ?? 1)
      : config < 16
        ? (RATE / 100) * ((config & 1) + 1)
        : (RATE / 400) << (config & 3);
  const code = toc & 3;
  const frames = code === 0 ? 1 : code < 3 ? 2 : (packet[1] ?? 0) & 0x3f;
  return frame * frames;
}
