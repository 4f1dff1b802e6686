// An HTTP server that answers with bytes, whatever they are, and calls them what it is told to.
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** A running server. */
export interface BodyServer {
  /** Without a path. */
  readonly url: string;
  readonly paths: readonly string[];
}

/**
 * Starts a server, which goes away with the running test.
 * @param answer - writes the body of one answer, and ends it or not
 */
export async function bodyServer(answer: (response: ServerResponse, path: string) => void): Promise<BodyServer> {
  const paths: string[] = [];
  const server = createServer((request, response) => {
    const { url = '' } = request;
    paths.push(url);
    answer(response, url);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${String(port)}`, paths };
}
