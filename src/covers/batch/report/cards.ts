// What a report shows of single covers and failures.
import { formatBytes, formatClock } from '../../../base/index.js';
import type { FailedCover, KeptCover, MadeCover } from '../run/events.js';
import type { CoverFileRecord } from '../state/batch-state.js';
import { asAddress, escaped } from './escape.js';

const MIME = { jpg: 'image/jpeg', webp: 'image/webp', avif: 'image/avif', png: 'image/png' } as const;

/** A cover that was made. @param embedded - whether its pictures are within the page, and not beside it */
export function madeCard(cover: MadeCover, prefix: string, embedded: boolean): string {
  const { files, covers, runMs } = cover;
  const pictures = files.map((file, i) => {
    const data = covers.images[i]?.data;
    return picture(file, embedded && data !== undefined ? dataAddress(file, data) : address(file, prefix));
  });
  const times = covers.shots.map(({ pts }) => formatClock(pts)).join(', ');
  const damaged = covers.shots.some((shot) => shot.damaged) ? [' <strong>damaged</strong>'] : [];
  const reasons = [...new Set(covers.shots.flatMap(({ choice }) => choice?.reasons ?? []))];
  const facts = `<p class="facts">at ${times} · ${sizeOf(files)} · ${runMs.toFixed(0)} ms${damaged.join('')}</p>`;
  const why = reasons.length === 0 ? '' : `<p class="why">${escaped(reasons.join(' '))}</p>`;
  return card('made', pictures, files, `${facts}${why}${origin(cover)}`);
}

/** A cover of an earlier run. */
export function keptCard(cover: KeptCover, prefix: string): string {
  const { files } = cover;
  const pictures = files.map((file) => picture(file, address(file, prefix)));
  return card('kept', pictures, files, `<p class="facts">kept · ${sizeOf(files)}</p>${origin(cover)}`);
}

/** A failure. */
export function failureRow({ source, code, message, manifest, line }: FailedCover): string {
  const where = manifest === null ? source : `${manifest}${line === null || line === 0 ? '' : `:${String(line)}`}`;
  return `<tr><td><code>${escaped(code)}</code></td><td>${escaped(message)}</td><td>${escaped(where)}</td></tr>\n`;
}

function card(kind: string, pictures: readonly string[], files: readonly CoverFileRecord[], text: string): string {
  const name = files[0]?.name ?? '';
  const more = files.length > 1 ? ` and ${String(files.length - 1)} more` : '';
  const heading = `<h3 title="${escaped(name)}">${escaped(name)}${more}</h3>`;
  return `<li class="card ${kind}"><div class="pictures">${pictures.join('')}</div>${heading}${text}</li>\n`;
}

function picture({ name, width, height }: CoverFileRecord, source: string): string {
  const size = `width="${String(width)}" height="${String(height)}"`;
  return `<img src="${source}" ${size} alt="${escaped(name)}" loading="lazy" decoding="async">`;
}

function address({ name }: CoverFileRecord, prefix: string): string {
  return asAddress(prefix === '' ? name : `${prefix}/${name}`);
}

function dataAddress({ name }: CoverFileRecord, data: Uint8Array): string {
  const ending = name.slice(name.lastIndexOf('.') + 1) as keyof typeof MIME;
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return `data:${MIME[ending]};base64,${bytes.toString('base64')}`;
}

function sizeOf(files: readonly CoverFileRecord[]): string {
  const sizes = files.map(({ width, height }) => `${String(width)}x${String(height)}`).join(', ');
  return `${sizes} · ${formatBytes(files.reduce((sum, { bytes }) => sum + bytes, 0))}`;
}

function origin({ source, manifest, line, id }: MadeCover | KeptCover): string {
  const row = manifest === null ? '' : ` (${escaped(manifest)}:${String(line ?? 0)})`;
  return `<p class="source">${id === null ? '' : `${escaped(id)} · `}${escaped(source)}${row}</p>`;
}
