// NAL units of a byte stream.

/** A unit with its start code; three bytes that look like one are kept apart (ITU-T H.264, section 7.4.1). */
export function emulate(header: number, payload: readonly number[]): number[] {
  const bytes = [0, 0, 0, 1, header];
  let zeros = 0;
  for (const byte of payload) {
    if (zeros >= 2 && byte <= 3) {
      bytes.push(3);
      zeros = 0;
    }
    bytes.push(byte);
    zeros = byte === 0 ? zeros + 1 : 0;
  }
  return bytes;
}
