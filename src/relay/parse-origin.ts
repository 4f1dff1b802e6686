// Reads the address of an origin, and knows who serves its protocol.
import { argumentError } from '../base/index.js';
import { createAddressPolicy, type AddressPolicy } from '../net/index.js';
import { checkPort, unknownAddress } from './address-mistakes.js';
import { described } from './described-origin.js';
import { isHls, isHttp, shownOf } from './http-address.js';
import { loadedSource } from './loaded-origin.js';
import { parseProgram } from './mpegts/program.js';
import type { OriginOptions, OriginSource } from './origin.js';
import { isRtmp, parseListen } from './rtmp/address.js';
import { listenOrigin } from './rtmp/listen-origin.js';
import { playOrigin } from './rtmp/play-origin.js';
import { isRtsp, parseRtsp } from './rtsp/address.js';
import { isSrt, parseSrt } from './srt/address.js';
import { isUdp, parseUdp } from './udp/address.js';

const ORIGINS = 'an address of rtmp://, rtmps://, rtsp://, rtsps://, srt://, udp://, http:// or https://';

/** Reads the address of an origin; throws FR_ARG_INVALID. What only some of them need is loaded when they are dialled. */
export function parseOrigin(name: string, address: unknown): OriginSource {
  if (typeof address !== 'string') throw argumentError(name, 'an address', address);
  checkPort(name, address);
  if (isHttp(address)) return httpSource(name, address);
  if (isRtsp(address))
    return described(
      loadedSource({ shown: parseRtsp(name, address).shown }, async () =>
        (await import('./rtsp/rtsp-origin.js')).rtspOrigin(name, address, { guard: operatorPolicy }),
      ),
    );
  if (isSrt(address)) {
    const { shown, listens } = parseSrt(name, address);
    return described(
      loadedSource({ shown, listens }, async () => (await import('./srt/srt-origin.js')).srtOrigin(name, address)),
    );
  }
  if (isUdp(address))
    return described(
      loadedSource({ shown: parseUdp(name, address).shown, listens: true }, async () =>
        (await import('./udp/udp-origin.js')).udpOrigin(name, address),
      ),
    );
  if (isRtmp(address)) return parseListen(address) ? listenOrigin(name, address) : playOrigin(name, address);
  throw unknownAddress(name, ORIGINS, address);
}

/** What the operator wrote is trusted; what a server names may lead back to his host, to public ones, and where he allows. */
function operatorPolicy({ hostname }: { readonly hostname: string }, { allowHosts }: OriginOptions): AddressPolicy {
  return createAddressPolicy({ operatorHosts: [hostname], allowHosts });
}

/** FLV, MPEG-TS or a playlist: where the path does not say so, the first bytes do. */
function httpSource(name: string, address: string): OriginSource {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined) throw argumentError(name, 'an address such as http://host/live/stream.flv', 'another text');
  const facts = { shown: shownOf(url) };
  if (isHls(address))
    return described(loadedSource(facts, async () => (await import('./hls/hls-origin.js')).hlsOrigin(name, address)));
  parseProgram(name, new URLSearchParams(url.hash.slice(1)).get('program'));
  return loadedSource(facts, async () => (await import('./http-origin.js')).httpOrigin(name, address));
}
