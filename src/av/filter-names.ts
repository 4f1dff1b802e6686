// The names of filters, checked against this build.
import { Filter } from 'node-av/lib';
import { checkFilterNames as checkNames, type FilterTrust } from '../spelling/index.js';

/** Throws FR_ARG_INVALID for filters that this build does not have, and for those that data may not name. */
export function checkFilterNames(description: string, trust: FilterTrust): void {
  checkNames(description, trust, (name) => Filter.getByName(name) !== null);
}
