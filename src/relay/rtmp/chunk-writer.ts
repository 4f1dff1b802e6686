// Messages into chunks (RTMP 1.0, section 5.3), many of them in one piece of memory: one write of the socket.

const EXTENDED = 0xffffff;
const FIRST_ROOM = 4096;
/** What a message costs beside its payload at most, without the headers of its further chunks. */
const HEADER = 16;

/** Gathers messages until they are taken. */
export class ChunkWriter {
  /** Bytes of payload in a chunk at most; the peer must have been told. */
  chunkSize = 128;
  #room = Buffer.alloc(0);
  #length = 0;

  /** Bytes that wait to be taken. */
  get length(): number {
    return this.#length;
  }

  /**
   * Adds a message with a whole header, which depends on no other message.
   * @param timestamp - milliseconds, modulo 2^32
   * @param payload - is copied
   */
  message(chunkStream: number, type: number, stream: number, timestamp: number, payload: Uint8Array): void {
    const { byteLength } = payload;
    const time = timestamp >>> 0;
    const extended = time >= EXTENDED;
    const further = byteLength === 0 ? 0 : Math.ceil(byteLength / this.chunkSize) - 1;
    this.#reserve(HEADER + byteLength + further * (extended ? 5 : 1));
    const room = this.#room;
    let at = this.#length;
    room[at] = chunkStream;
    room.writeUIntBE(extended ? EXTENDED : time, at + 1, 3);
    room.writeUIntBE(byteLength, at + 4, 3);
    room[at + 7] = type;
    room.writeUInt32LE(stream, at + 8);
    at += 12;
    if (extended) at = room.writeUInt32BE(time, at);
    for (let from = 0; from < byteLength;) {
      const to = Math.min(byteLength, from + this.chunkSize);
      room.set(from === 0 && to === byteLength ? payload : payload.subarray(from, to), at);
      at += to - from;
      from = to;
      if (from === byteLength) break;
      room[at++] = 0xc0 | chunkStream;
      if (extended) at = room.writeUInt32BE(time, at);
    }
    this.#length = at;
  }

  /** Gives what was gathered, which is the caller's from now on. */
  take(): Buffer {
    const taken = this.#room.subarray(0, this.#length);
    this.#room = Buffer.alloc(0);
    this.#length = 0;
    return taken;
  }

  #reserve(bytes: number): void {
    const needed = this.#length + bytes;
    if (needed <= this.#room.byteLength) return;
    const room = Buffer.allocUnsafe(Math.max(needed, this.#length === 0 ? 0 : FIRST_ROOM, 2 * this.#room.byteLength));
    this.#room.copy(room, 0, 0, this.#length);
    this.#room = room;
  }
}
