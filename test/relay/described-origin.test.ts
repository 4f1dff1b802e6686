// Metadata for protocols that have none: told once ahead of media, and again when headers say something else.
import { expect, test } from 'vitest';
import { described } from '#dist/relay/described-origin.js';
import { readMetadata } from '#dist/relay/metadata.js';
import type { OriginHandlers, OriginSource } from '#dist/relay/origin.js';
import { AUDIO, audioHeader, DATA, picture, sound, VIDEO, videoHeader, type Tag } from '../support/relay/tags.js';

function open(): {
  readonly send: (tag: Tag) => void;
  readonly tags: { type: number; timestamp: number; payload: Buffer }[];
} {
  const tags: { type: number; timestamp: number; payload: Buffer }[] = [];
  let inner: OriginHandlers | undefined;
  const none = (): void => undefined;
  const source: OriginSource = {
    shown: 'x',
    open: (handlers) => {
      inner = handlers;
      return { marks: { dialled: 0 }, close: none, fail: none };
    },
  };
  described(source).open(
    {
      ...{ onOpen: none, onHints: none, onTurn: none, onWarning: none, onEnd: none },
      onTag: (type, timestamp, payload) => tags.push({ type, timestamp, payload }),
    },
    { timeout: 1000, verify: true, allowHosts: [] },
  );
  return { tags, send: ({ type, timestamp, payload }) => inner!.onTag(type, timestamp, payload) };
}

test('size, rate and channels are told ahead of the first media, and again when a header changes', () => {
  const { send, tags } = open();
  send(videoHeader());
  send(audioHeader());
  expect(tags.map(({ type }) => type)).toEqual([VIDEO, AUDIO]);
  send(picture(0, 1, { key: true }));
  send(sound(0, 2));
  send(audioHeader(100, 3));
  send(sound(100, 3));
  expect(tags.map(({ type }) => type)).toEqual([VIDEO, AUDIO, DATA, VIDEO, AUDIO, AUDIO, DATA, AUDIO]);
  const [first, second] = tags.filter(({ type }) => type === DATA).map(({ payload }) => readMetadata(payload)!);
  expect(first).toMatchObject({ width: 640, height: 360 });
  expect(first!.values).toMatchObject({ audiosamplerate: 44_100, stereo: true });
  expect(second!.values).toMatchObject({ width: 640, audiosamplerate: 48_000 });
  expect(second!.hints).toEqual({ audio: undefined, video: undefined });
});

test('a stream whose headers say nothing is told nothing of', () => {
  const { send, tags } = open();
  send(videoHeader(0, { format: 'av01' }));
  send(picture(0, 1, { key: true, format: 'av01' }));
  expect(tags.map(({ type }) => type)).toEqual([VIDEO, VIDEO]);
});
