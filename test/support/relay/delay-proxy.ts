// A line of TCP with a round trip of its own: each piece lies for half of it on either way, and order is kept.
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/**
 * Starts a proxy in front of a port of the loopback; it goes away with the running test.
 * @param roundTrip - milliseconds, of which one way takes half; opening a connection costs one as well
 * @returns its own port
 */
export async function delayProxy(port: number, roundTrip: number): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (near) => {
    const far = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => undefined).once('close', () => sockets.delete(socket));
    }
    // The kernel has accepted already, and a real one would have done so a round trip later: what the client says first
    // is held back for the whole of it.
    delay(near, far, roundTrip / 2, roundTrip);
    delay(far, near, roundTrip / 2, 0);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** Passes bytes on, later; `opening` is how much later the first of them may leave at the earliest. */
function delay(from: Socket, to: Socket, oneWay: number, opening: number): void {
  const began = performance.now();
  const later = (action: () => void): void => {
    const now = performance.now();
    const due = Math.max(now, began + opening) + oneWay;
    // Timers of one length fire in their order; those that were due together are, too.
    setTimeout(action, Math.max(0, due - now));
  };
  from
    .on('data', (bytes) => later(() => to.writable && to.write(bytes)))
    .on('end', () => later(() => to.end()))
    .on('close', () => later(() => to.destroy()));
}
