// Text of strangers within a page.

/** Text as HTML shows it, also within quotes. */
export function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (letter) => `&#${String(letter.charCodeAt(0))};`);
}

/** A relative path as an address within a page. */
export function asAddress(path: string): string {
  return escaped(path.split('/').map(encodeURIComponent).join('/'));
}
