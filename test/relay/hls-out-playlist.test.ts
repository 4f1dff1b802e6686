// The rolling playlist by itself: whatever segments come, each version may follow from the one before.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Cutter } from '#dist/relay/hls-out/cutter.js';
import { Playlist, readPlaylist } from '#dist/relay/hls-out/playlist.js';
import { KIND, TAG } from '#dist/relay/flv/tag.js';
import { parseVersion } from '../support/relay/hls-folder.js';

const segments = fc.array(fc.record({ duration: fc.integer({ min: 1, max: 9000 }), discontinuity: fc.boolean() }), {
  minLength: 1,
  maxLength: 60,
});

test('numbers go on, the target duration stays, and the list is never too short', () => {
  fc.assert(
    fc.property(segments, fc.integer({ min: 3, max: 8 }), fc.nat(59), (all, list, restart) => {
      let playlist = new Playlist(list);
      let before: ReturnType<typeof parseVersion> | undefined;
      let date = 0;
      for (const [i, { duration, discontinuity }] of all.entries()) {
        const name = `live-${String(i).padStart(6, '0')}.ts`;
        // A run that broke off, and one that goes on with what it left.
        if (i === restart)
          playlist = new Playlist(
            list,
            readPlaylist(playlist.toString(), () => true),
          );
        const gone = playlist.add({ name, duration, discontinuity, date: new Date((date += duration)) }, 2);
        const version = parseVersion(playlist.toString());
        expect(version.sequence + version.segments.length).toBe(i + 1);
        expect(version.segments.at(-1)?.name).toBe(name);
        if (before !== undefined) {
          expect(version.target).toBe(before.target);
          expect(version.sequence - before.sequence).toBe(gone.length);
          const lost = gone.filter((one) => one.discontinuity).length;
          expect(version.discontinuitySequence - before.discontinuitySequence).toBe(lost);
        }
        const seconds = version.segments.reduce((sum, one) => sum + one.duration, 0);
        if (gone.length > 0) expect(seconds).toBeGreaterThanOrEqual(3 * version.target - 0.01);
        before = version;
      }
    }),
  );
});

test('what is no playlist of ours is none, and nothing is thrown', () => {
  const line = fc.oneof(
    fc.string(),
    fc.constantFrom(
      '#EXTM3U',
      '#EXT-X-TARGETDURATION:2',
      '#EXT-X-MEDIA-SEQUENCE:1',
      '#EXTINF:2.0,',
      'a.ts',
      '#EXTINF:x',
    ),
    fc.constantFrom('#EXT-X-ENDLIST', '#EXT-X-PROGRAM-DATE-TIME:never', '../../etc/passwd', 'http://host/a.ts'),
  );
  fc.assert(
    fc.property(fc.array(line), (lines) => {
      const read = readPlaylist(['#EXTM3U', ...lines].join('\n'), (name) => name === 'a.ts');
      for (const { name, duration, date } of read?.segments ?? []) {
        expect(name).toBe('a.ts');
        expect(duration).toBeGreaterThanOrEqual(0);
        expect(date?.getTime()).not.toBeNaN();
      }
    }),
  );
});

test('however pictures and sound come, no segment is longer than was promised', () => {
  const tags = fc.array(fc.record({ step: fc.integer({ min: 1, max: 400 }), video: fc.boolean(), key: fc.boolean() }), {
    minLength: 1,
    maxLength: 400,
  });
  fc.assert(
    fc.property(tags, fc.integer({ min: 2, max: 10 }), (all, target) => {
      const cutter = new Cutter(2000);
      let time = 0;
      for (const { step, video, key } of all) {
        time += step;
        const { start = time } = cutter;
        const kind = KIND.media | (key || !video ? KIND.key : 0);
        const decision = cutter.take(video ? TAG.video : TAG.audio, kind, time, target);
        // One step of the slowest stream is what cannot be known ahead.
        if (decision === 'cut') expect(time - start).toBeLessThanOrEqual(target * 1000 + 499 + 400);
      }
    }),
  );
});
