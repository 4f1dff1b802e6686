// Texts with columns in them, such as `{sku}-{locale}`; `{{` and `}}` stand for the brackets themselves.
import { argumentError } from '../../../base/index.js';

/** A piece of a template: text as it is, or the value of a column. */
type Piece = { readonly text: string } | { readonly column: string };

const PIECE = /\{\{|\}\}|\{([^{}]*)\}|[{}]/g;

/** A text with columns in it. */
export class Template {
  readonly #pieces: readonly Piece[];

  /** Throws FR_ARG_INVALID. @param name - of what it is for, in messages */
  constructor(name: string, source: string) {
    const pieces: Piece[] = [];
    let end = 0;
    for (const match of source.matchAll(PIECE)) {
      const [whole, column] = match;
      if (match.index > end) pieces.push({ text: source.slice(end, match.index) });
      end = match.index + whole.length;
      if (column !== undefined && column.trim() !== '') pieces.push({ column: column.trim() });
      else if (whole === '{{' || whole === '}}') pieces.push({ text: whole.charAt(0) });
      else throw argumentError(name, 'a template such as {sku}-{locale}', source);
    }
    if (end < source.length) pieces.push({ text: source.slice(end) });
    this.#pieces = pieces;
  }

  /** Whether a text is a template, and not the name of a column. */
  static is(source: string): boolean {
    return /[{}]/.test(source);
  }

  /** The columns in it. */
  get columns(): readonly string[] {
    return this.#pieces.flatMap((piece) => ('column' in piece ? [piece.column] : []));
  }

  /**
   * The text with values in it.
   * @param valueOf - gives the text of a column, or undefined where there is none: then the whole has none
   */
  fill(valueOf: (column: string) => string | undefined): string | undefined {
    let text = '';
    for (const piece of this.#pieces) {
      const part = 'text' in piece ? piece.text : valueOf(piece.column);
      if (part === undefined) return undefined;
      text += part;
    }
    return text;
  }
}
