// Where each stream begins, as the answer to PLAY tells it (RFC 2326 12.33).

/**
 * The timestamps with which streams begin, in the order of their addresses; undefined for those of which nothing is said.
 * @param value - of the header `RTP-Info`
 */
export function announcedTimes(value: string | undefined, urls: readonly string[]): (number | undefined)[] {
  // An address may have commas in it.
  const entries = (value ?? '').split(/,(?=\s*url\s*=)/i).map(parseEntry);
  return urls.map((url, i) => {
    const named = entries.find((entry) => entry.url !== '' && isSame(entry.url, url));
    // Servers behind others name themselves as those do not know them: then the order counts.
    return (named ?? (entries.length === urls.length ? entries[i] : undefined))?.time;
  });
}

function parseEntry(text: string): { readonly url: string; readonly time: number | undefined } {
  const url = /(?:^|;)\s*url\s*=\s*"?([^;"]*)/i.exec(text)?.[1] ?? '';
  const time = /;\s*rtptime\s*=\s*(\d+)/i.exec(text)?.[1];
  return { url: url.trim(), time: time === undefined ? undefined : Number(time) % 2 ** 32 };
}

function isSame(said: string, url: string): boolean {
  return said === url || url.endsWith(`/${said.replace(/^\/+/, '')}`);
}
