// What lies around a picture that does not fill its cover, in FFmpeg's filters: both engines draw the same.
import { coverCrop, type Rect, type Size } from '../../pixels/index.js';

/** Borders of one colour, of the picture itself, or of its own edges. */
export type CoverBorder = 'color' | 'blur' | 'extend';

/** The longer side of the small picture that a background is made at; it is scaled up from there. */
const SMALL_SIDE = 96;
/** How far a background is blurred, in pixels of the small picture: about a thirtieth of the cover. */
const BLUR = 3;
/** How bright a blurred background is beside the picture, so that the picture stands out. */
const DIMMED = 0.65;
/** How much of the picture at its edge gives the colours of the border: enough to pass over a black line. */
const STRIP = 0.04;
/** How far the colours of an edge are blurred along it, as a part of its length: no stripes are left. */
const EDGE_BLUR = 1 / 8;

/**
 * The filters that make a whole background of the picture that will lie on it.
 * @param place - where the picture lies; what the filters take has its size
 * @param box - the size of the cover
 */
export function backgroundFilters(border: 'blur' | 'extend', place: Rect, box: Size): string {
  const small = smallOf(box);
  const background = border === 'blur' ? blurred(place, box, small) : extended(place, box, small);
  return `${background},scale=${text(box)}:flags=bicubic`;
}

/** The picture itself, as large as the cover, out of focus and darker. */
function blurred(place: Rect, box: Size, small: Size): string {
  const { x, y, width, height } = coverCrop(place, box);
  const crop = `crop=${String(width)}:${String(height)}:${String(x)}:${String(y)}:exact=1`;
  return `${crop},scale=${text(small)}:flags=area,gblur=sigma=${String(BLUR)},lutyuv=y=val*${String(DIMMED)}`;
}

/** What lies at the two open edges, each on its side of the cover; the picture hides where they meet. */
function extended(place: Rect, box: Size, small: Size): string {
  const upright = place.height < box.height;
  const [from, length, across, whole, smallWhole] = upright
    ? [place.y, place.height, place.width, box.height, small.height]
    : [place.x, place.width, place.height, box.width, small.width];
  const depth = Math.max(1, Math.round(length * STRIP));
  const meet = 2 * Math.round((((from + length / 2) / whole) * smallWhole) / 2);
  const near = Math.min(smallWhole - 2, Math.max(2, meet));
  const strip = (start: number, side: number): string => {
    const crop = upright ? [across, depth, 0, start] : [depth, across, start, 0];
    // First to a single line, so that the border does not show how the strip changes across.
    const [line, grown] = upright
      ? [
          { ...small, height: 1 },
          { ...small, height: side },
        ]
      : [
          { ...small, width: 1 },
          { ...small, width: side },
        ];
    return `crop=${crop.map(String).join(':')}:exact=1,scale=${text(line)}:flags=area,scale=${text(grown)}:flags=neighbor`;
  };
  const [first, last] = [strip(0, near), strip(length - depth, smallWhole - near)];
  const along = (upright ? small.width : small.height) * EDGE_BLUR;
  const blur = `gblur=sigma=${String(upright ? along : 1)}:sigmaV=${String(upright ? 1 : along)}`;
  return `split[one][two];[one]${first}[near];[two]${last}[far];[near][far]${upright ? 'vstack' : 'hstack'},${blur}`;
}

/** The cover made small, with sides that halves and halved chroma divide. */
function smallOf(box: Size): Size {
  const scale = Math.min(1, SMALL_SIDE / Math.max(box.width, box.height));
  const side = (length: number): number => Math.max(4, 4 * Math.round((length * scale) / 4));
  return { width: side(box.width), height: side(box.height) };
}

function text({ width, height }: Size): string {
  return `${String(width)}:${String(height)}`;
}
