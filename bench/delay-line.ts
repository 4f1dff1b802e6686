// A connection of a longer way: bytes arrive later by half a round trip each way, in order, and so does the connection.
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** Passes bytes on after a time. */
class Late {
  readonly #to: Socket;
  readonly #delay: number;
  /** Without bytes, the connection ends. */
  readonly #waiting: { readonly at: number; readonly bytes: Buffer | undefined }[] = [];
  #running = false;

  constructor(from: Socket, to: Socket, delay: number, first: number) {
    this.#to = to;
    this.#delay = delay;
    from
      .on('data', (bytes) => {
        this.#push(bytes, first);
      })
      .on('close', () => {
        this.#push(undefined, first);
      });
  }

  #push(bytes: Buffer | undefined, first: number): void {
    this.#waiting.push({ at: Math.max(first, performance.now() + this.#delay), bytes });
    if (!this.#running) this.#wait();
  }

  #wait(): void {
    const [next] = this.#waiting;
    this.#running = next !== undefined;
    if (next === undefined) return;
    const left = next.at - performance.now();
    // A timer is late by up to two milliseconds, which eight legs of a start would add up to half a round trip.
    if (left > 2)
      setTimeout(() => {
        this.#wait();
      }, left - 2);
    else if (left > 0)
      setImmediate(() => {
        this.#wait();
      });
    else {
      this.#waiting.shift();
      if (next.bytes === undefined) this.#to.end();
      else if (this.#to.writable) this.#to.write(next.bytes);
      this.#wait();
    }
  }
}

/**
 * Listens in front of a port of this machine. What a client sends after connecting takes a round trip more, as the
 * connection itself takes one: the first bytes reach the server one and a half round trips after the dialling.
 * @param roundTrip - milliseconds
 */
export async function openDelayLine(target: number, roundTrip: number): Promise<{ port: number; close: () => void }> {
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (client) => {
    const remote = connect({ port: target, host: '127.0.0.1', noDelay: true });
    for (const socket of [client, remote]) {
      sockets.add(socket);
      socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    }
    // The loopback accepts at once, where a way of this length would have taken a round trip.
    const first = performance.now() + 1.5 * roundTrip;
    new Late(client, remote, roundTrip / 2, first);
    new Late(remote, client, roundTrip / 2, 0);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
