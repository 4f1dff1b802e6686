// What is known about a file, for people and programs, and what is wrong with it.
import type { StreamInfo, VideoStreamInfo } from '../av/index.js';
import type { PacketScan, ProbeResult } from './probe-job.js';

/** What is known about an input. */
export interface MediaInfo {
  /** The name that the input was opened by. */
  readonly name: string;
  /** FFmpeg's name of the container. */
  readonly container: string;
  /** Seconds; undefined when the container does not say. */
  readonly duration: number | undefined;
  /** The container's first timestamp, in seconds; all times of frames count from it. */
  readonly startTime: number;
  /** All streams, in the order of the file. */
  readonly streams: readonly StreamInfo[];
  /** The stream that frames come from. */
  readonly video: VideoStreamInfo;
  /** The decoder that runs for it. */
  readonly decoder: string;
  /** What its packets say; undefined unless a full probe was asked for. */
  readonly scan: PacketScan | undefined;
  /** What is wrong with the file, in sentences; empty when nothing was found. */
  readonly problems: readonly string[];
}

/** Seconds that the header may differ from the packets without a word. */
const DURATION_TOLERANCE = 0.5;

/** Makes the report from what a probe job returned. */
export function toMediaInfo(name: string, result: ProbeResult): MediaInfo {
  const { container, duration, startTime, streams, decoder, scan } = result;
  const video = streams.find(
    (stream): stream is VideoStreamInfo => stream.index === result.videoIndex && stream.kind === 'video',
  );
  if (video === undefined) throw new TypeError('A probe without its video stream.');
  return { name, container, duration, startTime, streams, video, decoder, scan, problems: findProblems(result, video) };
}

function findProblems({ scan, duration, log }: ProbeResult, video: VideoStreamInfo): string[] {
  const problems: string[] = [];
  if (scan !== undefined) {
    if (scan.stoppedBy !== undefined) problems.push(`The file breaks off: ${scan.stoppedBy}`);
    if (scan.packets === 0) problems.push('The video stream has no packets.');
    if (scan.corruptPackets > 0) problems.push(`${String(scan.corruptPackets)} video packets are marked as damaged.`);
    const expected = video.duration ?? duration;
    if (scan.end !== undefined && expected !== undefined && Math.abs(expected - scan.end) > DURATION_TOLERANCE)
      problems.push(`The header says ${expected.toFixed(2)} s but the video ends at ${scan.end.toFixed(2)} s.`);
    if (video.frameCount !== undefined && video.frameCount !== scan.packets)
      problems.push(
        `The header says ${String(video.frameCount)} frames but there are ${String(scan.packets)} packets.`,
      );
    const first = scan.keyframes[0];
    if (scan.packets > 0 && first === undefined) problems.push('There is no keyframe.');
    else if (first !== undefined && first > DURATION_TOLERANCE)
      problems.push(`The first keyframe comes only at ${first.toFixed(2)} s.`);
  }
  for (const line of log) problems.push(`FFmpeg ${line.level === 'error' ? 'reports' : 'warns'}: ${line.text}`);
  return problems;
}
