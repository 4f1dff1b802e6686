// What a frames job tells its consumer, whoever decodes: the layout once, then facts about each picture.
import type { PictureLayout } from '../pixels/index.js';
import type { Chosen } from './choose.js';
import type { FrameFacts, FramesParams } from './selection.js';

/** The one event of a frames job: how the frames that follow are laid out. */
export interface LayoutEvent {
  readonly layout: PictureLayout;
}

/** What the consumer is told about a chosen picture. */
export function factsOf(
  { picture, time, duration, index }: Chosen<{ readonly keyframe: boolean; readonly damaged: boolean }>,
  { selection }: FramesParams,
): FrameFacts {
  const place = selection.kind === 'times' ? (selection.places[index] ?? index) : index;
  return { pts: time, duration, keyframe: picture.keyframe, damaged: picture.damaged, index: place };
}

/** Whether an event of a job says how its frames are laid out. */
export function isLayout(payload: unknown): payload is LayoutEvent {
  return typeof payload === 'object' && payload !== null && 'layout' in payload;
}
