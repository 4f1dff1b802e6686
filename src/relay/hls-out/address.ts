// Addresses of playlists in folders: a path, or the URL of a file.
import { fileURLToPath } from 'node:url';
import { argumentError } from '../../base/index.js';

/** Whether an address is a playlist in a folder. */
export function isPlaylist(address: string): boolean {
  return /^file:/i.test(address) || (/\.m3u8$/i.test(address) && !/^[a-z][a-z\d+.-]*:\/\//i.test(address));
}

/** The path; throws FR_ARG_INVALID. */
export function parsePlaylist(name: string, text: string): string {
  let path = text;
  try {
    if (/^file:/i.test(text)) path = fileURLToPath(text);
  } catch {
    // The file of another machine.
    path = '';
  }
  if (!/[^/\\]\.m3u8$/i.test(path)) throw argumentError(name, 'a file that ends with .m3u8', text);
  return path;
}
