// What was asked of relays by hand, so that a process that replaces another one can be told the same.
import type { RelayCommand } from './host.js';

/** A destination that was added, under the number that it has now. */
interface Added {
  readonly to: string;
  id: number;
}

interface Wishes {
  state: 'start' | 'stop' | undefined;
  readonly added: Set<Added>;
}

/** A command that is given once more, and whom to tell its answer. */
export interface Repeated {
  readonly command: RelayCommand;
  readonly answered: (answer: number | boolean | undefined) => void;
}

/** Remembers commands. */
export class Standing {
  readonly #wishes = new Map<string, Wishes>();

  /**
   * A command was carried out.
   * @param answer - the number of a destination that was added
   */
  hear(name: string, command: RelayCommand, answer: number | boolean | undefined): void {
    const known = this.#wishes.get(name) ?? { state: undefined, added: new Set<Added>() };
    this.#wishes.set(name, known);
    if (command.do === 'add') {
      if (typeof answer === 'number') known.added.add({ to: command.to, id: answer });
    } else if (command.do === 'remove') {
      for (const one of known.added) if (one.id === command.id) known.added.delete(one);
    } else known.state = command.do === 'stop' ? 'stop' : 'start';
  }

  /** The commands that lead to the same. */
  commands(name: string): Repeated[] {
    const { added, state } = this.#wishes.get(name) ?? { added: [], state: undefined };
    const repeated = [...added].map((one): Repeated => ({
      command: { do: 'add', to: one.to },
      answered: (id) => {
        if (typeof id === 'number') one.id = id;
      },
    }));
    return state === undefined ? repeated : [...repeated, { command: { do: state }, answered: () => undefined }];
  }

  forget(name: string): void {
    this.#wishes.delete(name);
  }
}
