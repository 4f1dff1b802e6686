// The little of fluent-ffmpeg that the bench calls; the package itself has no types.
declare module 'fluent-ffmpeg' {
  import type { Readable, Writable } from 'node:stream';

  interface FfmpegCommand {
    inputOptions(options: readonly string[]): this;
    outputOptions(options: readonly string[]): this;
    on(event: 'end', listener: () => void): this;
    on(event: 'error', listener: (error: Error) => void): this;
    pipe(target: Writable, options: { readonly end: boolean }): Writable;
    save(path: string): this;
  }

  export default function ffmpeg(input: string | Readable): FfmpegCommand;
}
