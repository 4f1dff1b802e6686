// What was asked of relays by hand, so that a process that replaces another one can be told the same.
import type { RelayCommand } from './host.js';

interface Wishes {
  state: 'start' | 'stop' | undefined;
  /** Destinations that were added, by their numbers. */
  readonly added: Map<number, string>;
}

/** Remembers commands. */
export class Standing {
  readonly #wishes = new Map<string, Wishes>();

  /**
   * A command was carried out.
   * @param answer - the number of a destination that was added
   */
  hear(name: string, command: RelayCommand, answer: number | boolean | undefined): void {
    const known = this.#wishes.get(name) ?? { state: undefined, added: new Map<number, string>() };
    this.#wishes.set(name, known);
    if (command.do === 'add') {
      if (typeof answer === 'number') known.added.set(answer, command.to);
    } else if (command.do === 'remove') known.added.delete(command.id);
    else known.state = command.do === 'stop' ? 'stop' : 'start';
  }

  /** The commands that lead to the same; they are forgotten, as carrying them out is heard again. */
  commands(name: string): RelayCommand[] {
    const known = this.#wishes.get(name);
    this.#wishes.delete(name);
    if (known === undefined) return [];
    return [
      ...[...known.added.values()].map((to) => ({ do: 'add', to }) as const),
      ...(known.state === undefined ? [] : [{ do: known.state }]),
    ];
  }

  forget(name: string): void {
    this.#wishes.delete(name);
  }
}
