// Session descriptions (RFC 8866) as far as RTSP needs them. Cameras break each rule of that paper, so every line is taken
// for itself: what cannot be read is passed over, and the order of lines does not matter but for what they belong to.

/** What a server has. */
export interface SessionDescription {
  /** Where the whole of it is controlled (RFC 2326 C.1.1). */
  readonly control: string | undefined;
  readonly media: readonly MediaDescription[];
}

/** One stream, in one of several formats. */
export interface MediaDescription {
  /** `video`, `audio` or another word. */
  readonly kind: string;
  /** Such as `RTP/AVP`. */
  readonly protocol: string;
  readonly control: string | undefined;
  /** Whether it wants to be sent something: the loudspeaker of a camera. */
  readonly receives: boolean;
  readonly formats: readonly MediaFormat[];
}

/** How packets of one payload type are made. */
export interface MediaFormat {
  readonly payloadType: number;
  /** The name of the encoding in upper case; empty where nobody says. */
  readonly encoding: string;
  /** Ticks a second of its timestamps. */
  readonly clockRate: number;
  readonly channels: number | undefined;
  /** What `fmtp` says, names in lower case. */
  readonly parameters: ReadonlyMap<string, string>;
}

/** Payload types that need no `rtpmap` (RFC 3551 tables 4 and 5). */
const STATIC: Readonly<Record<number, readonly [encoding: string, clockRate: number, channels?: number]>> = {
  0: ['PCMU', 8000],
  3: ['GSM', 8000],
  4: ['G723', 8000],
  5: ['DVI4', 8000],
  6: ['DVI4', 16_000],
  7: ['LPC', 8000],
  8: ['PCMA', 8000],
  9: ['G722', 8000],
  10: ['L16', 44_100, 2],
  11: ['L16', 44_100],
  12: ['QCELP', 8000],
  14: ['MPA', 90_000],
  15: ['G728', 8000],
  18: ['G729', 8000],
  25: ['CELB', 90_000],
  26: ['JPEG', 90_000],
  28: ['NV', 90_000],
  31: ['H261', 90_000],
  32: ['MPV', 90_000],
  33: ['MP2T', 90_000],
  34: ['H263', 90_000],
};
/** More streams than any server has: what lies beyond is not looked at. */
const MOST_MEDIA = 64;
const MOST_FORMATS = 64;
/** What dynamic video has by default, where a camera forgets to say. */
const VIDEO_RATE = 90_000;

interface Section {
  readonly kind: string;
  readonly protocol: string;
  readonly payloadTypes: readonly number[];
  readonly attributes: { readonly name: string; readonly value: string }[];
}

/** Reads a description; one without streams is what nothing could be read of. */
export function parseSdp(text: string): SessionDescription {
  const session: Section = { kind: '', protocol: '', payloadTypes: [], attributes: [] };
  const media: Section[] = [];
  let current = session;
  for (const line of text.split(/\r\n|\n|\r/)) {
    const [, type, value = ''] = /^\s*([a-z])=(.*)$/.exec(line) ?? [];
    if (type === 'm') {
      if (media.length >= MOST_MEDIA) break;
      current = parseMedia(value);
      media.push(current);
    } else if (type === 'a') {
      const [, name = '', rest = ''] = /^([^:]+):?(.*)$/s.exec(value.trim()) ?? [];
      current.attributes.push({ name: name.trim().toLowerCase(), value: rest.trim() });
    }
  }
  const control = attribute(session, 'control');
  const receives = attribute(session, 'sendonly') !== undefined ? false : undefined;
  return { control, media: media.map((section) => describe(section, receives)) };
}

/** `m=` has a kind, a port (which some cameras fill with garbage), a protocol and payload types. */
function parseMedia(value: string): Section {
  const [kind = '', , protocol = '', ...formats] = value.trim().split(/\s+/);
  const payloadTypes = formats.map(Number).filter((type) => Number.isInteger(type) && type >= 0 && type < 128);
  return {
    kind: kind.toLowerCase(),
    protocol: protocol.toUpperCase(),
    payloadTypes: payloadTypes.slice(0, MOST_FORMATS),
    attributes: [],
  };
}

function describe(section: Section, receives: boolean | undefined): MediaDescription {
  const { kind, protocol, payloadTypes } = section;
  const named = new Map(
    attributes(section, 'rtpmap').flatMap((value) => {
      const [, type, encoding = '', rate, channels] = /^(\d+)\s+([^/\s]+)(?:\/(\d+))?(?:\/(\d+))?/.exec(value) ?? [];
      return type === undefined ? [] : [[Number(type), { encoding, rate: Number(rate), channels: Number(channels) }]];
    }),
  );
  const parameters = new Map(
    attributes(section, 'fmtp').flatMap((value) => {
      const [, type, rest = ''] = /^(\d+)\s+(.*)$/s.exec(value) ?? [];
      return type === undefined ? [] : [[Number(type), parseParameters(rest)]];
    }),
  );
  // A payload type that only its rtpmap names was forgotten in the line above it.
  const types = payloadTypes.length > 0 ? payloadTypes : [...named.keys()];
  const formats = types.map((payloadType): MediaFormat => {
    const map = named.get(payloadType);
    const [encoding = '', rate = kind === 'video' ? VIDEO_RATE : 8000, channels] = STATIC[payloadType] ?? [];
    const said = map !== undefined && map.rate > 0 ? map.rate : undefined;
    return {
      payloadType,
      encoding: (map?.encoding ?? encoding).toUpperCase(),
      clockRate: said ?? rate,
      channels: map === undefined || !(map.channels > 0) ? channels : map.channels,
      parameters: parameters.get(payloadType) ?? new Map(),
    };
  });
  const direction = ['sendonly', 'recvonly', 'sendrecv', 'inactive'].find(
    (name) => attribute(section, name) !== undefined,
  );
  return {
    ...{ kind, protocol, formats },
    control: attribute(section, 'control'),
    receives: direction === undefined ? (receives ?? false) : direction === 'sendonly',
  };
}

/** `name=value; name=value`; a value may have an equals sign in it, and base64 has. */
function parseParameters(text: string): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>();
  for (const part of text.split(';')) {
    const [, name = '', value = ''] = /^\s*([^=\s]+)\s*=?(.*)$/s.exec(part) ?? [];
    if (name !== '' && !parameters.has(name.toLowerCase())) parameters.set(name.toLowerCase(), value.trim());
  }
  return parameters;
}

function attribute(section: Section, name: string): string | undefined {
  return section.attributes.find((one) => one.name === name)?.value;
}

function attributes(section: Section, name: string): string[] {
  return section.attributes.filter((one) => one.name === name).map(({ value }) => value);
}
