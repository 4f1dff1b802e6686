// The job behind `processVideo`: decodes, lets JavaScript change what it likes, encodes and writes. Runs in a worker.
import {
  checkFilterNames,
  contextCounts,
  HardwareDecoder,
  MediaInputHandle,
  takeLog,
  withLog,
} from '../../av/index.js';
import type { JobContext } from '../../workers/index.js';
import { Lateness } from '../lateness.js';
import { Walker } from '../walker.js';
import { ProcessOutput } from './process-output.js';
import type { ProcessJobResult, ProcessParams } from './process-params.js';
import { PictureSource } from './picture-source.js';
import { ProcessWork } from './process-work.js';

/** Runs the job. */
export default async function processJob(rawParams: unknown, context: JobContext): Promise<ProcessJobResult> {
  const params = rawParams as ProcessParams;
  return withLog(async () => {
    const { output, filters, filterTrust } = params;
    if (filters !== null) checkFilterNames(filters, filterTrust);
    const beside = output !== null && (params.audio !== 'none' || params.subtitles !== 'none');
    const input = await MediaInputHandle.open(context.source, {
      readBlock: context.readBlock,
      ...(beside ? { analyse: 'sound' as const } : {}),
    });
    try {
      const stream = input.selectVideo(params.stream ?? undefined);
      const decoder = HardwareDecoder.open(input, params.decoder, { threads: params.threads });
      const lateness = params.maxDelay === null ? undefined : new Lateness(params.maxDelay / 1000);
      const walker = new Walker(input, decoder, { keyframesOnly: false, breathe: () => context.breathe(), lateness });
      const source = new PictureSource(walker, input, stream, params);
      const target = output === null ? undefined : new ProcessOutput({ input, stream, params, context, output });
      try {
        const work = new ProcessWork({ input, stream, source, output: target, params, context });
        const counts = await work.run();
        const { damagedPackets, name } = decoder;
        return {
          ...counts,
          decoded: walker.decoded,
          late: lateness?.skipped ?? 0,
          damagedFrames: source.damaged,
          damagedPackets,
          decoder: name,
          decoding: decoder.report,
          encoder: target?.encoder,
          container: target?.container,
          bytes: target?.bytes ?? 0,
          streams: target?.streams ?? [],
          contexts: contextCounts(),
          log: [...(await takeLog()), ...brokenOff(input)],
        };
      } finally {
        target?.close();
        source.close();
        walker.close();
        decoder.close();
      }
    } finally {
      input.close();
    }
  });
}

function brokenOff({ name, brokenBy }: MediaInputHandle): ProcessJobResult['log'] {
  return brokenBy === undefined ? [] : [{ level: 'warning', text: `${name} ended: ${brokenBy}` }];
}
