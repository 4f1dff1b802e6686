// The job behind `open()` and `framerail probe`: what the headers say, and on request what every packet says.
import { MediaInputHandle, takeLog, VideoDecoder, withLog, type LogLine, type StreamInfo } from '../av/index.js';
import { isFramerailError } from '../base/index.js';
import type { JobContext } from '../workers/index.js';

/** What is asked of a probe. */
export interface ProbeParams {
  /** Read every packet of the video stream, to count frames and keyframes and to find damage. */
  readonly scan: boolean;
  /** The number of the video stream; null for the one that ffmpeg picks. */
  readonly stream: number | null;
}

/** What the packets of the video stream say; nothing is decoded for it. */
export interface PacketScan {
  /** Packets, which for most codecs are frames. */
  readonly packets: number;
  /** Times of the keyframes, in seconds. */
  readonly keyframes: readonly number[];
  /** Packets that the demuxer marks as damaged. */
  readonly corruptPackets: number;
  /** The end of the last packet, in seconds; undefined when no packet carries a time. */
  readonly end: number | undefined;
  /** Why reading stopped before the end; undefined when it did not. */
  readonly stoppedBy: string | undefined;
}

/** What a probe returns. */
export interface ProbeResult {
  readonly container: string;
  readonly duration: number | undefined;
  readonly startTime: number;
  readonly streams: readonly StreamInfo[];
  /** The number of the video stream that frames come from. */
  readonly videoIndex: number;
  /** The decoder that would run. */
  readonly decoder: string;
  readonly scan: PacketScan | undefined;
  /** What FFmpeg said meanwhile. */
  readonly log: readonly LogLine[];
}

/** Runs the job. */
export default async function probeJob(rawParams: unknown, context: JobContext): Promise<ProbeResult> {
  const params = rawParams as ProbeParams;
  return withLog(async () => {
    const input = await MediaInputHandle.open(context.source, {
      readBlock: context.readBlock,
      ...(params.scan ? { analyse: 'always' as const } : {}),
    });
    try {
      const video = input.selectVideo(params.stream ?? undefined);
      const decoder = VideoDecoder.open(input, { threads: 1 });
      decoder.close();
      const scan = params.scan ? await scanPackets(input, context) : undefined;
      const { container, duration, startTime, streams } = input;
      return {
        container,
        duration,
        startTime,
        streams,
        videoIndex: video.index,
        decoder: decoder.name,
        scan,
        log: await takeLog(),
      };
    } finally {
      input.close();
    }
  });
}

async function scanPackets(input: MediaInputHandle, context: JobContext): Promise<PacketScan> {
  const keyframes: number[] = [];
  let packets = 0;
  let corruptPackets = 0;
  let end: number | undefined;
  let stoppedBy: string | undefined;
  for (;;) {
    await context.breathe();
    try {
      const packet = await input.readPacket();
      if (packet === undefined) break;
      packets += 1;
      if (packet.corrupt) corruptPackets += 1;
      if (packet.time === undefined) continue;
      if (packet.keyframe) keyframes.push(packet.time);
      end = Math.max(end ?? 0, packet.time + packet.duration);
    } catch (error) {
      // A file that breaks off is a finding of the probe, not its failure.
      if (!isFramerailError(error) || error.code !== 'FR_INPUT_READ') throw error;
      stoppedBy = error.message;
      break;
    }
  }
  return { packets, keyframes, corruptPackets, end, stoppedBy };
}
