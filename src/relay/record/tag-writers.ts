// Tags as the bytes of a file: as they are, or as a transport stream.
import { flvHeader, flvTag } from '../flv/bytes.js';
import { audioKind, TAG, videoKind } from '../flv/tag.js';
import { TsMuxer } from '../mpegts/muxer.js';

/** Makes a file of tags. */
export interface TagWriter {
  /** The first bytes, if any. */
  begin(): void;
  /** @param time - milliseconds, not wrapped */
  tag(type: number, time: number, payload: Buffer): void;
  /** The last bytes, if any. */
  end(): void;
}

/** Who takes the bytes, and hears of what cannot be carried. */
export interface TagWriterHandlers {
  /** They are the receiver's for good. */
  readonly onBytes: (bytes: Buffer) => void;
  readonly onWarning: (message: string) => void;
}

/** @param zero - the time that becomes zero, in milliseconds */
export function flvWriter({ onBytes }: TagWriterHandlers, zero: number): TagWriter {
  return {
    begin: () => {
      // A stream that comes later is a tag like any other: who plays the file must not rule it out.
      onBytes(flvHeader({ audio: true, video: true }));
    },
    tag: (type, time, payload) => {
      onBytes(flvTag(type, Math.max(0, time - zero), payload));
    },
    end: () => undefined,
  };
}

/** A transport stream, which has no place for data. */
export function tsWriter({ onBytes, onWarning }: TagWriterHandlers): TagWriter {
  const muxer = new TsMuxer({ onPackets: onBytes, onWarning });
  return {
    begin: () => undefined,
    tag: (type, time, payload) => {
      if (type === TAG.data) return;
      muxer.media(type, type === TAG.video ? videoKind(payload) : audioKind(payload), time, payload);
    },
    end: () => {
      muxer.flush();
    },
  };
}
