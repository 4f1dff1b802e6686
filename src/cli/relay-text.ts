// What happens in a relay and how it stands, for people.
import { sep } from 'node:path';
import { formatBytes, formatClock } from '../base/index.js';
import {
  codecTitle,
  type DestinationStatus,
  type OriginState,
  type RelayEvent,
  type RelayStatus,
  type TrackStatus,
} from '../relay/index.js';

/** One line about an event; undefined for what the lines of the status show anyway. */
export function eventText(event: RelayEvent): string | undefined {
  // Files are absolute in events; people read them as they would type them.
  const text = describe(event)?.replaceAll(`${process.cwd()}${sep}`, '');
  return text === undefined ? undefined : `${`${event.sinceStartMs.toFixed(1)} ms`.padStart(12)}  ${text}`;
}

function describe(event: RelayEvent): string | undefined {
  switch (event.event) {
    case 'origin':
      return `${event.origin} answered`;
    case 'originLost':
      return lost(event.error?.message ?? `${event.origin} ended`, event.retryInMs);
    case 'switch':
      return `${event.to} goes on for ${event.from}: ${event.reason}, ${event.gapMs.toFixed(0)} ms without media`;
    case 'ready':
      return `ready: ${readyText(event)}`;
    case 'stream':
      return `${event.late ? 'late' : 'changed'} ${event.kind} stream: ${codecTitle(event.codec ?? 'unknown')}`;
    case 'connected':
      return `${whom(event)} accepted`;
    case 'started':
      return `${whom(event)} gets its first tag`;
    case 'picture':
      return `${whom(event)} gets its first picture`;
    case 'lost':
      return `destination ${String(event.id)}: ${lost(event.error.message, event.retryInMs)}`;
    case 'state':
      return event.state === 'slow' ? `${whom(event)} is slow: it is taken back to the next keyframe` : undefined;
    case 'warning': {
      const about = event.id === undefined ? event.origin : `destination ${String(event.id)}`;
      return about === undefined ? event.message : `${about}: ${event.message}`;
    }
    case 'recorded':
      return `recorded ${event.file}`;
    case 'recordingLost':
      return `recording: ${lost(event.error.message, event.retryInMs)}`;
    case 'end':
      return event.error === null ? 'the relay is over' : undefined;
  }
}

/** What is given beside a stream that is alone is said apart from it. */
function readyText({ reason, audio, video, silence }: Extract<RelayEvent, { event: 'ready' }>): string {
  const alone = reason === 'video alone' ? video : reason === 'audio alone' ? audio : null;
  const named = [video, audio].filter((codec) => codec !== null).map(codecTitle);
  if (alone === null || named.length < 2) return `${reason} (${named.join(', ')})`;
  const other = codecTitle((alone === video ? audio : video) ?? 'unknown');
  return `${reason} (${codecTitle(alone)}), ${silence ? `beside silence (${other})` : `ahead of ${other}`}`;
}

/** Keys are hidden, so two destinations at one server differ by their numbers alone. */
function whom({ id, destination }: { readonly id: number; readonly destination: string }): string {
  return `destination ${String(id)}, ${destination},`;
}

function lost(why: string, retryInMs: number | null): string {
  const next = retryInMs === null ? 'given up' : `next attempt in ${(retryInMs / 1000).toFixed(1)} s`;
  return `${why} (${next})`;
}

/** What people call it; an origin that is dialled and one that is listened for are both waited for. */
const ORIGIN_STATES: Readonly<Record<OriginState, string>> = {
  ...{ active: 'live', standby: 'standby', dialling: 'awaited', waiting: 'lost' },
  ...{ failed: 'failed', idle: 'idle', ended: 'over' },
};

/** How a relay stands: one line for each origin, one for each destination. */
export function statusLines({ origins, feed, destinations, recording }: RelayStatus): string[] {
  const isKnown = feed.video !== null || feed.audio !== null;
  // What matters most first: a narrow terminal cuts the rest.
  const facts = [
    formatClock(feed.mediaSeconds),
    track('video', feed.video, feed.size),
    track('audio', feed.audio, null),
    ...(feed.gopSeconds === null ? [] : [`GOP ${feed.gopSeconds.toFixed(1)} s`]),
    `drift ${feed.driftSeconds.toFixed(2)} s`,
    ...(feed.avDriftSeconds === null ? [] : [`A/V ${feed.avDriftSeconds.toFixed(2)} s`]),
  ].filter((fact) => fact !== '');
  // Who feeds it, or may next: what is known of the stream stands beside one of them.
  const fed = Math.max(
    0,
    origins.findIndex(({ state }) => state === 'active'),
  );
  return [
    ...origins.map(({ state, address }, i) => {
      const name = i === 0 ? 'origin' : '      ';
      return [name, ORIGIN_STATES[state], address, ...(isKnown && i === fed ? facts : [])].join('  ');
    }),
    ...destinations.map((one) => `${String(one.id).padStart(6)}  ${destination(one)}`),
    ...(recording === null ? [] : [`record  ${recording.state}  ${recording.file}`]),
  ];
}

function track(name: string, status: TrackStatus | null, size: readonly [number, number] | null): string {
  if (status === null) return '';
  const shape = size === null ? '' : ` ${size.join('x')}`;
  const rate = name === 'video' ? ` ${status.tagsPerSecond.toFixed(1)} fps` : '';
  return `${codecTitle(status.codec)}${shape} ${(status.bitsPerSecond / 1000).toFixed(0)} kb/s${rate}`;
}

function destination({ state, address, tags, bytes, dropped, queuedBytes, connections }: DestinationStatus): string {
  const facts = [
    `${String(tags)} tags`,
    formatBytes(bytes),
    ...(queuedBytes > 0 ? [`${formatBytes(queuedBytes)} wait`] : []),
    ...(dropped > 0 ? [`${String(dropped)} dropped`] : []),
    ...(connections > 1 ? [`connection ${String(connections)}`] : []),
  ];
  return `${state}  ${address}  ${facts.join('  ')}`;
}
