// What reading a remote file took: counted as it happens, told as a receipt.
import type { Socket } from 'node:net';

/** What a remote input cost. */
export interface RemoteReceipt {
  /** Requests that were sent, those that redirects led to and repeated ones among them. */
  readonly requests: number;
  /** Bytes of bodies that came, whether they were of use or not. */
  readonly bytes: number;
  /** Requests that were repeated, as one before had failed. */
  readonly retries: number;
  /** Redirects that were followed. */
  readonly redirects: number;
  /** Whether the index of the file was known from an earlier call, and still held. */
  readonly fromCache: boolean;
  /** Milliseconds that went by waiting for the network. */
  readonly ms: RemoteTimes;
  /** The address, without a password and without its query. */
  readonly url: string;
  /** The size of the whole file in bytes. */
  readonly size: number;
  /** The version that was read, as the server names it. */
  readonly etag: string | undefined;
}

/** Where the time went, in milliseconds. */
export interface RemoteTimes {
  /** Resolving names of hosts. */
  readonly dns: number;
  /** Making TCP connections. */
  readonly connect: number;
  /** Handshakes of TLS. */
  readonly tls: number;
  /** From requests to the heads of their answers, without what making connections took. */
  readonly firstByte: number;
  /** From those to the last bytes. */
  readonly body: number;
  /** All of it, with the pauses ahead of repeated requests. */
  readonly total: number;
}

/** What a receipt is made out for. */
export interface CountedFile {
  readonly name: string;
  readonly size: number;
  readonly etag: string | undefined;
  readonly sent: { readonly requests: number; readonly redirects: number };
}

type Step = Exclude<keyof RemoteTimes, 'total'>;

/** Counts what reading takes. */
export class Tally {
  bytes = 0;
  retries = 0;
  /** Of files that were closed. */
  #requests = 0;
  #redirects = 0;
  readonly #ms: Record<keyof RemoteTimes, number> = { dns: 0, connect: 0, tls: 0, firstByte: 0, body: 0, total: 0 };

  /** Books time. */
  add(step: keyof RemoteTimes, ms: number): void {
    this.#ms[step] += ms;
  }

  /** Books what making a connection takes; for the socket of each request. */
  watch(socket: Socket): void {
    if (!socket.connecting) return;
    let since = performance.now();
    const book = (step: Step) => (): void => {
      const now = performance.now();
      this.#ms[step] += now - since;
      this.#ms.firstByte -= now - since;
      since = now;
    };
    socket.once('lookup', book('dns'));
    socket.once('connect', book('connect'));
    socket.once('secureConnect', book('tls'));
  }

  /** Keeps what a file took that is closed, as another one may follow. */
  leave({ sent }: CountedFile): void {
    this.#requests += sent.requests;
    this.#redirects += sent.redirects;
  }

  /**
   * The receipt of a file.
   * @param fromCache - whether its index was known before
   */
  receipt({ name, size, etag, sent }: CountedFile, fromCache: boolean): RemoteReceipt {
    return {
      requests: this.#requests + sent.requests,
      bytes: this.bytes,
      retries: this.retries,
      redirects: this.#redirects + sent.redirects,
      fromCache,
      ms: { ...this.#ms, firstByte: Math.max(0, this.#ms.firstByte) },
      ...{ url: name, size, etag },
    };
  }
}
