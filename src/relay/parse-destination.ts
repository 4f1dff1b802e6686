// Which kind of destination an address means. What only some of them need is loaded when they are dialled.
import { resolve } from 'node:path';
import { argumentError } from '../base/index.js';
import { checkPort, unknownAddress } from './address-mistakes.js';
import type { DestinationPlace } from './destination-link.js';
import { isPlaylist, parsePlaylist } from './hls-out/address.js';
import { LoadedLink } from './loaded-link.js';
import { isRtmp } from './rtmp/address.js';
import { publishPlace } from './rtmp/publish-link.js';
import { isSrt, parseSrt } from './srt/address.js';
import { isUdpTarget, parseUdpTarget } from './udp/target.js';

const DESTINATIONS =
  'an address of rtmp://, rtmps://, srt:// or udp://, or a file that ends with .m3u8 (others are for --record, or record)';

/** Reads the address of a destination; throws FR_ARG_INVALID. */
export function parseDestination(name: string, address: unknown): DestinationPlace {
  if (typeof address !== 'string') throw argumentError(name, 'an address', address);
  checkPort(name, address);
  if (isPlaylist(address)) return hlsPlace(parsePlaylist(name, address));
  if (isUdpTarget(address)) return udpPlace(name, address);
  if (isSrt(address)) return srtPlace(name, address);
  if (isRtmp(address)) return publishPlace(name, address);
  throw unknownAddress(name, DESTINATIONS, address);
}

function hlsPlace(path: string): DestinationPlace {
  const whole = resolve(path);
  return {
    shown: path,
    takesLate: true,
    dial: (options, handlers) =>
      new LoadedLink(handlers, async (loaded) => {
        const { HlsLink } = await import('./hls-out/hls-link.js');
        return new HlsLink(whole, options, loaded());
      }),
  };
}

function udpPlace(name: string, address: string): DestinationPlace {
  const target = parseUdpTarget(name, address);
  return {
    shown: target.shown,
    takesLate: true,
    dial: (options, handlers) =>
      new LoadedLink(handlers, async (loaded) => {
        const { UdpLink } = await import('./udp/udp-link.js');
        return new UdpLink(target, options, loaded());
      }),
  };
}

function srtPlace(name: string, text: string): DestinationPlace {
  const address = parseSrt(name, text);
  return {
    shown: address.shown,
    takesLate: true,
    listens: address.listens,
    dial: (options, handlers) =>
      new LoadedLink(handlers, async (loaded) => {
        const { SrtLink } = await import('./srt/srt-link.js');
        return new SrtLink(address, options, loaded());
      }),
  };
}
