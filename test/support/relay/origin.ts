// A scripted RTMP origin: plays to whoever connects what its script says, true or not.
import { play, type Script } from './player.js';
import { rtmpServer, type Behaviour, type Connection, type RtmpServer } from './server.js';
import { AUDIO, DATA, type Tag } from './tags.js';

/** A running origin. */
export interface Origin extends RtmpServer {
  /** Where to play it. */
  readonly url: string;
}

/**
 * Starts an origin, which goes away with the running test.
 * @param script - is run for each connection that was told to play
 * @param behave - how each connection is treated before that
 */
export async function rtmpOrigin(
  script: Script,
  behave: Behaviour | ((connection: number) => Behaviour) = {},
  secure = false,
): Promise<Origin> {
  const leaving = new Map<Connection, AbortController>();
  const server = await rtmpServer(
    typeof behave === 'function' ? behave : () => behave,
    {
      onConnect: (connection) => leaving.set(connection, new AbortController()),
      onClose: (connection) => leaving.get(connection)?.abort(),
      onAccepted: (connection) => {
        const { link, number, stream } = connection;
        const gone = leaving.get(connection)?.signal ?? AbortSignal.abort();
        const outlet = {
          connection: number,
          tag: ({ type, timestamp, payload }: Tag) => {
            const chunkStream = type === AUDIO ? 4 : type === DATA ? 5 : 6;
            link.message(chunkStream, type, stream, timestamp, payload);
          },
          flush: () => link.flush(),
          raw: (bytes: Uint8Array) => link.raw(bytes),
          cut: (how: 'fin' | 'rst') => link.cut(how),
        };
        // The answer to the client leaves first.
        queueMicrotask(() => play(script, outlet, gone));
      },
    },
    secure,
  );
  return { ...server, url: `${secure ? 'rtmps' : 'rtmp'}://127.0.0.1:${String(server.port)}/live/secret-key` };
}
