// Media that went through a transport stream against the tags that it was made of: NAL units and frames, byte by byte.
import { expect } from 'vitest';
import { AudioUntagger } from '#dist/relay/elementary/audio-untagger.js';
import { VideoUntagger } from '#dist/relay/elementary/video-untagger.js';
import { crc32 } from './crc32.js';
import { AUDIO, VIDEO, type Tag } from './tags.js';
import { isSetup } from './ts.js';

/** One picture or frame of sound. */
export interface Unit {
  readonly type: number;
  /** Milliseconds at which it is shown. */
  readonly time: number;
  readonly crc: number;
  readonly keyframe: boolean;
}

/** What tags hold, whatever they are framed by. */
export function unitsOf(tags: readonly Tag[]): Unit[] {
  const pictures = new VideoUntagger();
  const sounds = new AudioUntagger();
  return tags.flatMap((tag): Unit[] => {
    const { type, timestamp: time, payload } = tag;
    if (type === AUDIO) {
      const frame = sounds.read(payload);
      return frame === undefined ? [] : [{ type, time, crc: crc32(frame.data), keyframe: true }];
    }
    const unit = type === VIDEO ? pictures.read(payload) : undefined;
    if (unit === undefined) return [];
    const { nals, keyframe, composition } = unit;
    return [{ type, time: time + composition, crc: crc32(Buffer.concat(nals)), keyframe }];
  });
}

/** Each track has the same units in the same order, and all of them the same distance in time. */
export function expectSameMedia(arrived: readonly Tag[], sent: readonly Tag[]): void {
  const [there, here] = [unitsOf(arrived), unitsOf(sent)];
  expect(arrived.some(isSetup)).toBe(sent.some(isSetup));
  const offsets: number[] = [];
  for (const type of [VIDEO, AUDIO]) {
    const [found, wanted] = [there.filter((one) => one.type === type), here.filter((one) => one.type === type)];
    expect(found.map(({ crc }) => crc)).toEqual(wanted.map(({ crc }) => crc));
    offsets.push(...found.map(({ time }, i) => time - (wanted[i]?.time ?? 0)));
  }
  // Frames of sound that share a packet have their times from their samples; those of tags are rounded.
  expect(Math.max(...offsets) - Math.min(...offsets)).toBeLessThanOrEqual(2);
}
