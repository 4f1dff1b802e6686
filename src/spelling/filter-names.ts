// The names of the filters in a description, for checks before FFmpeg sees it: what is unknown, what reaches outside.
import { FramerailError, nearest } from '../base/index.js';

/** Where filters come from: the caller's own code, or data that arrived from somewhere. */
export type FilterTrust = 'trusted' | 'listed';

/**
 * Filters that data may name: they work on the pictures alone, and none of their options names a file, an address or a
 * device (FFmpeg's documentation of filters).
 */
const LISTED = new Set(
  (
    'null copy format scale crop pad hflip vflip transpose rotate fps framerate setpts setsar setdar settb trim select ' +
    'framestep decimate mpdecimate eq hue colorbalance colorchannelmixer colorlevels colortemperature vibrance ' +
    'lutrgb lutyuv negate gblur boxblur avgblur smartblur unsharp cas sobel prewitt edgedetect dilation erosion ' +
    'hqdn3d nlmeans atadenoise bwdif yadif deband deblock deflicker fade drawbox drawgrid vignette noise grayscale ' +
    'monochrome colorize pixelize fillborders split hstack vstack overlay blend alphamerge chromakey colorkey ' +
    'lumakey despill tile thumbnail reverse loop tmix minterpolate zoompan perspective lenscorrection tonemap zscale ' +
    'colorspace colormatrix limiter normalize histeq swapuv extractplanes shuffleplanes super2xsai hqx xbr'
  ).split(' '),
);

/** A slash ahead of an option has its value read from a file; quotes do not change that. */
const FROM_FILE = /(^|:)\s*\//;

/** Options of the scaler, which stand ahead of all filters; FFmpeg takes all up to the first semicolon, quoted or not. */
const SCALER_OPTIONS = /^\s*sws_flags=[^;]*;?/;

/** One filter of a description. */
interface NamedFilter {
  readonly name: string;
  readonly args: string;
}

/**
 * Throws FR_ARG_INVALID for filters that there are not, with those that are near, and for filters that data may not name.
 */
export function checkFilterNames(description: string, trust: FilterTrust, exists: (name: string) => boolean): void {
  for (const { name, args } of filtersOf(description)) {
    if (!exists(name)) throw unknownFilter(name);
    if (trust === 'trusted') continue;
    if (!LISTED.has(name) || FROM_FILE.test(args.replace(/['\\]/g, '')))
      throw new FramerailError(
        'FR_ARG_INVALID',
        `The filter ${name} is not on the list of filters that data may name${LISTED.has(name) ? ' with an option from a file' : ''}.`,
        { details: { argument: 'filters', filter: name } },
      );
  }
}

function unknownFilter(name: string): FramerailError {
  const near = nearest(name, LISTED);
  const hint = near.length === 0 ? '' : `; did you mean ${near.join(' or ')}?`;
  return new FramerailError('FR_ARG_INVALID', `FFmpeg has no filter ${name}${hint}`, {
    details: { argument: 'filters', filter: name, near },
  });
}

/** The filters of a description: `[in]name@id=args[out],name;...`, with FFmpeg's quotes and backslashes. */
export function filtersOf(description: string): NamedFilter[] {
  return splitOutside(description.replace(SCALER_OPTIONS, ''))
    .map((part) =>
      part
        .trim()
        .replace(/^(\s*\[[^\]]*\])+/, '')
        .trim(),
    )
    .filter((part) => part !== '')
    .map((part) => {
      const [, name = part, args = ''] = /^([^=@\s[]+)(?:@[^=[]*)?(?:=([\s\S]*))?/.exec(part) ?? [];
      return { name, args };
    });
}

/** Splits at commas and semicolons that stand outside of quotes and are not escaped. */
function splitOutside(text: string): string[] {
  const parts: string[] = [];
  let part = '';
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const char = text.charAt(i);
    if (char === '\\' && !quoted) {
      part += char + text.charAt(++i);
    } else if (char === "'") {
      quoted = !quoted;
      part += char;
    } else if (!quoted && (char === ',' || char === ';')) {
      parts.push(part);
      part = '';
    } else {
      part += char;
    }
  }
  return [...parts, part];
}
