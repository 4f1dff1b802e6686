// Lines of capital letters as pixels: text for tests, whatever fonts the machine has.

/** Five columns and seven rows a letter, a digit of base 32 for each row. */
const LETTERS: Readonly<Record<string, string>> = {
  A: 'ehhvhhh',
  B: 'uhhuhhu',
  C: 'ehggghe',
  D: 'uhhhhhu',
  E: 'vgguggv',
  H: 'hhhvhhh',
  I: 'e44444e',
  L: 'ggggggv',
  M: 'hrllhhh',
  N: 'hppljhh',
  O: 'ehhhhhe',
  P: 'uhhuggg',
  R: 'uhhukih',
  S: 'fgge11u',
  T: 'v444444',
  U: 'hhhhhhe',
  V: 'hhhhha4',
  Y: 'hha4444',
};
const [COLUMNS, ROWS] = [5, 7];

/** Where the lines stand. */
export interface Lettering {
  readonly lines: readonly string[];
  /** Columns of the picture. */
  readonly width: number;
  readonly height: number;
  /** Pixels of each side of a dot of a letter. */
  readonly dot: number;
  /** The row that the first line begins at. */
  readonly top: number;
}

/** Draws lines in the middle of a plane of samples. */
export function letter(plane: Uint8Array, { lines, width, height, dot, top }: Lettering, level = 255): void {
  for (const [index, line] of lines.entries()) {
    const left = Math.floor((width - line.length * (COLUMNS + 1) * dot) / 2);
    const first = top + index * (ROWS + 3) * dot;
    for (const [place, character] of [...line].entries())
      for (const [column, row] of dotsOf(character)) {
        const x = left + (place * (COLUMNS + 1) + column) * dot;
        for (let y = first + row * dot; y < first + (row + 1) * dot; y++)
          if (y >= 0 && y < height && x >= 0) plane.fill(level, y * width + x, y * width + Math.min(width, x + dot));
      }
  }
}

/** The rows that a number of lines take, from the first to the last dot. */
export function letteredRows(lines: number, dot: number): number {
  return (lines * (ROWS + 3) - 3) * dot;
}

function dotsOf(character: string): [number, number][] {
  return [...(LETTERS[character] ?? '')].flatMap((digit, row) =>
    Array.from({ length: COLUMNS }, (_, column) => column)
      .filter((column) => (Number.parseInt(digit, 32) >> (COLUMNS - 1 - column)) & 1)
      .map((column): [number, number] => [column, row]),
  );
}
