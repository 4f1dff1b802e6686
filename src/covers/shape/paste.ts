// Puts pixels into pixels: a colour over all of a picture, a picture onto a larger one.
import { formatShape, type PictureLayout, type Rect } from '../../pixels/index.js';

/** The memory of a picture of planes of bytes, and how it lies there. */
export interface OwnPixels {
  readonly memory: Buffer;
  readonly layout: PictureLayout;
}

/** Fills every plane with its sample. */
export function fill({ memory, layout }: OwnPixels, color: readonly number[]): void {
  for (const [index, { offset, stride, rows }] of layout.planes.entries())
    memory.fill(color[index] ?? 0, offset, offset + stride * rows);
}

/** Copies a picture into its place in a larger one of the same format; a place on even columns and rows keeps chroma. */
export function paste(from: OwnPixels, onto: OwnPixels, place: Pick<Rect, 'x' | 'y'>): void {
  const shapes = formatShape(onto.layout.format) ?? [];
  for (const [index, plane] of onto.layout.planes.entries()) {
    const [source, shape] = [from.layout.planes[index], shapes[index]];
    if (source === undefined || shape === undefined) continue;
    const start = plane.offset + (place.y >> shape.shiftY) * plane.stride + (place.x >> shape.shiftX) * shape.step;
    for (let row = 0; row < source.rows; row++) {
      const at = source.offset + row * source.stride;
      from.memory.copy(onto.memory, start + row * plane.stride, at, at + source.rowBytes);
    }
  }
}
