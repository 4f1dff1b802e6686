// What is misspelt would be left out without a word: every call refuses options that it does not know, and names a near one.
import { expect, test } from 'vitest';
import {
  checkRelaysFile,
  createCovers,
  createRelay,
  createRelays,
  createVideo,
  Engine,
  open,
  probe,
  processVideo,
  readFrames,
} from '#dist/index.js';
import { failure } from './support/failure.js';
import { fixture } from './support/fixtures.js';
import { sharedCovers } from './support/covers.js';

const CLIP = fixture('plain.mp4');
const covers = sharedCovers({ backend: 'inline' });
/** As JavaScript passes them, which no type has seen. */
const wrong = (name: string, others: object = {}): object => ({ ...others, [name]: 1 });

test.each<[call: string, make: () => unknown, near: string]>([
  ['new Engine()', () => new Engine(wrong('workerz')), 'workers'],
  ['open()', () => open(CLIP, wrong('timout')), 'timeout'],
  ['probe()', () => probe(CLIP, wrong('scann')), 'scan'],
  ['readFrames()', () => readFrames(CLIP, wrong('evry')).next(), 'every'],
  ['processVideo()', () => processVideo(CLIP, null, wrong('bitrat')), 'bitrate'],
  ['createVideo()', () => createVideo('out.mp4', { size: [64, 64], ...wrong('frameRat') }), 'frameRate'],
  ['createCovers()', () => createCovers(wrong('sandbx')), 'sandbox'],
  ['covers.make()', () => covers.make(CLIP, wrong('fitt')), 'fit'],
  ['covers.makeAll()', () => covers.makeAll(CLIP, wrong('siezs')), 'sizes'],
  ['limits of covers', () => covers.make(CLIP, { limits: wrong('maxPixel') }), 'maxPixels'],
  ['covers.batch()', () => covers.batch([], wrong('orderd')).next(), 'ordered'],
  ['options of covers.batch()', () => covers.batch([], { options: wrong('qualty') }).next(), 'quality'],
  ['covers.preview()', () => covers.preview(CLIP, wrong('secnds')), 'seconds'],
  ['covers.storyboard()', () => covers.storyboard(CLIP, { out: 'board', ...wrong('colums') }), 'columns'],
  ['createRelay()', () => createRelay({ from: 'rtmp://127.0.0.1/a/b', to: [], ...wrong('recrd') }), 'record'],
  ['createRelays()', () => createRelays('relays.yaml', wrong('wach')), 'watch'],
  ['checkRelaysFile()', () => checkRelaysFile('relays.yaml', wrong('enviroment')), 'environment'],
])('%s', async (_, make, near) => {
  const error = await failure(make);
  expect(error.code).toBe('FR_ARG_INVALID');
  expect(error.message).toContain(`Expected \`${near}\` in`);
});
