// What ffmpeg makes of bytes of our own.
import { FramerailError } from '../../base/index.js';
import type { CommandSession } from '../../spawned/index.js';

/** Runs ffmpeg on bytes of our own; throws FR_ENCODE_FAILED when it gives nothing. */
export async function filtered(
  session: CommandSession,
  input: Uint8Array,
  args: readonly string[],
): Promise<Uint8Array> {
  const command = session.start({
    command: 'ffmpeg',
    args: ['-hide_banner', '-nostats', '-loglevel', 'level+error', ...args],
    input: true,
  });
  const pieces: Buffer[] = [];
  const output = command.during(
    command.out.take(Number.POSITIVE_INFINITY, (bytes) => {
      pieces.push(Buffer.from(bytes));
    }),
  );
  await command.flush(input);
  command.finishInput();
  await output;
  const ended = await command.end();
  if (ended?.code !== 0 || pieces.length === 0)
    throw new FramerailError('FR_ENCODE_FAILED', 'ffmpeg could not encode a cover, or read it back.', {
      details: { log: command.log.lines },
    });
  return Uint8Array.from(Buffer.concat(pieces));
}
