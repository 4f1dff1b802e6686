// Simple conversions of values on their way from a column to a field.
import { argumentError, parseSeconds } from '../../../base/index.js';
import { wordOf } from './words.js';

/** What a value is taken for. */
export const CONVERSIONS = ['text', 'number', 'list', 'percent', 'fraction', 'seconds', 'milliseconds'] as const;

/** One of them. */
export type Conversion = (typeof CONVERSIONS)[number];

/**
 * A value as what it is taken for; throws FR_ARG_INVALID.
 * @param separator - what stands between the items of a list
 */
export function convert(name: string, value: unknown, as: Conversion, separator: string): unknown {
  const words = typeof value === 'string' ? value.trim() : value;
  switch (as) {
    case 'text': {
      const word = wordOf(words);
      if (word === undefined) throw argumentError(name, 'a text', words);
      return word;
    }
    case 'number':
      return figure(name, words, 'a number');
    case 'list':
      if (Array.isArray(words)) return words;
      return (wordOf(words) ?? '')
        .split(separator)
        .map((item) => item.trim())
        .filter((item) => item !== '');
    case 'percent':
      return `${String(figure(name, typeof words === 'string' ? words.replace(/\s*%$/, '') : words, 'a percentage'))}%`;
    case 'fraction':
      return `${String(Number((figure(name, words, 'a fraction such as 0.5') * 100).toFixed(6)))}%`;
    case 'seconds':
      return typeof words === 'number' ? words : parseSeconds(name, wordOf(words) ?? '');
    case 'milliseconds':
      return figure(name, words, 'milliseconds') / 1000;
  }
}

function figure(name: string, value: unknown, what: string): number {
  const read = typeof value === 'string' && value !== '' ? Number(value.replace(/^(-?\d+),(\d+)$/, '$1.$2')) : value;
  if (typeof read !== 'number' || !Number.isFinite(read)) throw argumentError(name, what, value);
  return read;
}
