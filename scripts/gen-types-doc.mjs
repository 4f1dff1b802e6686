// Writes docs/reference/options.md and events.md from the documentation of the public types; with --check, fails when one is not
// up to date.
// Usage: node scripts/gen-types-doc.mjs [--check] [repository root]
import { existsSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import ts from 'typescript';

/** The pages, and what makes them. */
const PAGES = { 'docs/reference/options.md': optionsPage, 'docs/reference/events.md': eventsPage };
const MADE =
  '<!-- Made by scripts/gen-types-doc.mjs from the documentation in src/: change it there, run the script. -->';

/** Sections of the page: heading, types that are exported from src/index.ts, what stands above the table. */
const SECTIONS = [
  [
    '`open()` and `engine.open()`',
    ['OpenVideoOptions'],
    'Rejects with `FR_INPUT_*`, or `FR_ARG_INVALID` for wrong options.',
  ],
  ['`probe()`', ['ProbeOptions'], 'What `open()` takes, and:', ['OpenVideoOptions']],
  ['`video.frames()`', ['FramesOptions'], 'Every frame without any; `every`, `at` and `keyframes` exclude each other.'],
  ['`video.framesAt()`', ['FramesAtOptions'], 'All frames in one piece of memory, in the order of the times.'],
  ['`readFrames()`', ['StreamOptions'], 'What `video.frames()` takes, and:'],
  ['`processVideo()` and `startProcess()`', ['ProcessOptions'], 'Decode, filter, transform, encode, publish.'],
  ['`session.update()`', ['ProcessUpdate'], 'From the next frame on; what is left out stays as it is.'],
  ['`createVideo()`', ['VideoSinkOptions'], 'Only `size` has to be given.'],
  ['`video.write()`', ['FrameTimes'], 'When a drawn frame is shown.'],
  ['`new Engine()`', ['PoolOptions'], 'Bounds that hold for everything that an engine runs.'],
  ['`createRelay()`', ['RelayOptions'], 'Throws `FR_ARG_INVALID`; nobody is dialled before `relay.start()`.'],
  [
    '`createRelays()`, and files of `framerail relay --config`',
    ['RelaysConfig'],
    'YAML or JSON; in a file, `${NAME}` is a variable of the environment, and `$${` a plain `${`.',
  ],
  [
    'A relay of `createRelays()`',
    ['DemandConfig'],
    'What `createRelay()` takes, with times as `1s` or `300ms`, bytes as `8M`, a single destination without its list, and:',
  ],
  ['How `createRelays()` runs them', ['RelaysRunOptions'], 'Its second argument.'],
  ['`createCovers()`', ['CoversOptions', 'SandboxOptions'], 'What `new Engine()` takes, and:', ['PoolOptions']],
  ['`cache` of `createCovers()`', ['CoverCacheOptions'], 'Keeps covers that were made.'],
  ['`covers.make()`', ['CoverOptions'], 'One picture from a place of a video.'],
  [
    '`covers.makeAll()`',
    ['CoverSetOptions'],
    'What `make()` takes, with lists of places and sizes:',
    ['CoverFormOptions'],
  ],
  [
    '`covers.batch()`',
    ['CoverBatchOptions'],
    'Covers of what an iterable gives, as results of an asynchronous one; `framerail covers` makes those of folders and manifests.',
  ],
  ['An item of `covers.batch()`', ['CoverBatchItem'], 'The very object comes back with its result.'],
  [
    '`limits` of covers',
    ['CoverLimitOptions'],
    'What one video may ask for; beyond it a call rejects with `FR_INPUT_LIMIT`.',
  ],
  ['`use` of covers', ['CoverUse'], 'In which surroundings covers are shown, for `covers.preheat()`.'],
  ['`covers.preheat()`', ['PreheatOptions'], 'Brings up what will probably be asked for; rejects without a `cache`.'],
  [
    '`covers.storyboard()`',
    ['StoryboardOptions'],
    'Sheets of small pictures in a folder, with WebVTT, JSON and an HLS image media playlist; `framerail storyboard`.',
  ],
  [
    '`covers.preview()`',
    ['PreviewOptions'],
    'An animated WebP or GIF, or a short muted H.264 video; `framerail preview`.',
  ],
];

/** Sections of the page of events: heading, an exported type, what stands above the table. */
const EVENTS = [
  [
    'Of a relay',
    'RelayEventMap',
    "`relay.on('lost', (event) => …)` hears one kind, `relay.on('event', (event) => …)` all of them. Each has its name as `event` and the milliseconds since `start()` as `sinceStartMs`.",
  ],
  [
    'Of many relays',
    'RelaysEventMap',
    "`relays.on('event', (event) => …)` hears these, and those of each relay with its name as `relay`; there is no other event.",
  ],
];
/** What events hold. */
const PARTS = [
  ['`timings` of `origin`', 'OriginTimings'],
  ['`timings` of `connected`', 'DestinationTimings'],
  ['`error`', 'EventError'],
];

function optionsPage({ checker, exported }) {
  const sections = SECTIONS.map(([heading, names, intro, without = []]) => {
    const known = new Set(
      without.flatMap((name) => optionsOf(checker, exported(name)).map(({ name: known }) => known)),
    );
    const rows = names
      .flatMap((name) => optionsOf(checker, exported(name)))
      .filter(({ name }) => !known.has(name))
      .map(({ name, required, type, usual, prose }) => [
        `\`${name}\`${required ? ' (required)' : ''}`,
        `\`${type}\``,
        usual === '' ? '–' : usual,
        prose,
      ]);
    return `## ${heading}\n\n${intro}\n\n${table(['Option', 'Type', 'Default', 'Meaning'], rows)}`;
  });
  return `# Options

${MADE}

Every option of every call, with its unit and its default. Unknown names and wrong values are refused with
\`FR_ARG_INVALID\` and one sentence. An option that is \`undefined\` counts as left out. Times of media are seconds, deadlines
and delays are milliseconds, sizes are \`[columns, rows]\`, bit rates are bits per second.

${sections.join('\n\n')}
`;
}

function eventsPage({ checker, exported }) {
  const events = EVENTS.map(([heading, name, intro]) => {
    const rows = checker.getPropertiesOfType(exported(name)).map((event) => {
      const fields = optionsOf(checker, checker.getTypeOfSymbol(event)).map(
        ({ name: field, required, type }) => `\`${field}${required ? '' : '?'}: ${type}\``,
      );
      return [`\`${event.name}\``, fields.join(', '), proseOf(checker, event)];
    });
    return `## ${heading}\n\n${intro}\n\n${table(['Event', 'Fields', 'Meaning'], rows)}`;
  });
  const parts = PARTS.map(([heading, name]) => {
    const rows = optionsOf(checker, exported(name)).map(({ name: field, type, prose }) => [
      `\`${field}\``,
      `\`${type}\``,
      prose,
    ]);
    return `## ${heading}\n\n${table(['Field', 'Type', 'Meaning'], rows)}`;
  });
  return `# Events of relays

${MADE}

What a relay tells while it runs, as plain JSON: \`framerail relay --json\` prints each as a line, and the same objects come to
listeners in JavaScript. Addresses are without keys and passwords.

${[...events, ...parts].join('\n\n')}
`;
}

function publicTypes(root) {
  const config = ts.getParsedCommandLineOfConfigFile(
    join(root, 'src/tsconfig.json'),
    {},
    { ...ts.sys, onUnRecoverableConfigFileDiagnostic: () => undefined },
  );
  const program = ts.createProgram(config.fileNames, config.options);
  const checker = program.getTypeChecker();
  const index = program.getSourceFile(join(root, 'src/index.ts').replaceAll('\\', '/'));
  const symbols = checker.getExportsOfModule(checker.getSymbolAtLocation(index));
  const exported = (name) => {
    const symbol = symbols.find((one) => one.name === name);
    if (symbol === undefined) throw new Error(`src/index.ts does not export ${name}`);
    return checker.getDeclaredTypeOfSymbol(checker.getAliasedSymbol(symbol));
  };
  return { checker, exported };
}

/** The properties of a type, its own ones first. */
function optionsOf(checker, type) {
  return checker.getPropertiesOfType(type).map((property) => {
    const tag = property.getJsDocTags(checker).find(({ name }) => name === 'defaultValue');
    return {
      name: property.name,
      required: (property.flags & ts.SymbolFlags.Optional) === 0,
      type: typeText(checker, property),
      usual: oneLine(tag === undefined ? '' : ts.displayPartsToString(tag.text)),
      prose: proseOf(checker, property),
    };
  });
}

function proseOf(checker, symbol) {
  return oneLine(ts.displayPartsToString(symbol.getDocumentationComment(checker)));
}

/** The type as one would write it: words of a union in full, and no `undefined`. */
function typeText(checker, property) {
  const declared = checker.getNonNullableType(checker.getTypeOfSymbol(property));
  const isWords = declared.isUnion() && declared.types.every((one) => one.isStringLiteral());
  if (isWords) return declared.types.map((one) => `'${one.value}'`).join(' | ');
  const written = property.valueDeclaration.type.getText();
  return oneLine(written.replace(/\s*\|\s*undefined$/, '').replace(/^\((.*)\)$/s, '$1'));
}

function oneLine(text) {
  return text.replace(/\s+/g, ' ').trim();
}

/** A Markdown table; the formatter aligns it. */
function table(head, rows) {
  const line = (cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

async function main() {
  const args = process.argv.slice(2);
  const root = resolve(args.find((arg) => !arg.startsWith('--')) ?? join(import.meta.dirname, '..'));
  const types = publicTypes(root);
  for (const [name, make] of Object.entries(PAGES)) {
    const page = join(root, name);
    const text = await format(make(types), { ...(await resolveConfig(page)), parser: 'markdown' });
    if (args.includes('--check')) {
      compare(name, existsSync(page) ? readFileSync(page, 'utf8') : '', text);
      continue;
    }
    mkdirSync(dirname(page), { recursive: true });
    writeFileSync(page, text);
    console.log(`wrote ${name}`);
  }
}

/** Throws where a page is not what it should be. */
function compare(name, page, text) {
  const [was, should] = [page, text].map((all) => all.split('\n'));
  const places = Array.from({ length: Math.max(was.length, should.length) }, (_, i) => i + 1);
  const differing = places.filter((line) => was[line - 1] !== should[line - 1]);
  if (differing.length === 0) return;
  const where = `${name}:${differing[0]} differs in ${differing.length} line(s) from the documentation in src/`;
  throw new Error(`${where}: run node scripts/gen-types-doc.mjs`);
}

if (realpathSync(process.argv[1]) === fileURLToPath(import.meta.url))
  main().catch((error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
