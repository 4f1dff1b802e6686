// What `framerail covers` says: how far it is, what failed, and how it went.
import { formatBytes } from '../base/index.js';
import type { BatchProgress, BatchSummary, FailedCover } from '../covers/index.js';

const BAR = 24;

/** One line with a bar, for a terminal. @param columns - of the terminal */
export function progressBar(progress: BatchProgress, columns: number): string {
  const { settled, total } = progress;
  const share = total === null || total === 0 ? undefined : Math.min(1, settled / total);
  if (share === undefined || columns < 60) return progressText(progress);
  const full = Math.round(share * BAR);
  return `${'█'.repeat(full)}${'░'.repeat(BAR - full)} ${(share * 100).toFixed(0).padStart(3)} %  ${progressText(progress)}`;
}

/** The same in words. */
export function progressText({ settled, total, made, kept, failed, rate, remaining }: BatchProgress): string {
  return [
    total === null ? `${count(settled)} done` : `${count(settled)} of ${count(Math.max(total, settled))}`,
    ...(kept > 0 ? [`${count(kept)} kept`] : []),
    ...(failed > 0 ? [`${count(failed)} failed`] : []),
    ...(made > 0 ? [`${rate.toFixed(rate < 10 ? 1 : 0)}/s`] : []),
    ...(remaining === null || settled === total ? [] : [`${duration(remaining)} left`]),
  ].join(', ');
}

/** How it went, line by line. */
export function summaryLines(summary: BatchSummary, out: string, utilisation: number): string[] {
  const { made, kept, failed, passedOver, files, bytes, elapsedMs, rate, failures, stages } = summary;
  const each = (ms: number): string => (made === 0 ? '0' : (ms / made).toFixed(1));
  const time =
    made === 0
      ? []
      : [
          `Each took ${each(stages.total)} ms: ${each(stages.open + stages.seek)} finding, ${each(stages.decode)} decoding, ${each(stages.analyse)} judging, ${each(stages.scale)} scaling, ${each(stages.encode)} encoding. Workers had work for ${(100 * utilisation).toFixed(0)} % of their time.`,
        ];
  const codes = Object.entries(failures).map(([code, number]) => `${code} ${count(number)}`);
  return [
    [
      `${count(made)} made`,
      ...(kept > 0 ? [`${count(kept)} kept from before`] : []),
      ...(passedOver > 0 ? [`${count(passedOver)} passed over`] : []),
      `${count(failed)} failed`,
    ].join(', ') +
      ` in ${duration(elapsedMs / 1000)}${made > 0 ? `, ${rate.toFixed(rate < 10 ? 1 : 0)} a second` : ''}.`,
    ...(made > 0 ? [`${count(files)} ${files === 1 ? 'file' : 'files'} of ${formatBytes(bytes)} in ${out}.`] : []),
    ...time,
    ...(failed > 0 ? [`Failed: ${codes.join(', ')}.`] : []),
  ];
}

/** A failure in one line. */
export function failureLine({ code, message }: FailedCover): string {
  return `${message} (${code})`;
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}

function duration(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${String(whole)} s`;
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  const rest = String(whole % 60).padStart(2, '0');
  return hours > 0 ? `${String(hours)}:${String(minutes).padStart(2, '0')}:${rest}` : `${String(minutes)}:${rest}`;
}
