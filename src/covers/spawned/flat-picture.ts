// Makes a picture flat where commands run: ffmpeg gives it in deep RGB and in its size, and another one encodes it.
import type { CommandSession } from '../../spawned/index.js';
import { planLayout } from '../../pixels/index.js';
import { flattenPixels } from '../picture/flatten-pixels.js';
import type { CoverShape } from '../cover-params.js';
import type { CoverPlan } from '../shape/plan.js';
import { deepFormat, finishingFilters } from './cover-filters.js';
import type { PictureLook } from './picture-look.js';

/** A picture on its way. */
export interface DeepPicture {
  /** Its planes, tightly packed. */
  readonly deep: Buffer;
  readonly look: PictureLook;
  readonly plan: CoverPlan;
  readonly background: CoverShape['background'];
  /** The arguments that encode it, output included. */
  readonly jpeg: readonly string[];
}

/** The image of a picture. */
export async function encodeFlat(
  session: CommandSession,
  { deep, look, plan, background, jpeg }: DeepPicture,
): Promise<Buffer> {
  const { width, height } = plan.scaled;
  const flat = Buffer.alloc(3 * width * height);
  const layout = planLayout(deepFormat(look), width, height, true);
  const memory = new ArrayBuffer(layout.byteLength);
  deep.copy(new Uint8Array(memory));
  const planes = layout.planes.map(({ offset, rows, stride }) => new Uint16Array(memory, offset, (rows * stride) / 2));
  const strides = layout.planes.map(({ stride }) => stride / 2);
  // From less than 16 bits libswscale makes 16 by a shift: its white is 255 times 256 then.
  const full = /16|48|64/.test(look.pixelFormat) ? 65_535 : 65_280;
  flattenPixels({ width, height, full, planes, strides }, look.map, background, flat, 3 * width);
  const command = session.start({
    command: 'ffmpeg',
    args: [
      ...['-hide_banner', '-nostats', '-loglevel', 'level+info', '-f', 'rawvideo', '-pix_fmt', 'rgb24'],
      ...['-s', `${String(width)}x${String(height)}`, '-i', 'pipe:0', '-frames:v', '1'],
      ...['-filter:v', finishingFilters(plan, background).join(','), ...jpeg],
    ],
    input: true,
  });
  const pieces: Buffer[] = [];
  const taken = command.during(
    command.out.take(Number.POSITIVE_INFINITY, (bytes) => {
      pieces.push(Buffer.from(bytes));
    }),
  );
  await command.write(flat);
  command.finishInput();
  await taken;
  await command.end();
  return Buffer.concat(pieces);
}
