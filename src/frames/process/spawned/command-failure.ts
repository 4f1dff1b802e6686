// What the last words of an ffmpeg mean, as a typed error.
import { FramerailError, outputError } from '../../../base/index.js';
import type { CommandLine } from '../../../spawned/index.js';

const FULL = /No space left on device|Disk quota exceeded|File too large/;
const FULL_CODES: Readonly<Record<string, string>> = {
  'No space left on device': 'ENOSPC',
  'Disk quota exceeded': 'EDQUOT',
  'File too large': 'EFBIG',
};
const OUTPUT =
  /Error (writing|muxing|opening output)|av_interleaved_write_frame|[Cc]ould not write header|to the muxer|Could not find tag for codec|Unable to find a suitable output/;
/** An option that there is not, or with a value that it does not take. */
const OPTION =
  /Unrecognized option '([^']+?)(?::v)?'|Error setting option (\S+) to value|Option (\S+) not found|Codec AVOption (\S+)|Undefined constant or missing/;
/** Said where an encoder was not even opened: what follows is no failure of the output. */
const OPENING = /opening encoder/i;
/** Filters whose description FFmpeg does not understand. */
const FILTER_WORDS =
  /No such filter|Error (initializing|applying option).*filter|Option .* not found|Error parsing|Unable to parse|Cannot find a matching stream|Invalid chars|missing|Undefined constant|Too many inputs|output pad|Error setting option/i;
const FILTER = /filter|graph/i;
/** Said when everything else was said already. */
const LAST_WORDS = /^(Conversion failed|Terminating|Exiting)/;

function causeOf(log: readonly CommandLine[]): { readonly all: string; readonly first: string } {
  const errors = log.filter(({ level, text }) => level === 'error' && !LAST_WORDS.test(text)).map(({ text }) => text);
  const first = errors[0] ?? 'it gave no reason';
  return { all: errors.join('\n'), first: first.replace(/\.$/, '') };
}

/** The failure of a command that wrote an output. */
export function commandFailure(log: readonly CommandLine[], output: string, exitCode: number): FramerailError {
  const { all, first } = causeOf(log);
  const details = { exitCode, log };
  const full = FULL.exec(all)?.[0];
  if (full !== undefined)
    return outputError(output, Object.assign(new Error(first), { code: FULL_CODES[full] ?? 'ENOSPC' }));
  if (OPTION.test(all))
    return new FramerailError(
      'FR_ARG_INVALID',
      `ffmpeg does not take an option of the encoder: ${first.replace(/:v'$/, "'")}.`,
      { details },
    );
  if (OUTPUT.test(all) && !OPENING.test(all))
    return new FramerailError('FR_OUTPUT_FAILED', `Cannot write ${output}: ${first}.`, { details });
  if (FILTER.test(all) && !OPENING.test(all)) return filterFailure(log, 'of this call');
  return new FramerailError('FR_ENCODE_FAILED', `ffmpeg could not encode the video: ${first}.`, { details });
}

/** The failure of a command before its first picture, where it was given filters. */
export function filterFailure(log: readonly CommandLine[], filters: string): FramerailError {
  const { all, first } = causeOf(log);
  const wrong = FILTER_WORDS.test(all);
  return new FramerailError(
    wrong ? 'FR_ARG_INVALID' : 'FR_FILTER_FAILED',
    `${wrong ? 'FFmpeg does not understand the filters' : 'FFmpeg could not set up the filters'} ${filters}: ${first}.`,
    { details: { argument: 'filters', log } },
  );
}

/** Whether a command failed over its filters. */
export function blamesFilters(log: readonly CommandLine[]): boolean {
  const { all } = causeOf(log);
  return FILTER.test(all) || FILTER_WORDS.test(all);
}
