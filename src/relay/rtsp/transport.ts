// How media comes: what SETUP asks for, and what was answered (RFC 2326 12.39).

/** What a server agreed to for one stream. */
export type AgreedTransport =
  | { readonly kind: 'tcp'; readonly rtp: number; readonly rtcp: number }
  | {
      readonly kind: 'udp';
      /** Where its packets come from; undefined where it does not say. */
      readonly serverPorts: readonly [rtp: number, rtcp: number] | undefined;
      /** A host other than the one that was asked. */
      readonly source: string | undefined;
    };

/** Asks for frames on the connection, on a channel and the next one. */
export function interleaved(channel: number): string {
  return `RTP/AVP/TCP;unicast;interleaved=${String(channel)}-${String(channel + 1)}`;
}

/** Asks for packets to a port and the next one. */
export function datagrams(port: number): string {
  return `RTP/AVP;unicast;client_port=${String(port)}-${String(port + 1)}`;
}

/**
 * Reads what was agreed to.
 * @param channel - the channel that was asked for, which holds where a server does not repeat it
 */
export function parseTransport(value: string | undefined, channel: number): AgreedTransport | undefined {
  // Several ways, one behind the other, are what a client sends; the first one counts.
  const [first = ''] = (value ?? '').split(',');
  const [protocol = '', ...rest] = first.split(';').map((part) => part.trim());
  const parameters = new Map(
    rest.map((part) => {
      const [, name = '', said = ''] = /^([^=]+)=?(.*)$/.exec(part) ?? [];
      return [name.trim().toLowerCase(), said.trim()];
    }),
  );
  if (parameters.has('multicast')) return undefined;
  const channels = pair(parameters.get('interleaved'), 255);
  if (channels !== undefined) return { kind: 'tcp', rtp: channels[0], rtcp: channels[1] };
  if (value === undefined || /\/TCP$/i.test(protocol)) return { kind: 'tcp', rtp: channel, rtcp: channel + 1 };
  if (!/^RTP\/AVP/i.test(protocol)) return undefined;
  const source = parameters.get('source');
  return {
    kind: 'udp',
    serverPorts: pair(parameters.get('server_port'), 65_535),
    source: source === '' ? undefined : source,
  };
}

/** Two numbers, of which the second one may be left out. */
function pair(text: string | undefined, most: number): readonly [number, number] | undefined {
  const [, one, two] = /^(\d+)(?:-(\d+))?$/.exec(text ?? '') ?? [];
  if (one === undefined) return undefined;
  const numbers = [Number(one), two === undefined ? Number(one) + 1 : Number(two)] as const;
  return numbers.every((number) => number <= most) ? numbers : undefined;
}
