// Streams of Node end the process with an error that nobody listens for, also before anybody could begin to read or write.
import { EventEmitter } from 'node:events';

function heard(): void {
  // Whoever reads or writes the stream finds the error there.
}

/** Has the errors of a stream wait for whoever uses it; call it in the turn in which the stream was given. */
export function holdErrors(stream: unknown): void {
  // However often a stream is given, one listener does.
  if (stream instanceof EventEmitter && !stream.listeners('error').includes(heard)) stream.on('error', heard);
}
