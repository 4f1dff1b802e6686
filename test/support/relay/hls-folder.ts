// A folder of HLS as somebody sees it who looks at every version of its playlist, and forgives nothing (RFC 8216).
import { existsSync, readFileSync, watch } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { Journal } from './journal.js';
import { PACKET } from './ts.js';

/** One segment as a playlist names it. */
export interface Listed {
  readonly name: string;
  /** Seconds. */
  readonly duration: number;
  readonly discontinuity: boolean;
  /** Milliseconds. */
  readonly date: number;
}

/** One version of a playlist. */
export interface Version {
  readonly text: string;
  readonly target: number;
  readonly sequence: number;
  readonly discontinuitySequence: number;
  readonly segments: readonly Listed[];
  readonly ended: boolean;
}

/** Reads a version; every line must be one that belongs there. */
export function parseVersion(text: string): Version {
  const lines = text.split('\n');
  expect(lines[0]).toBe('#EXTM3U');
  expect(lines.pop()).toBe('');
  const numbers = new Map<string, number>();
  const segments: Listed[] = [];
  let [duration, discontinuity, date, ended] = [Number.NaN, false, Number.NaN, false];
  for (const line of lines.slice(1)) {
    expect(ended).toBe(false);
    const number = /^#EXT-X-(VERSION|TARGETDURATION|MEDIA-SEQUENCE|DISCONTINUITY-SEQUENCE):(\d+)$/.exec(line);
    if (number !== null) {
      expect(segments).toEqual([]);
      expect(numbers.has(number[1]!)).toBe(false);
      numbers.set(number[1]!, Number(number[2]));
    } else if (line === '#EXT-X-DISCONTINUITY') discontinuity = true;
    else if (line === '#EXT-X-ENDLIST') ended = true;
    else if (line.startsWith('#EXT-X-PROGRAM-DATE-TIME:')) date = Date.parse(line.slice(25));
    else if (line.startsWith('#EXTINF:')) duration = Number(/^#EXTINF:(\d+\.\d{3}),$/.exec(line)?.[1]);
    else {
      expect(line).toMatch(/^[\w-]+\.ts$/);
      expect([duration, date]).not.toContain(Number.NaN);
      segments.push({ name: line, duration, discontinuity, date });
      [duration, discontinuity, date] = [Number.NaN, false, Number.NaN];
    }
  }
  expect(numbers.get('VERSION')).toBe(3);
  const target = numbers.get('TARGETDURATION') ?? 0;
  expect(target).toBeGreaterThan(0);
  // 4.3.3.1: rounded to the nearest integer, none is longer.
  for (const segment of segments) expect(Math.round(segment.duration)).toBeLessThanOrEqual(target);
  return {
    ...{ text, target, segments, ended },
    sequence: numbers.get('MEDIA-SEQUENCE') ?? 0,
    discontinuitySequence: numbers.get('DISCONTINUITY-SEQUENCE') ?? 0,
  };
}

/** Every version of a playlist, from now on. */
export class WatchedPlaylist {
  readonly versions = new Journal<Version>();
  /** Bytes of every segment that was ever listed, in their order. */
  readonly files = new Map<string, Buffer>();
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
    const watcher = watch(dirname(path), (_, name) => {
      if (name === basename(path)) this.look();
    });
    onTestFinished(() => watcher.close());
    this.look();
  }

  /** Looks at it now. */
  look(): void {
    if (!existsSync(this.#path)) return;
    const text = readFileSync(this.#path, 'utf8');
    if (text === this.versions.items.at(-1)?.text) return;
    const version = parseVersion(text);
    for (const { name } of version.segments) {
      const path = join(dirname(this.#path), name);
      // Whoever reads the playlist finds all that it names, whole.
      expect(existsSync(path)).toBe(true);
      const bytes = readFileSync(path);
      expect(bytes.equals(this.files.get(name) ?? bytes)).toBe(true);
      this.files.set(name, bytes);
    }
    this.versions.push(version);
  }

  /** The last version. */
  get last(): Version {
    const version = this.versions.items.at(-1);
    if (version === undefined) throw new Error('There is no playlist');
    return version;
  }

  /** All that was ever published. */
  get bytes(): Buffer {
    return Buffer.concat([...this.files.values()]);
  }

  /** Each version may follow from the one before, and each segment is one (6.2.1, 6.2.2, 3.2). */
  expectStrict(): void {
    const { items } = this.versions;
    for (const [i, version] of items.entries()) {
      const { segments, target, sequence } = version;
      for (const [at, segment] of segments.entries()) {
        const next = segments[at + 1];
        if (next === undefined || next.discontinuity) continue;
        expect(Math.abs(next.date - segment.date - segment.duration * 1000)).toBeLessThanOrEqual(12);
      }
      const before = items[i - 1];
      if (before === undefined) continue;
      expect(before.ended).toBe(false);
      expect(target).toBe(before.target);
      const gone = sequence - before.sequence;
      expect(gone).toBeGreaterThanOrEqual(0);
      expect(segments.slice(0, before.segments.length - gone)).toEqual(before.segments.slice(gone));
      const lost = before.segments.slice(0, gone);
      expect(version.discontinuitySequence - before.discontinuitySequence).toBe(
        lost.filter(({ discontinuity }) => discontinuity).length,
      );
      const duration = segments.reduce((sum, one) => sum + one.duration, 0);
      if (gone > 0) expect(duration).toBeGreaterThanOrEqual(3 * target);
    }
    for (const bytes of this.files.values()) {
      expect(bytes.byteLength % PACKET).toBe(0);
      const pids = [0, PACKET].map((at) => bytes.readUInt16BE(at + 1) & 0x1fff);
      // PAT, then the PMT that it names.
      expect(pids).toEqual([0, bytes.readUInt16BE(15) & 0x1fff]);
    }
  }
}
