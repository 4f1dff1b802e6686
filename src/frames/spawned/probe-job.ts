// The job behind `open()` and `probe()` where commands run: what ffprobe says of the headers, and of every packet.
import { pickVideo } from '../../sources/index.js';
import { CommandSession, LineCutter } from '../../spawned/index.js';
import type { JobContext } from '../../workers/index.js';
import type { PacketScan, ProbeParams, ProbeResult } from '../probe-job.js';
import { decoderOf, readHeaders, type Headers } from './headers.js';

/** Runs the job. */
export default async function spawnedProbeJob(rawParams: unknown, context: JobContext): Promise<ProbeResult> {
  const params = rawParams as ProbeParams;
  const session = await CommandSession.open(context);
  try {
    const { name } = session.source;
    const headers = await readHeaders(session);
    const video = pickVideo(name, headers.streams, params.stream ?? undefined);
    const decoder = decoderOf(name, video);
    const { container, duration, startTime, streams } = headers;
    const found = params.scan ? await scanPackets(session, headers, video.index) : undefined;
    return {
      container,
      duration,
      startTime,
      streams,
      videoIndex: video.index,
      decoder,
      scan: found?.scan,
      log: [...headers.log, ...(found?.log ?? [])],
    };
  } catch (error) {
    // Killed by a cancellation, a command looks as if it had failed.
    await context.breathe();
    throw error;
  } finally {
    await session.close();
  }
}

async function scanPackets(
  session: CommandSession,
  { ticks, startTime, untimed, log: said }: Headers,
  index: number,
): Promise<{ scan: PacketScan; log: ProbeResult['log'] }> {
  const tick = ticks.get(index) ?? 0;
  const entries = 'packet=pts,duration,flags';
  const keyframes: number[] = [];
  let [packets, corruptPackets] = [0, 0];
  let end: number | undefined;
  const hear = (row: string): void => {
    const fact = (name: string): string => new RegExp(`(?:^|\\|)${name}=([^|]*)`).exec(row)?.[1] ?? '';
    const flags = fact('flags');
    if (flags === '') return;
    const duration = number(fact('duration')) * tick || 0;
    const pts = number(fact('pts'));
    packets += 1;
    if (flags.includes('C')) corruptPackets += 1;
    const time = Number.isNaN(pts) ? (untimed ? duration * (packets - 1) : undefined) : pts * tick - startTime;
    if (time === undefined) return;
    if (flags.includes('K')) keyframes.push(time);
    end = Math.max(end ?? 0, time + duration);
  };
  const show = ['-select_streams', String(index), '-show_entries', entries, '-of', 'compact=p=0'];
  const probe = session.start({
    command: 'ffprobe',
    args: ['-loglevel', 'level+warning', '-hide_banner', ...show, ...session.inputArgs],
  });
  const rows = new LineCutter(hear);
  await probe.during(
    probe.out.take(Number.POSITIVE_INFINITY, (bytes) => {
      rows.push(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1'));
    }),
  );
  rows.end();
  const ended = await probe.end();
  session.rethrow();
  // What was said of the headers is said again.
  const log = probe.log.lines.filter(({ text }) => !said.some((line) => line.text === text));
  const stoppedBy = ended?.code === 0 ? undefined : (probe.log.firstError ?? 'ffprobe stopped before the end');
  return { scan: { packets, keyframes, corruptPackets, end, stoppedBy }, log };
}

function number(text: string): number {
  return text === '' || text === 'N/A' ? Number.NaN : Number(text);
}
