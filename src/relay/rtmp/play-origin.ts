// A stream that is played from an RTMP server.
import type { Origin, OriginHandlers, OriginOptions, OriginSource } from '../origin.js';
import { parseRtmp } from './address.js';
import { RtmpDial } from './dial.js';

/** Reads the address; throws FR_ARG_INVALID. */
export function playOrigin(name: string, text: string): OriginSource {
  const address = parseRtmp(name, text);
  return {
    shown: address.shown,
    open: ({ onOpen, onTag, onTurn, onEnd }: OriginHandlers, { timeout, verify }: OriginOptions): Origin => {
      const dial = new RtmpDial({
        ...{ address, purpose: 'play', timeout, verify, onTurn, onEnd },
        onAccepted: onOpen,
        onMedia: ({ type, timestamp, payload }) => {
          onTag(type, timestamp, payload);
        },
      });
      return {
        get marks() {
          return dial.marks;
        },
        close: () => {
          dial.close();
        },
        fail: (error) => {
          dial.fail(error);
        },
      };
    },
  };
}
