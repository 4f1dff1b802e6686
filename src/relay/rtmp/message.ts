// The messages of RTMP (Adobe, "Real-Time Messaging Protocol 1.0", 2012, sections 5.4 and 7.1).

/** Types of messages. */
export const MESSAGE = {
  setChunkSize: 1,
  abort: 2,
  acknowledgement: 3,
  userControl: 4,
  windowAckSize: 5,
  setPeerBandwidth: 6,
  audio: 8,
  video: 9,
  data3: 15,
  command3: 17,
  data: 18,
  command: 20,
  aggregate: 22,
} as const;

/** Events of user control messages. */
export const CONTROL = { streamBegin: 0, streamEof: 1, setBufferLength: 3, pingRequest: 6, pingResponse: 7 } as const;

/** Chunk streams that we send on: one for each kind, as other clients do. */
export const CHUNK_STREAM = { control: 2, command: 3, data: 4, audio: 6, video: 7 } as const;

/** One message. */
export interface Message {
  readonly type: number;
  /** The message stream: 0 for the connection itself. */
  readonly stream: number;
  /** Milliseconds, modulo 2^32. */
  readonly timestamp: number;
  /** Belongs to the reader: it is valid until the callback that got it returns. */
  readonly payload: Buffer;
}

/** Four bytes, the most significant one first. */
export function fourBytes(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
}

/** The payload of a user control message. */
export function controlPayload(event: number, ...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(2 + 4 * values.length);
  bytes.writeUInt16BE(event);
  for (const [i, value] of values.entries()) bytes.writeUInt32BE(value >>> 0, 2 + 4 * i);
  return bytes;
}
