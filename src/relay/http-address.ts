// Addresses of HTTP: which of them are playlists, and how they are shown.

/** Whether an address is one of HTTP. */
export function isHttp(address: string): boolean {
  return /^https?:\/\//i.test(address);
}

/** Whether an address is that of a playlist, as its path says. */
export function isHls(address: string): boolean {
  return /^https?:\/\/[^?#]*\.m3u8?(?![^/?#.])/i.test(address);
}

/** An address without what may be secret: paths and queries hold tokens. */
export function shownOf(url: URL): string {
  return `${url.protocol}//${url.host}/***`;
}
