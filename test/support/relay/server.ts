// A scripted RTMP server: what it answers, when, and where it breaks off. The origin and the sink are made of it.
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createSecureServer } from 'node:tls';
import { onTestFinished } from 'vitest';
import { isAmfObject } from '#dist/relay/amf0.js';
import type { Message } from '#dist/relay/rtmp/message.js';
import { CERTIFICATE, KEY } from './certificate.js';
import { Journal } from './journal.js';
import { ServerLink, type Command, type Stage } from './server-link.js';

/** How one connection is treated; everything is well unless something is said. */
export interface Behaviour {
  /** Breaks off when this stage is reached, instead of answering. `silence` keeps the connection and says nothing. */
  readonly cut?: { readonly at: Stage; readonly how: 'fin' | 'rst' | 'silence' };
  /** Refuses a command with an error. */
  readonly refuse?: {
    readonly on: 'connect' | 'wish';
    readonly code: string;
    readonly description: string;
  };
  /** Asks for a login as Adobe's servers do: a refusal for each text, then it lets anybody in. */
  readonly login?: readonly string[];
  /** Hangs up on commands that did not wait for the answer to the one ahead. */
  readonly strict?: boolean;
  /** The number of the message stream that `createStream` gives. */
  readonly streamId?: number;
  /** Answers with an error what is asked of a stream that was never made; others say nothing. */
  readonly refuseUnknown?: boolean;
  /** Bytes of payload in its chunks. */
  readonly chunkSize?: number;
  /** Milliseconds ahead of each answer. */
  readonly delay?: number;
}

/** What a server hears of one client. */
export interface ServerHandlers {
  readonly onConnect?: (connection: Connection) => void;
  readonly onAccepted: (connection: Connection) => void;
  readonly onMessage?: (connection: Connection, message: Message) => void;
  readonly onClose?: (connection: Connection) => void;
}

/** One client. */
export interface Connection {
  /** Counted from 1. */
  readonly number: number;
  readonly link: ServerLink;
  readonly behaviour: Behaviour;
  /** Names of its commands. */
  readonly commands: string[];
  /** Whether commands came ahead of the answer to `connect`. */
  pipelined: boolean;
  /** What its `connect` called the application. */
  app: string;
  /** The stream that it asked for. */
  key: string;
  stream: number;
  /** Nothing is answered any more. */
  silent: boolean;
  /** Hears when it is broken off. */
  readonly cuts: Journal<Connection>;
}

/** A running server. */
export interface RtmpServer {
  readonly port: number;
  /** Every connection so far. */
  readonly connections: readonly Connection[];
  /** Connections that were broken off, as their behaviour says. */
  readonly cuts: Journal<Connection>;
  /** Stops taking connections; those that are there stay. */
  stopListening(): Promise<void>;
}

/** Starts one on a free port of the loopback, with TLS if it is `secure`; it goes away with the running test. */
export async function rtmpServer(
  behave: (connection: number) => Behaviour,
  handlers: ServerHandlers,
  secure: boolean,
): Promise<RtmpServer> {
  const connections: Connection[] = [];
  const cuts = new Journal<Connection>();
  const sockets = new Set<Socket>();
  const welcome = (socket: Socket): void => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    const number = connections.length + 1;
    connections.push(serve(socket, number, behave(number), handlers, cuts));
  };
  const server = secure ? createSecureServer({ key: KEY, cert: CERTIFICATE }, welcome) : createServer(welcome);
  server.on('tlsClientError', () => undefined).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await stop(server);
  });
  const { port } = server.address() as AddressInfo;
  return { port, connections, cuts, stopListening: async () => await stop(server) };
}

async function stop(server: Server): Promise<void> {
  if (!server.listening) return;
  // It waits for its connections; nobody here does.
  server.close();
  await Promise.resolve();
}

