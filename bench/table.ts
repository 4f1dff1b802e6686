// Tables of plain text: the first column to the left, figures to the right.

/** Lays out rows under a head; the last column is text when its head is empty. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    head
      .map((title, column) => {
        const cell = row[column] ?? '';
        const width = widths[column] ?? 0;
        return column === 0 || title === '' ? cell.padEnd(width) : cell.padStart(width);
      })
      .join('  ')
      .trimEnd();
  return all.map(line).join('\n');
}
