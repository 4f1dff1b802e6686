// The attribute lists of playlists (RFC 8216 section 4.2), and the variables in them (rfc8216bis section 4.3).

/** Attributes by their names; quoted values stand without their quotes. */
export type Attributes = ReadonlyMap<string, string>;

/** Reads a list; what is none ends it, as servers write many things. Its time grows with its length alone. */
export function parseAttributes(text: string): Attributes {
  const found = new Map<string, string>();
  for (let at = 0; at < text.length;) {
    const equals = text.indexOf('=', at);
    if (equals < 0) break;
    const name = text.slice(at, equals).trim();
    if (!/^[A-Z0-9-]{1,100}$/.test(name)) break;
    const [value, end] = valueAt(text, equals + 1);
    if (!found.has(name)) found.set(name, value);
    at = end;
  }
  return found;
}

/** The value that begins at a place, and where the next attribute begins. */
function valueAt(text: string, from: number): readonly [string, number] {
  const comma = endOf(text, ',', from);
  const bare = text.slice(from, comma);
  // Only what is quoted from its first letter on may hold commas.
  if (!bare.trimStart().startsWith('"')) return [bare.trim(), comma + 1];
  const begin = text.indexOf('"', from) + 1;
  const closing = endOf(text, '"', begin);
  return [text.slice(begin, closing), endOf(text, ',', closing) + 1];
}

function endOf(text: string, mark: string, from: number): number {
  const found = text.indexOf(mark, from);
  return found < 0 ? text.length : found;
}

/** A decimal number of seconds or bits that is not negative; undefined where there is none. */
export function decimal(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}(\.\d*)?$/.test(text) ? Number(text) : undefined;
}

/** A decimal number that may be negative. */
export function signedDecimal(text: string | undefined): number | undefined {
  const size = decimal(text?.replace(/^-/, ''));
  return size !== undefined && text?.startsWith('-') === true ? -size : size;
}

/** Bytes of a sequence such as `0x00ff`, filled up with zeros in front; undefined for another text, or too long a one. */
export function hexadecimal(text: string | undefined, bytes: number): Buffer | undefined {
  const digits = text === undefined ? undefined : /^0[xX]([\da-fA-F]+)$/.exec(text)?.[1];
  if (digits === undefined || digits.length > 2 * bytes) return undefined;
  return Buffer.from(digits.padStart(2 * bytes, '0'), 'hex');
}

/** Variables of a playlist: `{$name}` stands for a value that EXT-X-DEFINE gave. */
export class Variables {
  readonly #values = new Map<string, string>();
  readonly #imported: Variables | undefined;
  readonly #query: URLSearchParams;

  /**
   * @param imported - those of the multivariant playlist, which media playlists may import
   * @param url - of the playlist itself, whose query may be read
   */
  constructor(url: URL, imported?: Variables) {
    this.#imported = imported;
    this.#query = url.searchParams;
  }

  /** Takes an EXT-X-DEFINE; false for one that defines nothing. */
  define(attributes: Attributes): boolean {
    const [name, value] = [attributes.get('NAME'), attributes.get('VALUE')];
    const [inherited, parameter] = [attributes.get('IMPORT'), attributes.get('QUERYPARAM')];
    if (name !== undefined && value !== undefined) return this.#set(name, value);
    if (inherited !== undefined) return this.#set(inherited, this.#imported?.value(inherited));
    return parameter !== undefined && this.#set(parameter, this.#query.get(parameter) ?? undefined);
  }

  /** What a name stands for; undefined where it was not defined. */
  value(name: string): string | undefined {
    return this.#values.get(name);
  }

  /** A text with its variables filled in; undefined where one of them is not defined. */
  fill(text: string): string | undefined {
    if (!text.includes('{$')) return text;
    let whole = true;
    const filled = text.replace(/\{\$([\w-]+)\}/g, (_, name: string) => {
      const value = this.#values.get(name);
      whole &&= value !== undefined;
      return value ?? '';
    });
    return whole ? filled : undefined;
  }

  #set(name: string, value: string | undefined): boolean {
    if (value === undefined) return false;
    this.#values.set(name, value);
    return true;
  }
}
