// Cookies that servers of HLS hand out with a playlist and want back with its segments; kept for one connection.

const MOST = 32;
const MOST_BYTES = 4096;

/** Cookies by the host that set them: they go back to that very host, and to no other. */
export class Cookies {
  readonly #hosts = new Map<string, Map<string, string>>();

  /** Takes the `Set-Cookie` headers of an answer. */
  take(url: URL, headers: readonly string[] | undefined): void {
    for (const header of headers ?? []) {
      const [pair = '', ...attributes] = header.split(';');
      const equals = pair.indexOf('=');
      const name = pair.slice(0, Math.max(0, equals)).trim();
      if (name === '' || pair.length > MOST_BYTES || !/^[\x21-\x7e ]+$/.test(pair)) continue;
      const gone = attributes.some((one) => /^\s*max-age\s*=\s*(0|-\d+)\s*$/i.test(one));
      this.#set(url.hostname, name, gone ? undefined : pair.slice(equals + 1).trim());
    }
  }

  /** The header for a request; undefined where there is nothing to send. */
  header(url: URL): string | undefined {
    const known = this.#hosts.get(url.hostname);
    if (known === undefined || known.size === 0) return undefined;
    return [...known].map(([name, value]) => `${name}=${value}`).join('; ');
  }

  #set(host: string, name: string, value: string | undefined): void {
    const known = this.#hosts.get(host) ?? new Map<string, string>();
    known.delete(name);
    if (value !== undefined && known.size < MOST) known.set(name, value);
    if (this.#hosts.has(host) || this.#hosts.size < MOST) this.#hosts.set(host, known);
  }
}
