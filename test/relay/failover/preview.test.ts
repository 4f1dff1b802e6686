// What is kept of a source that does not feed the relay.
import { expect, test } from 'vitest';
import { Preview } from '#dist/relay/failover/preview.js';
import { stream } from '../../support/relay/stream.js';
import { audioHeader, metadata, picture, sound, VIDEO, videoHeader, type Tag } from '../../support/relay/tags.js';

const KEPT = 1000;
const MIB = 1024 * 1024;

/** Gives tags as they come in real time. */
function push(preview: Preview, tags: readonly Tag[], from = 0): void {
  for (const { type, timestamp, payload } of tags) preview.push(type, timestamp, payload, from + timestamp);
}

test('headers and metadata are kept, pictures from a keyframe on, sound of the last moments', () => {
  const preview = new Preview(MIB, KEPT);
  push(preview, [metadata(), videoHeader(), audioHeader(), ...stream({ length: 5000, gop: 50 })]);
  expect(preview.setups.map(({ payload }) => payload)).toEqual([videoHeader().payload, audioHeader().payload]);
  expect(preview.metadata).toEqual(metadata().payload);
  expect(preview.hints).toEqual({ audio: true, video: true });
  const [first] = preview.tags.filter(({ kind }) => kind === 'video');
  // The last keyframe that is older than what must be kept.
  expect(first).toMatchObject({ keyframe: true, timestamp: 2000 });
  const heard = preview.tags.filter(({ kind }) => kind === 'audio');
  expect(heard[0]?.timestamp).toBeGreaterThanOrEqual(2700);
  expect(preview.last('video')?.timestamp).toBe(4960);
});

test('pictures ahead of the first keyframe are of no use', () => {
  const preview = new Preview(MIB, KEPT);
  push(preview, [picture(0, 1), picture(40, 2), sound(50, 3), picture(80, 4, { key: true }), picture(120, 5)]);
  expect(preview.tags.map(({ timestamp }) => timestamp)).toEqual([50, 80, 120]);
  expect(preview.last('video')?.timestamp).toBe(120);
});

test('another header makes the pictures ahead of it useless', () => {
  const preview = new Preview(MIB, KEPT);
  push(preview, [videoHeader(), ...stream({ length: 400 })]);
  push(preview, [videoHeader(400, { variant: 7 })]);
  expect(preview.tags.some(({ kind }) => kind === 'video')).toBe(false);
  push(preview, [picture(400, 9), picture(440, 10, { key: true })]);
  expect(preview.tags.filter(({ kind }) => kind === 'video')).toHaveLength(1);
});

test('a group that is larger than the budget is not kept, its keyframe alone is', () => {
  const preview = new Preview(50_000, KEPT);
  push(preview, [picture(0, 1, { key: true }), picture(40, 2, { bytes: 45_000 }), sound(60, 3)]);
  expect(preview.bytes).toBeLessThanOrEqual(50_000);
  expect(preview.tags.every(({ kind }) => kind === 'audio')).toBe(true);
  push(preview, [picture(80, 4, { key: true, bytes: 80_000 })]);
  expect(preview.tags.map(({ timestamp }) => timestamp)).toEqual([80]);
});

test('hours of a stream keep no more than its budget', () => {
  const preview = new Preview(200_000, KEPT);
  for (let i = 0; i < 200; i++) {
    push(preview, stream({ length: 2000, from: i * 2000, gop: 25, number: i * 100 }));
    expect(preview.bytes).toBeLessThanOrEqual(200_000);
  }
  expect(preview.tags.length).toBeLessThan(300);
});

test('what is noted alone is its headers; what was given is forgotten, and headers stay', () => {
  const preview = new Preview(MIB, KEPT);
  push(preview, [videoHeader(), audioHeader(), ...stream({ length: 400 })]);
  preview.clearMedia();
  expect(preview.tags).toEqual([]);
  expect(preview.last('video')).toBeUndefined();
  const { type, payload } = videoHeader(0, { variant: 3 });
  preview.note(type, payload);
  preview.note(VIDEO, picture(0, 1, { key: true }).payload);
  expect(preview.tags).toEqual([]);
  expect(preview.setups[0]?.payload).toEqual(payload);
  preview.clear();
  expect(preview.setups).toEqual([]);
});
