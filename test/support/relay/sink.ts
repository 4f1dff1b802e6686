// A scripted RTMP sink: takes what is published, and logs every message with the moment of its arrival.
import type { Message } from '#dist/relay/rtmp/message.js';
import { Journal } from './journal.js';
import { rtmpServer, type Behaviour, type Connection, type RtmpServer } from './server.js';
import { isHeader, isKeyframe } from './stream.js';
import { AUDIO, crcOf, DATA, VIDEO } from './tags.js';

/** A message of the stream that was published. */
export interface Arrival {
  /** On which connection, from 1. */
  readonly connection: number;
  readonly type: number;
  /** Milliseconds, as the publisher said. */
  readonly timestamp: number;
  readonly payload: Buffer;
  readonly crc: number;
  /** When it came, by `performance.now()`. */
  readonly at: number;
}

/** A running sink. */
export interface Sink extends RtmpServer {
  /** Where to publish. */
  readonly url: string;
  readonly arrivals: Journal<Arrival>;
  /** Connections that were accepted, and when. */
  readonly accepted: Journal<{ readonly connection: Connection; readonly at: number }>;
  /** Connections that are over. */
  readonly closed: Journal<{ readonly connection: Connection; readonly at: number }>;
  /** Pictures and sound, without headers and metadata; of one connection, or of all. */
  media(connection?: number): Arrival[];
  /** Sequence headers, or only those of one type. */
  headers(type?: number): Arrival[];
}

/** Starts a sink, which goes away with the running test. */
export async function rtmpSink(
  behave: Behaviour | ((connection: number) => Behaviour) = {},
  secure = false,
): Promise<Sink> {
  const arrivals = new Journal<Arrival>();
  const accepted: Sink['accepted'] = new Journal();
  const closed: Sink['closed'] = new Journal();
  const server = await rtmpServer(
    typeof behave === 'function' ? behave : () => behave,
    {
      onAccepted: (connection) => accepted.push({ connection, at: performance.now() }),
      onClose: (connection) => closed.push({ connection, at: performance.now() }),
      onMessage: ({ number }, { type, timestamp, payload }: Message) => {
        if (type !== AUDIO && type !== VIDEO && type !== DATA) return;
        // The payload lies in memory that the next message will have.
        const copy = Buffer.from(payload);
        arrivals.push({
          ...{ connection: number, type, timestamp, payload: copy },
          ...{ crc: crcOf(copy), at: performance.now() },
        });
      },
    },
    secure,
  );
  return {
    ...server,
    url: `${secure ? 'rtmps' : 'rtmp'}://127.0.0.1:${String(server.port)}/live/hidden-key`,
    ...{ arrivals, accepted, closed },
    media: (connection) =>
      arrivals.items.filter((one) => isMedia(one) && (connection === undefined || one.connection === connection)),
    headers: (type) => arrivals.items.filter((one) => isHeader(one) && (type === undefined || one.type === type)),
  };
}

/** Whether a message is pictures or sound. */
export function isMedia(one: Pick<Arrival, 'type' | 'payload'>): boolean {
  return one.type !== DATA && !isHeader(one);
}

/** Whether it is a keyframe with which a decoder may begin. */
export function isPicture(one: Arrival): boolean {
  return isKeyframe(one);
}
