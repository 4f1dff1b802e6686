// What each EXIF orientation says: how the stored picture is mirrored, then turned clockwise.
import type { Turn } from './patches.js';

/** From orientation 1 on. */
export const exifTurns: readonly Turn[] = [
  { turn: 0, mirror: false },
  { turn: 0, mirror: true },
  { turn: 180, mirror: false },
  { turn: 180, mirror: true },
  { turn: 270, mirror: true },
  { turn: 90, mirror: false },
  { turn: 90, mirror: true },
  { turn: 270, mirror: false },
];
