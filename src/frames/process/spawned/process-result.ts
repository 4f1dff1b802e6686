// What both ways of processing on commands tell in the end.
import type { Headers } from '../../spawned/headers.js';
import type { ProcessJobResult, ProcessParams, StreamReport } from '../process-params.js';
import type { ProcessStart } from './process-start.js';

/** What becomes of a wish to change a running encode. */
export const NOT_CHANGED: ProcessJobResult['log'][number] = {
  level: 'warning',
  text: 'The running encode was not changed: an ffmpeg command keeps the settings that it was started with.',
};

const NO_HARDWARE = 'The backend spawn decodes in software.';

/** Seconds that will be processed; undefined when nobody knows. */
export function expectedDuration({ from, to }: ProcessParams, { duration }: Headers): number | undefined {
  const end = to ?? duration;
  return end === undefined ? undefined : Math.max(0, Math.min(end, duration ?? end) - from);
}

/** The result, with what became of each stream. */
export function jobResult(
  { stream, output, params }: ProcessStart,
  facts: Omit<ProcessJobResult, 'streams' | 'container' | 'damagedFrames' | 'decoding' | 'contexts'>,
): ProcessJobResult {
  const { index, kind, codec } = stream;
  const video: StreamReport = { index, kind, codec, action: 'encode', why: facts.encoder?.why };
  const streams = output === undefined ? [] : [video, ...output.beside.reports].sort((a, b) => a.index - b.index);
  const asked = params.decoder;
  const attempts = asked === 'software' || asked === 'auto' ? [] : [{ name: asked, reason: NO_HARDWARE }];
  const decoding = { requested: asked, backend: 'software' as const, attempts };
  return { ...facts, decoding, contexts: {}, damagedFrames: 0, container: output?.container, streams };
}
