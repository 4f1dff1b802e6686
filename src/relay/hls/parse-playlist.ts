// Reads playlists, strictly where a mistake would lead astray, and not where players do not look either.
import { decimal, parseAttributes, signedDecimal, Variables, type Attributes } from './attributes.js';
import { malformed, SegmentList } from './segment-list.js';
import type { MediaPlaylist, MultivariantPlaylist, Playlist, Rendition, Variant } from './playlist.js';

/** One line: a tag with what stands behind its colon, or an address. */
type Line = { readonly tag: string; readonly value: string } | { readonly uri: string };

/** Tags that only playlists of segments have. */
const OF_SEGMENTS = /^#EXT(INF:|-X-(TARGETDURATION|MEDIA-SEQUENCE|PART-INF|ENDLIST|PART:))/m;
/** Tags that only playlists of playlists have. */
const OF_VARIANTS = /^#EXT-X-(STREAM-INF|MEDIA|I-FRAME-STREAM-INF|SESSION-DATA|SESSION-KEY):/m;
/** Entries of a multivariant playlist at most. */
const MOST_STREAMS = 2000;

/** What a playlist is read with. */
export interface PlaylistContext {
  /** Where it was found, whose query its variables may read. */
  readonly url: URL;
  /** Of the multivariant playlist that leads to it. */
  readonly variables?: Variables | undefined;
}

/**
 * Reads a playlist.
 * @param text - the whole of it; throws FR_RELAY_PROTOCOL for what is none
 */
export function parsePlaylist(text: string, context: PlaylistContext): Playlist {
  const body = text.startsWith('\uFEFF') ? text.slice(1) : text;
  if (!/^#EXTM3U[ \t]*(\r?\n|$)/.test(body)) throw malformed('it does not begin with #EXTM3U');
  const variables = new Variables(context.url, context.variables);
  const [segments, variants] = [OF_SEGMENTS.test(body), OF_VARIANTS.test(body)];
  if (segments && variants) throw malformed('it lists both segments and playlists');
  if (variants) return multivariant(body, variables);
  if (segments) return media(body, variables);
  throw malformed('it lists neither segments nor playlists');
}

function media(body: string, variables: Variables): MediaPlaylist {
  const list = new SegmentList();
  const about = {
    ...{ targetDuration: 0, ended: false, canBlock: false },
    ...{ start: undefined as number | undefined, holdBack: undefined as number | undefined },
  };
  for (const line of linesOf(body, variables)) {
    if ('uri' in line) {
      list.add(line.uri);
      continue;
    }
    const { tag, value } = line;
    if (tag === 'TARGETDURATION') about.targetDuration = decimal(value) ?? 0;
    else if (tag === 'ENDLIST') about.ended = true;
    else if (tag === 'START') about.start = signedDecimal(parseAttributes(value).get('TIME-OFFSET'));
    else if (tag === 'SERVER-CONTROL') {
      const control = parseAttributes(value);
      about.canBlock = control.get('CAN-BLOCK-RELOAD') === 'YES';
      about.holdBack = decimal(control.get('HOLD-BACK'));
    } else list.tag(tag, value);
  }
  const { segments, mediaSequence } = list;
  // Where nothing is said, the longest segment says it; a round number of seconds, as the tag has it.
  const longest = segments.reduce((most, { duration }) => Math.max(most, duration), 0);
  const targetDuration = about.targetDuration > 0 ? about.targetDuration : Math.max(1, Math.round(longest));
  return { kind: 'media', ...about, targetDuration, mediaSequence, segments };
}

function multivariant(body: string, variables: Variables): MultivariantPlaylist {
  const variants: Variant[] = [];
  const renditions: Rendition[] = [];
  let pending: Attributes | undefined;
  for (const line of linesOf(body, variables)) {
    if ('uri' in line) {
      // An address without a tag of its own is no variant.
      if (pending !== undefined) variants.push(variantOf(pending, line.uri));
      pending = undefined;
    } else if (line.tag === 'STREAM-INF') pending = parseAttributes(line.value);
    else if (line.tag === 'MEDIA') renditions.push(renditionOf(parseAttributes(line.value)));
    if (variants.length + renditions.length > MOST_STREAMS) throw malformed('it lists too many streams');
  }
  if (variants.length === 0) throw malformed('it lists no stream');
  return { kind: 'multivariant', variants, renditions, variables };
}

function variantOf(attributes: Attributes, uri: string): Variant {
  const codecs = attributes.get('CODECS') ?? '';
  return {
    uri,
    bandwidth: decimal(attributes.get('BANDWIDTH')) ?? 0,
    codecs: codecs.split(',').flatMap((codec) => (codec.trim() === '' ? [] : [codec.trim()])),
    resolution: attributes.get('RESOLUTION'),
    audio: attributes.get('AUDIO'),
  };
}

function renditionOf(attributes: Attributes): Rendition {
  return {
    type: attributes.get('TYPE') ?? '',
    group: attributes.get('GROUP-ID') ?? '',
    name: attributes.get('NAME') ?? '',
    uri: attributes.get('URI'),
    byDefault: attributes.get('DEFAULT') === 'YES',
    autoselect: attributes.get('AUTOSELECT') === 'YES',
  };
}

/** Lines that say something; comments and tags of others are left out. */
function* linesOf(body: string, variables: Variables): Generator<Line> {
  for (let at = 0; at < body.length;) {
    const found = body.indexOf('\n', at);
    const end = found < 0 ? body.length : found;
    const line = body.slice(at, end).trim();
    at = end + 1;
    if (line === '' || (line.startsWith('#') && !line.startsWith('#EXT'))) continue;
    const read = line.startsWith('#') ? tagOf(line, variables) : { uri: filled(line, variables) };
    if (read !== undefined) yield read;
  }
}

function tagOf(line: string, variables: Variables): Line | undefined {
  const colon = line.indexOf(':');
  const name = colon < 0 ? line : line.slice(0, colon);
  const value = colon < 0 ? '' : line.slice(colon + 1);
  if (name === '#EXTINF') return { tag: 'INF', value };
  if (!name.startsWith('#EXT-X-')) return undefined;
  const tag = name.slice('#EXT-X-'.length);
  if (tag !== 'DEFINE') return { tag, value: filled(value, variables) };
  if (!variables.define(parseAttributes(value))) throw malformed('it defines a variable without a value');
  return undefined;
}

function filled(text: string, variables: Variables): string {
  const whole = variables.fill(text);
  if (whole === undefined) throw malformed('it uses a variable that it does not define');
  return whole;
}
