// How one encoder of FFmpeg spells what callers wish for.

/** One encoder's spelling. */
export interface Spelling {
  /** The option of constant quality and its worst and best value. */
  readonly quality?: readonly [option: string, worst: number, best: number];
  /** Options that take the same value as that of quality. */
  readonly sameQuality?: readonly string[];
  /** What else constant quality needs. */
  readonly withQuality?: Readonly<Record<string, string>>;
  /** What else an upper bound of the bit rate needs; missing where an encoder has none, or not beside an average. */
  readonly maxBitrate?: Readonly<Record<string, string>>;
  /** The options that keep every sample; empty for encoders that always do. */
  readonly lossless?: Readonly<Record<string, string>> | undefined;
  readonly lowLatency?: Readonly<Record<string, string>>;
  /** What it is always told: to keep its thoughts to itself, for instance. */
  readonly always?: Readonly<Record<string, string>>;
  /** What it is told where nobody says how good or how large; a bit rate that fits the picture, for some. */
  readonly habit?: Readonly<Record<string, string>> | 'bitrate';
}
