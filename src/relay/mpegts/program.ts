// Which program of a transport stream an address asks for.
import { argumentError } from '../../base/index.js';

/**
 * Reads the number of a program; throws FR_ARG_INVALID.
 * @param text - null where the address names none
 */
export function parseProgram(name: string, text: string | null): number | undefined {
  if (text === null) return undefined;
  const number = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  // Zero stands for the table of the network (ISO/IEC 13818-1, table 2-30).
  if (number < 1 || number > 0xffff) throw argumentError(name, 'a program from 1 to 65535', text);
  return number;
}
