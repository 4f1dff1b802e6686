// What makes pictures and sound of the payloads of one stream.
import type { RtpPacket } from '../rtp.js';

/** Takes the packets of one stream in their order. */
export interface Depacketizer {
  push(packet: RtpPacket): void;
  /** Packets are missing ahead of the next one: what they belong to is dropped. */
  gap(): void;
}

/**
 * Takes a picture as NAL units, which are valid until it returns.
 * @param timestamp - ticks, modulo 2^32
 */
export type PictureSink = (nals: readonly Uint8Array[], timestamp: number) => void;

/**
 * Takes a frame of sound, which is valid until it returns.
 * @param timestamp - ticks, modulo 2^32
 */
export type FrameSink = (frame: Uint8Array, timestamp: number) => void;

/** Hears, once, of packets that cannot be read: the end of a sentence that begins with the stream. */
export type Complaint = (what: string) => void;
