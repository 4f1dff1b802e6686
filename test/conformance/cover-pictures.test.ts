// Covers show what is meant, however it is stored: colours, light, transparency, geometry. The table of what was seen is
// docs/reference/cover-pictures.md.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { alphas } from '../support/cover-pictures/alpha-cases.js';
import { layouts, meanings } from '../support/cover-pictures/color-cases.js';
import { geometries } from '../support/cover-pictures/geometry-cases.js';
import { images } from '../support/cover-pictures/image-cases.js';
import { lights } from '../support/cover-pictures/light-cases.js';
import { patchColors, PATCHES } from '../support/cover-pictures/patches.js';
import type { PictureCase } from '../support/cover-pictures/picture-case.js';
import { sharedCovers } from '../support/covers.js';

const PAGE = '../../docs/reference/cover-pictures.md';
const GROUPS: readonly (readonly [name: string, about: string, cases: readonly PictureCase[]])[] = [
  [
    'What samples mean',
    'By the tags of the picture, else by those of the container, else by the size; what carries no transfer of HDR stays as bright as it is.',
    meanings,
  ],
  ['How samples lie', 'Eight, ten and twelve bits, every subsampling, RGB, gray and palettes.', layouts],
  [
    'HDR',
    'Mapped by its transfer to sRGB with the curve of ITU-R BT.2390; paper white is 203 cd/m² (ITU-R BT.2408). `toneMapped` of the cover says so.',
    lights,
  ],
  ['Transparency', 'Over a `background` of 200, 100, 50; patches of 100, 50 and 0 % opacity.', alphas],
  ['Geometry', 'The size is that of the cover without a `size` of its own.', geometries],
  [
    'Images and pictures beside the media',
    'A file of sound gives its picture; beside a video the video goes first.',
    images,
  ],
];

const covers = sharedCovers({ workers: 2 });
let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'framerail-pictures-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Rows of the page, by group. */
const seen = new Map<string, string[][]>();

describe.each(GROUPS)('%s', (group, _, cases) => {
  test.each(cases.map((one) => [one.file, one] as const))('%s', async (_file, one) => {
    const { size = [160, 96], colors = PATCHES, turn = { turn: 0, mirror: false }, within = 3 } = one;
    const path = await one.make(folder);
    const cover = await covers.make(path, { at: 0, quality: 100, ...one.options });
    expect([cover.width, cover.height]).toEqual(size);
    expect(cover.toneMapped).toBe(one.toneMapped ?? null);
    const shown = patchColors(await sharp(cover.data).raw().toBuffer(), size, turn);
    for (const [patch, color] of shown.entries())
      for (const [channel, part] of color.entries())
        expect(Math.abs(part - colors[patch]![channel]!), `patch ${String(patch)}: ${String(color)}`).toBeLessThan(
          within + 0.5,
        );
    seen.set(group, [...(seen.get(group) ?? []), [one.what, one.file, size.join('x'), `within ${String(within)}`]]);
  });
});

describe('the page', () => {
  afterAll(() => {
    seen.clear();
  });

  test('says what was seen', async () => {
    const sections = GROUPS.flatMap(([group, about]) => [
      `## ${group}`,
      '',
      about,
      '',
      '| Picture | File | Shown as | Colours |',
      '| --- | --- | --- | --- |',
      ...(seen.get(group) ?? []).map((row) => `| ${row.join(' | ')} |`),
      '',
    ]);
    const lines = [
      '# Pictures of covers',
      '',
      '<!-- Made by test/conformance/cover-pictures.test.ts: run it with -u to write this page. -->',
      '',
      'What covers were seen to show of clips that ffmpeg makes of eight patches of known colour. The last column says how far',
      'any part of any colour was from what is right, of 255.',
      '',
      ...sections,
    ];
    const { format, resolveConfig } = await import('prettier');
    const options = await resolveConfig(new URL(PAGE, import.meta.url).pathname);
    const page = await format(lines.join('\n'), { ...options, parser: 'markdown' });
    await expect(page).toMatchFileSnapshot(PAGE);
  });
});
