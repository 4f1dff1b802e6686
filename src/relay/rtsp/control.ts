// Which addresses requests are for, as descriptions and answers say it (RFC 2326 C.1.1).
import { isRtsp, withoutLogin } from './address.js';
import { headerOf, type RtspResponse } from './message.js';

/** What relative addresses of a description are relative to. */
export function baseOf(described: RtspResponse, requested: string): string {
  for (const name of ['content-base', 'content-location']) {
    const said = headerOf(described, name)?.trim();
    // Some servers name themselves by a path alone, or by nothing that could be an address.
    if (said !== undefined && isRtsp(said) && !/\s/.test(said)) return withoutLogin(said);
  }
  return requested;
}

/** The address that controls everything together. */
export function aggregateOf(base: string, control: string | undefined): string {
  return control === undefined ? base : resolved(base, control);
}

/** The address of one stream. A camera that names none means the whole. */
export function controlOf(base: string, aggregate: string, control: string | undefined): string {
  return control === undefined || control === '' || control === '*' ? aggregate : resolved(base, control);
}

/**
 * Puts an address together. They are appended to each other, also behind a query, and not resolved as RFC 3986 has it: that is
 * what LIVE555 began with, and what cameras and all players have kept.
 */
function resolved(base: string, control: string): string {
  if (isRtsp(control)) return withoutLogin(control).replace(/\s/g, '%20');
  if (control === '*' || control === '') return base;
  const path = control.replace(/\s/g, '%20');
  return base.endsWith('/') || path.startsWith('/') || path.startsWith('?') ? base + path : `${base}/${path}`;
}
