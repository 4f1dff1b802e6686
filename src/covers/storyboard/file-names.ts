// The names of the files of a storyboard.

/** The kind of file that a sheet is. */
export type SheetFormat = 'jpeg' | 'webp';

/** WebVTT: a cue for each picture. */
export const VTT_FILE = 'storyboard.vtt';
/** JSON in the shape that Mux gives it. */
export const JSON_FILE = 'storyboard.json';
/** An HLS image media playlist. */
export const HLS_FILE = 'storyboard.m3u8';
/** Roku's archive of small images. */
export const BIF_FILE = 'storyboard.bif';

const ENDINGS: Readonly<Record<SheetFormat, string>> = { jpeg: 'jpg', webp: 'webp' };

/** The name of a sheet, counted from 1. */
export function sheetFile(number: number, format: SheetFormat): string {
  return `sheet-${String(number).padStart(3, '0')}.${ENDINGS[format]}`;
}
