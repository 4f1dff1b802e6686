// Flags of commands whose input may be an address of HTTP.
import type { Command } from 'commander';
import { argumentError } from '../../base/index.js';
import type { RemoteOptions } from '../../net/index.js';
import { bytes } from './command.js';

/** What the flags say. */
export interface RemoteFlags {
  readonly header?: readonly string[];
  readonly allowHost?: readonly string[];
  readonly maxRead?: number;
}

const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

/** Adds the flags to a command. */
export function withRemoteFlags(command: Command): Command {
  return command
    .option('--header <name: value>', 'sent to the server of the address, and to no other; may be repeated', collect)
    .option('--allow-host <host>', 'that redirects of a remote input may lead to; may be repeated', collect)
    .option('--max-read <bytes>', 'read of a remote input at most, such as 64MiB', bytes('--max-read'));
}

/** The options that the flags stand for. */
export function toRemoteOptions({ header, allowHost, maxRead }: RemoteFlags): RemoteOptions {
  return {
    headers: header && Object.fromEntries(header.map(parseHeader)),
    allowHosts: allowHost,
    maxReadBytes: maxRead,
  };
}

/** The value may be secret: it is never shown. */
function parseHeader(text: string): readonly [string, string] {
  const [, name, value] = /^([^:\s]+):\s*(.*?)\s*$/s.exec(text) ?? [];
  if (name === undefined || value === undefined)
    throw argumentError('--header', "a text such as 'Name: value'", 'another text');
  return [name, value];
}
