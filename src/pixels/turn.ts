// How a stored picture is brought upright, in FFmpeg's own words.
import type { Orientation, Rect } from './geometry.js';

/** What is done to a stored picture: cut, then mirrored and turned. */
export interface Turn {
  readonly crop?: Rect | undefined;
  readonly orientation: Orientation;
}

/** Whether there is anything to do at all. */
export function needsTurn(turn: Turn): boolean {
  return turn.crop !== undefined || turn.orientation.turn !== 0 || turn.orientation.mirror;
}

/** The filters for a turn, in FFmpeg's spelling. */
export function turnFilters({ crop, orientation }: Turn): string {
  const filters: string[] = [];
  if (crop !== undefined)
    filters.push(`crop=${[crop.width, crop.height, crop.x, crop.y].map(String).join(':')}:exact=1`);
  if (orientation.mirror) filters.push('hflip');
  if (orientation.turn === 90) filters.push('transpose=clock');
  if (orientation.turn === 180) filters.push('hflip', 'vflip');
  if (orientation.turn === 270) filters.push('transpose=cclock');
  return filters.join(',');
}
