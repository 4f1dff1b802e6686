// What a command says on standard error: warnings and errors, apart from what it reports for us.

/** One message of FFmpeg. */
export interface CommandLine {
  readonly level: 'error' | 'warning';
  readonly text: string;
}

/** A line as `-loglevel level+...` makes it: who speaks, how grave it is, and what is said. */
const SHAPE = /^(?:\[[^\]]* @ [^\]]*\] )*\[(\w+)\] (.*)$/;
const GRAVE = /^(error|fatal|panic)$/;
/**
 * Said of every full-range YUV picture, of packets that we copy beside the decoder without their times, and of pictures
 * that come over a pipe: one after another, and no more than were asked for.
 */
const NOISE =
  /^deprecated pixel format used|^Thread message queue blocking|not enough frames to estimate rate|^No information about the input framerate|^Neither bitrate nor constrained quality|^Timestamps are unset in a packet|^\s*Last message repeated/;
const LIMIT = 50;
const REFUSED = /Error (while decoding stream|submitting (a )?packet to decoder)/;

/** The messages of one command; the first and the last ones where there are many. */
export class CommandLog {
  readonly #lines: CommandLine[] = [];
  #dropped = 0;
  /** Packets that the decoder refused. */
  refusedPackets = 0;

  /** Takes a line; gives the text of one that is neither warning nor error back. */
  hear(line: string): string | undefined {
    const found = SHAPE.exec(line);
    const [, level = '', text = ''] = found ?? [];
    if (found === null) return undefined;
    const grave = GRAVE.test(level);
    if (!grave && level !== 'warning') return text;
    if (REFUSED.test(text)) this.refusedPackets += 1;
    if (text.trim() === '' || NOISE.test(text) || this.#lines.at(-1)?.text === text) return undefined;
    if (this.#lines.length >= LIMIT) {
      // The first messages tell the cause, the last ones where it ended: drop from the middle.
      this.#lines.splice(LIMIT / 2, 1);
      this.#dropped += 1;
    }
    this.#lines.push({ level: grave ? 'error' : 'warning', text: text.trim() });
    return undefined;
  }

  /** What was said so far. */
  get lines(): readonly CommandLine[] {
    if (this.#dropped === 0) return this.#lines;
    return [...this.#lines, { level: 'warning', text: `${String(this.#dropped)} more messages` }];
  }

  /** The first error, which mostly tells the cause. */
  get firstError(): string | undefined {
    return this.#lines.find(({ level }) => level === 'error')?.text;
  }
}
