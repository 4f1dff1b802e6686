// A stream that is published to an RTMP server.
import type { AmfObject } from '../amf0.js';
import type { DestinationLink, DestinationPlace } from '../destination-link.js';
import { metadataMessage } from '../metadata.js';
import { argumentError } from '../../base/index.js';
import { parseListen, parseRtmp } from './address.js';
import { RtmpDial } from './dial.js';

/** The connection; tags are its messages. */
class PublishLink extends RtmpDial implements DestinationLink {
  describe(metadata: AmfObject): Buffer {
    return metadataMessage(metadata);
  }

  /** The server has a moment to hear it; nobody needs to wait for that. */
  override close(): undefined {
    super.close();
  }
}

/** Reads the address; throws FR_ARG_INVALID. */
export function publishPlace(name: string, text: string): DestinationPlace {
  const address = parseRtmp(name, text);
  if (parseListen(text))
    throw argumentError(name, 'an address without `listen`, as only origins listen,', 'one with it');
  return {
    shown: address.shown,
    dial: ({ connectTimeout, verify }, { held, onAccepted, onEnd }) =>
      new PublishLink({
        ...{ address, purpose: 'publish', held, timeout: connectTimeout, verify, onAccepted, onEnd },
        onMedia: () => undefined,
      }),
  };
}
