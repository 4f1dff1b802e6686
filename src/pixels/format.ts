// Pixel formats by FFmpeg's names: how many planes there are and how each one is laid out.
// Figures follow libavutil's pixel format descriptors (libavutil/pixdesc.c); a test compares them with libav.

/** One plane of a pixel format. */
export interface PlaneShape {
  /** Bytes from one sample group to the next, for instance 3 in rgb24 and 2 in the second plane of nv12. */
  readonly step: number;
  /** log2 of how much narrower this plane is than the picture. */
  readonly shiftX: number;
  /** log2 of how much lower this plane is than the picture. */
  readonly shiftY: number;
}

/** The planes of a pixel format, in memory order. */
export type FormatShape = readonly PlaneShape[];

const plane = (step: number, shiftX = 0, shiftY = 0): PlaneShape => ({ step, shiftX, shiftY });
const packed = (step: number): FormatShape => [plane(step)];
const planar = (count: number, bytes: number): FormatShape => Array.from({ length: count }, () => plane(bytes));

function yuv(shiftX: number, shiftY: number, bytes: number, alpha: boolean): FormatShape {
  const chroma = plane(bytes, shiftX, shiftY);
  return alpha ? [plane(bytes), chroma, chroma, plane(bytes)] : [plane(bytes), chroma, chroma];
}

function semiPlanar(shiftX: number, shiftY: number, bytes: number): FormatShape {
  return [plane(bytes), plane(2 * bytes, shiftX, shiftY)];
}

function table(): Map<string, FormatShape> {
  const formats = new Map<string, FormatShape>();
  const subsampling = {
    '420': [1, 1],
    '422': [1, 0],
    '444': [0, 0],
    '440': [0, 1],
    '411': [2, 0],
    '410': [2, 2],
  } as const;
  for (const [name, [x, y]] of Object.entries(subsampling)) {
    formats.set(`yuv${name}p`, yuv(x, y, 1, false));
    if (name !== '410') formats.set(`yuvj${name}p`, yuv(x, y, 1, false));
  }
  for (const name of ['420', '422', '444'] as const) {
    const [x, y] = subsampling[name];
    formats.set(`yuva${name}p`, yuv(x, y, 1, true));
    for (const depth of [9, 10, 12, 14, 16]) formats.set(`yuv${name}p${String(depth)}le`, yuv(x, y, 2, false));
    for (const depth of [9, 10, 16]) formats.set(`yuva${name}p${String(depth)}le`, yuv(x, y, 2, true));
  }
  formats.set('gray', packed(1)).set('ya8', packed(2)).set('ya16le', packed(4));
  for (const depth of [9, 10, 12, 14, 16]) {
    formats.set(`gray${String(depth)}le`, packed(2));
    formats.set(`gbrp${String(depth)}le`, planar(3, 2));
  }
  formats.set('gbrp', planar(3, 1)).set('gbrap', planar(4, 1));
  for (const depth of [10, 12, 16]) formats.set(`gbrap${String(depth)}le`, planar(4, 2));
  formats.set('nv12', semiPlanar(1, 1, 1)).set('nv21', semiPlanar(1, 1, 1));
  formats.set('nv16', semiPlanar(1, 0, 1)).set('nv24', semiPlanar(0, 0, 1));
  for (const depth of ['p010le', 'p012le', 'p016le']) formats.set(depth, semiPlanar(1, 1, 2));
  for (const name of ['rgb24', 'bgr24']) formats.set(name, packed(3));
  for (const name of ['rgba', 'bgra', 'argb', 'abgr', 'rgb0', 'bgr0', '0rgb', '0bgr']) formats.set(name, packed(4));
  for (const name of ['rgb48le', 'bgr48le']) formats.set(name, packed(6));
  for (const name of ['rgba64le', 'bgra64le']) formats.set(name, packed(8));
  for (const name of ['rgb565le', 'rgb555le', 'bgr565le', 'bgr555le']) formats.set(name, packed(2));
  return formats;
}

const FORMATS = table();

/** The planes of a format by FFmpeg's name, or undefined when framerail does not lay it out. */
export function formatShape(name: string): FormatShape | undefined {
  return FORMATS.get(name);
}

/** Every format name that can be laid out. */
export function formatNames(): string[] {
  return [...FORMATS.keys()];
}

/** Whether pixels of a format say how opaque they are; palettes may. */
export function hasAlpha(name: string): boolean {
  return /^(yuva|rgba|bgra|argb|abgr|gbrap|ya\d|ayuv|vuya|uyva|pal8)/.test(name);
}

/** Whether a format holds red, green and blue, in whatever order, instead of luma and chroma. */
export function isRgb(name: string): boolean {
  return /^(rgb|bgr|argb|abgr|0rgb|0bgr|gbr)/.test(name);
}
