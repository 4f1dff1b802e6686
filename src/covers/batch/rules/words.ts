// Values as words: what conditions, maps and templates compare.

/** The text of a value, without blanks around it; undefined for what has none: lists, maps and nothing at all. */
export function wordOf(value: unknown): string | undefined {
  switch (typeof value) {
    case 'string':
      return value.trim();
    case 'number':
    case 'bigint':
    case 'boolean':
      return String(value);
    default:
      return undefined;
  }
}
