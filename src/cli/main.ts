// The command line: finds the command, runs it, and turns every failure into one sentence and an exit code.
import { createRequire } from 'node:module';
import { Command, CommanderError } from 'commander';
import { isFramerailError } from '../base/index.js';
import { commands } from './commands/index.js';
import { interruptedCode } from './interrupt.js';
import { fail, type Failure } from './output.js';

/** Exit codes: 0 success, 1 failure, 2 wrong usage. */
const USAGE = 2;

const { version } = createRequire(import.meta.url)('../../package.json') as { version: string };
const program = new Command('framerail')
  .version(version)
  .description('A media engine on FFmpeg: frames into JavaScript and back, live relays, covers of videos.')
  .exitOverride()
  .configureOutput({ outputError: () => undefined })
  .showHelpAfterError(false);

// Only the named command is loaded; without a known name it is help that is wanted, and that lists all of them.
const named = commands[process.argv[2] ?? ''];
for (const load of named === undefined ? Object.values(commands) : [named]) {
  const command = await load();
  command.define(
    program
      .command(command.name)
      .exitOverride()
      .configureOutput({ outputError: () => undefined }),
  );
}

// A reader that has seen enough closes the pipe: that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  process.stderr.write(
    `framerail: Standard output could not be written: ${error.code ?? error.message}. (FR_OUTPUT_FAILED)\n`,
  );
  process.exit(1);
});

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    if (error.exitCode !== 0) fail(usageFailure(error), USAGE);
    // Help was asked for and was printed.
    else if (error.code === 'commander.help') fail({ code: 'FR_ARG_INVALID', message: 'Name a command.' }, USAGE);
  } else {
    const wrongUsage = isFramerailError(error) && error.code === 'FR_ARG_INVALID';
    fail(toFailure(error), wrongUsage ? USAGE : (interruptedCode() ?? 1));
  }
}

function usageFailure(error: CommanderError): Failure {
  // commander puts its suggestion on a line of its own.
  const message = error.message
    .replace(/\s*\n\s*/g, ' ')
    .replace(/^error: /, '')
    .replace(/^\(outputHelp\)$/, 'name a command');
  return {
    code: 'FR_ARG_INVALID',
    message: `${message.charAt(0).toUpperCase()}${message.slice(1)}; see framerail${named === undefined ? '' : ` ${String(process.argv[2])}`} --help.`,
  };
}

function toFailure(error: unknown): Failure {
  if (isFramerailError(error)) return { code: error.code, message: error.message, details: error.details };
  const stack = error instanceof Error ? error.stack : undefined;
  return { code: 'FR_INTERNAL', message: `Unexpected failure inside framerail: ${stack ?? String(error)}` };
}
