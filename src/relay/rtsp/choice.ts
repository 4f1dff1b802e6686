// Which streams of a description are relayed: the first video and the first sound that can be carried.
import { carriageOf, formatName, type Carriage } from './carriage.js';
import { aggregateOf, controlOf } from './control.js';
import type { MediaFormat, SessionDescription } from './sdp.js';

/** A stream that is asked for. */
export interface ChosenStream {
  readonly carriage: Carriage;
  readonly format: MediaFormat;
  /** What it is set up by. */
  readonly url: string;
}

/** What is asked for. */
export interface Choice {
  /** What all of it is played by. */
  readonly url: string;
  readonly streams: readonly ChosenStream[];
  /** What is left out and why: ends of sentences such as `the audio: G722 cannot be carried`. */
  readonly leftOut: readonly string[];
}

/** Chooses. @param base - what addresses in the description are relative to */
export function choose(description: SessionDescription, base: string): Choice {
  const url = aggregateOf(base, description.control);
  const streams: ChosenStream[] = [];
  const leftOut: string[] = [];
  for (const media of description.media) {
    const { kind, formats, receives, control } = media;
    // What wants to be spoken to, and what is no picture and no sound, is no loss to anybody.
    if (receives || (kind !== 'video' && kind !== 'audio')) continue;
    const reasons: string[] = [];
    let chosen: ChosenStream | undefined;
    for (const format of formats) {
      const carriage = carriageOf(media, format);
      if (typeof carriage === 'string') reasons.push(`${formatName(format)} ${carriage}`);
      else chosen ??= { carriage, format, url: controlOf(base, url, control) };
    }
    if (chosen === undefined) leftOut.push(`the ${kind}: ${reasons[0] ?? 'it has no format'}`);
    else if (streams.some(({ carriage }) => carriage.kind === kind))
      leftOut.push(`another ${kind}: one is relayed, which is ahead of it`);
    else streams.push(chosen);
  }
  return { url, streams, leftOut };
}
