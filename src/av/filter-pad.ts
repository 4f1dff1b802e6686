// The open end of a filter graph that is written as text.
import { FilterInOut, type FilterContext } from 'node-av/lib';

/** Names the first pad of a filter, so that the text can be joined to it; `parsePtr` of the graph takes it over. */
export function filterPad(name: string, filter: FilterContext): FilterInOut {
  const pad = new FilterInOut();
  pad.alloc();
  pad.name = name;
  pad.filterCtx = filter;
  pad.padIdx = 0;
  return pad;
}
