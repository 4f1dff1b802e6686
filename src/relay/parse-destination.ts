// Which kind of destination an address means.
import { argumentError } from '../base/index.js';
import type { DestinationPlace } from './destination-link.js';
import { hlsPlace, isPlaylist } from './hls-out/hls-link.js';
import { publishPlace } from './rtmp/publish-link.js';
import { isUdp } from './udp/address.js';
import { udpPlace } from './udp/udp-link.js';
import { isSrt } from './srt/address.js';
import { srtPlace } from './srt/srt-link.js';

/** Reads the address of a destination; throws FR_ARG_INVALID. */
export function parseDestination(name: string, address: unknown): DestinationPlace {
  if (typeof address !== 'string') throw argumentError(name, 'an address', address);
  if (isPlaylist(address)) return hlsPlace(name, address);
  if (isUdp(address)) return udpPlace(name, address);
  if (isSrt(address)) return srtPlace(name, address);
  return publishPlace(name, address);
}
