// The files that tell players which part of which sheet belongs to which time. Text out of facts, nothing else.
import { HLS_FILE } from './file-names.js';
import type { StoryboardFacts, StoryboardTile } from './storyboard-params.js';

/** A picture and the milliseconds in which it is shown. */
interface Cue {
  readonly from: number;
  readonly to: number;
  readonly tile: StoryboardTile;
}

/** Each picture from its own time to that of the next one; together they cover the video without a gap. */
function cuesOf({ tiles, duration }: StoryboardFacts): Cue[] {
  const starts = [...tiles.map(({ start }) => milliseconds(start)), milliseconds(duration)];
  const cues = tiles.map((tile, i) => ({ from: starts[i] ?? 0, to: starts[i + 1] ?? 0, tile }));
  // WebVTT counts in milliseconds and has no cue without a length.
  return cues.filter(({ from, to }) => to > from);
}

function milliseconds(seconds: number): number {
  return Math.round(seconds * 1000);
}

/**
 * WebVTT whose cues are addresses of sheets with a spatial media fragment (`#xywh=`), as the thumbnail plugins of
 * players read it.
 * @param prefix - what comes before the name of a sheet
 */
export function webVtt(facts: StoryboardFacts, prefix: string): string {
  const { sheets, tileWidth, tileHeight } = facts;
  const cues = cuesOf(facts).map(({ from, to, tile: { sheet, x, y } }) => {
    const place = [x, y, tileWidth, tileHeight].join(',');
    return `${vttTime(from)} --> ${vttTime(to)}\n${prefix}${sheets[sheet]?.file ?? ''}#xywh=${place}\n`;
  });
  return ['WEBVTT\n', ...cues].join('\n');
}

/** `01:02:03.004`. */
function vttTime(time: number): string {
  const [hours, minutes, seconds] = [Math.floor(time / 3_600_000), Math.floor(time / 60_000) % 60, time % 60_000];
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${two(hours)}:${two(minutes)}:${(seconds / 1000).toFixed(3).padStart(6, '0')}`;
}

/**
 * JSON in the shape that Mux gives its storyboards (`url`, `tile_width`, `tile_height`, `duration`, `tiles` with `start`,
 * `x` and `y`), and more: Mux has one sheet, here each tile names its own.
 */
export function jsonIndex(facts: StoryboardFacts, prefix: string, hlsLine: string | undefined): string {
  const { tileWidth, tileHeight, every, duration, sheets } = facts;
  const url = (sheet: number): string => `${prefix}${sheets[sheet]?.file ?? ''}`;
  const index = {
    url: url(0),
    tile_width: tileWidth,
    tile_height: tileHeight,
    duration: milliseconds(duration) / 1000,
    tiles: cuesOf(facts).map(({ from, tile: { x, y, sheet, pts, damaged } }) => ({
      ...{ start: from / 1000, x, y, sheet },
      ...{ pts: Math.round(pts * 1e6) / 1e6, ...(damaged ? { damaged } : {}) },
    })),
    every,
    sheets: sheets.map(({ width, height, columns, rows, cells, bytes }, i) => ({
      ...{ url: url(i), width, height, columns, rows, cells, bytes },
    })),
    ...(hlsLine === undefined ? {} : { hls: { url: `${prefix}${HLS_FILE}`, line: hlsLine } }),
  };
  return `${JSON.stringify(index)}\n`;
}

/**
 * An HLS image media playlist by the Image Media Playlist specification 0.4 (Disney and WarnerMedia, which Roku, Shaka
 * Player and hls.js plugins read): every cell of a sheet is shown for the same time, row by row.
 */
export function imagePlaylist(
  { sheets, every, duration, tileWidth, tileHeight }: StoryboardFacts,
  prefix: string,
): string {
  const lengths = sheetLengths({ sheets, every, duration });
  const segments = sheets.flatMap(({ file, columns, rows }, i) => [
    `#EXTINF:${(lengths[i] ?? 0).toFixed(3)},`,
    `#EXT-X-TILES:RESOLUTION=${String(tileWidth)}x${String(tileHeight)},LAYOUT=${String(columns)}x${String(rows)},DURATION=${every.toFixed(3)}`,
    `${prefix}${file}`,
  ]);
  return [
    ...['#EXTM3U', '#EXT-X-VERSION:7', `#EXT-X-TARGETDURATION:${String(Math.ceil(Math.max(1, ...lengths)))}`],
    ...['#EXT-X-MEDIA-SEQUENCE:0', '#EXT-X-PLAYLIST-TYPE:VOD', '#EXT-X-IMAGES-ONLY', ...segments, '#EXT-X-ENDLIST', ''],
  ].join('\n');
}

/** The line that the multivariant playlist of the video gets; its RESOLUTION is that of one tile. */
export function imageStreamLine(facts: StoryboardFacts, prefix: string, format: 'jpeg' | 'webp'): string {
  const lengths = sheetLengths(facts);
  const rates = facts.sheets.map(({ bytes }, i) => (bytes * 8) / Math.max(0.001, lengths[i] ?? 0));
  const resolution = `${String(facts.tileWidth)}x${String(facts.tileHeight)}`;
  return `#EXT-X-IMAGE-STREAM-INF:BANDWIDTH=${String(Math.ceil(Math.max(...rates)))},RESOLUTION=${resolution},CODECS="${format}",URI="${prefix}${HLS_FILE}"`;
}

/** Seconds that each sheet is for. */
function sheetLengths({ sheets, every, duration }: Pick<StoryboardFacts, 'sheets' | 'every' | 'duration'>): number[] {
  let from = 0;
  return sheets.map(({ cells }) => {
    const length = Math.max(0.001, Math.min(cells * every, duration - from));
    from += cells * every;
    return length;
  });
}
