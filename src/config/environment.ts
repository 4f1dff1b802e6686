// `${NAME}` in the text of a configuration: secrets stand in the environment, not in a file.
import { FramerailError } from '../base/index.js';

/** Where variables come from. */
export type Environment = Readonly<Record<string, string | undefined>>;

const PLACE = /\$\$\{|\$\{([^}]*)(\}?)/g;
const NAME = /^[A-Za-z_]\w*$/;
/** Values shorter than this are no secrets, and would be found everywhere. */
const SECRET = 4;

/** Puts variables into texts, and remembers what must not be shown. */
export class Variables {
  readonly #environment: Environment;
  readonly #used = new Map<string, string>();

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  /**
   * The text with its variables; `$${` stands for a plain `${`.
   * @throws FramerailError with FR_ARG_INVALID when one is not set, or is empty
   */
  fill(name: string, text: string): string {
    return text.replaceAll(PLACE, (place, variable: string | undefined, end: string | undefined) => {
      if (variable === undefined) return '${';
      if (end === '' || !NAME.test(variable))
        throw new FramerailError('FR_ARG_INVALID', `Expected the name of a variable in each \${} of \`${name}\`.`, {
          details: { argument: name },
        });
      const value = this.#environment[variable] ?? '';
      if (value === '')
        throw new FramerailError('FR_ARG_INVALID', `The variable ${variable} of \`${name}\` is not set.`, {
          details: { argument: name, variable },
        });
      this.#used.set(value, place);
      return value;
    });
  }

  /** All texts within a value, filled. */
  fillAll(name: string, value: unknown): unknown {
    if (typeof value === 'string') return this.fill(name, value);
    if (Array.isArray(value)) return value.map((item, i) => this.fillAll(`${name}[${String(i)}]`, item));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, this.fillAll(`${name}.${key}`, item)] as const),
    );
  }

  /** A message in which values of variables may be quoted, without them. */
  hide(message: string): string {
    let hidden = message;
    for (const [value, place] of this.#used) {
      if (value.length < SECRET) continue;
      const quoted = JSON.stringify(value).slice(1, -1);
      hidden = hidden.replaceAll(quoted, place).replaceAll(value, place);
      // Long texts are quoted by their beginning.
      for (let length = Math.min(quoted.length, QUOTED); length >= SECRET; length--) {
        const cut = `${quoted.slice(0, length)}...`;
        if (hidden.includes(cut)) hidden = hidden.replaceAll(cut, `${place}...`);
      }
    }
    return hidden;
  }
}

/** Characters of a text that messages quote at most. */
const QUOTED = 80;