function serve(
  socket: Socket,
  number: number,
  behaviour: Behaviour,
  handlers: ServerHandlers,
  cuts: Journal<Connection>,
): Connection {
  const link = new ServerLink(socket, {
    onHandshake: () => !connection.silent && !cut(connection, 'handshake'),
    onCommand: (command) => {
      hear(connection, command, handlers);
    },
    onMessage: (message) => handlers.onMessage?.(connection, message),
    onClose: () => handlers.onClose?.(connection),
  });
  const connection: Connection = {
    number,
    link,
    behaviour,
    commands: [],
    pipelined: false,
    app: '',
    key: '',
    stream: 0,
    silent: false,
    cuts,
  };
  handlers.onConnect?.(connection);
  cut(connection, 'accept');
  return connection;
}

/** Breaks off here, if that is wanted. */
function cut(connection: Connection, at: Stage): boolean {
  const { behaviour, link } = connection;
  if (behaviour.cut?.at !== at) return false;
  connection.silent = true;
  if (behaviour.cut.how !== 'silence') link.cut(behaviour.cut.how);
  // Who does not read does not notice that the client is gone, as on a half-open connection.
  else if (at === 'accept') link.pause();
  connection.cuts.push(connection);
  return true;
}

function hear(connection: Connection, command: Command, handlers: ServerHandlers): void {
  const { behaviour, link, commands } = connection;
  const { name } = command;
  commands.push(name);
  if (command.behind.includes('connect')) connection.pipelined = true;
  if (connection.silent) return;
  if (behaviour.strict === true && /connect|createStream/.test(command.behind.join())) {
    link.cut('fin');
    return;
  }
  const answer = (): void => {
    if (connection.silent) return;
    if (name === 'connect') connect(connection, command);
    else if (name === 'createStream') createStream(connection, command);
    else if (name === 'play' || name === 'publish') wish(connection, command, handlers);
    if (name === 'deleteStream') link.cut('fin');
  };
  if (behaviour.delay === undefined) answer();
  else setTimeout(answer, behaviour.delay);
}

function connect(connection: Connection, { transaction, values }: Command): void {
  const { behaviour, link, number } = connection;
  if (cut(connection, 'connect')) return;
  const app = values.find(isAmfObject)?.['app'];
  connection.app = typeof app === 'string' ? app : '';
  const login = behaviour.login?.[number - 1];
  const refusal =
    login === undefined
      ? behaviour.refuse?.on === 'connect'
        ? behaviour.refuse
        : undefined
      : { code: 'NetConnection.Connect.Rejected', description: login };
  if (behaviour.chunkSize !== undefined) link.setChunkSize(behaviour.chunkSize);
  if (refusal !== undefined) {
    const { code, description } = refusal;
    link.command(0, '_error', transaction, null, { level: 'error', code, description });
    link.cut('fin');
    return;
  }
  const status = { level: 'status', code: 'NetConnection.Connect.Success', description: 'Connected.' };
  link.command(0, '_result', transaction, { fmsVer: 'FMS/3,0,1,123' }, status);
}

function createStream(connection: Connection, { transaction }: Command): void {
  if (cut(connection, 'createStream')) return;
  connection.stream = connection.behaviour.streamId ?? 1;
  connection.link.command(0, '_result', transaction, null, connection.stream);
}

function wish(connection: Connection, { name, stream, values }: Command, handlers: ServerHandlers): void {
  const { behaviour, link } = connection;
  if (stream !== connection.stream) {
    const status = { level: 'error', code: 'NetStream.Failed', description: 'There is no such stream.' };
    if (behaviour.refuseUnknown === true) link.command(stream, 'onStatus', 0, null, status);
    return;
  }
  if (cut(connection, 'wish')) return;
  connection.key = values.find((value) => typeof value === 'string') ?? '';
  if (behaviour.refuse?.on === 'wish') {
    const { code, description } = behaviour.refuse;
    link.command(stream, 'onStatus', 0, null, { level: 'error', code, description });
    return;
  }
  const code = name === 'play' ? 'NetStream.Play.Start' : 'NetStream.Publish.Start';
  link.command(stream, 'onStatus', 0, null, { level: 'status', code, description: 'Start.' });
  if (!cut(connection, 'media')) handlers.onAccepted(connection);
}
