// Where a picture draws the eye: edges, skin, strong colours and what differs from its surroundings, on a small copy.
import { SummedArea } from './summed-area.js';

/** A small picture of 8-bit red, green and blue, three bytes a pixel. */
export interface SmallPicture {
  readonly data: Uint8Array;
  /** Bytes from one row to the next. */
  readonly stride: number;
  readonly width: number;
  readonly height: number;
}

/** The longer side of the copy that is looked at, in pixels. */
export const SALIENCY_SIDE = 160;

/**
 * What tells skin from other colours, and strong colours from weak ones: the direction of skin in RGB and the bounds
 * are those of smartcrop.js 2.0.5 (DEFAULTS).
 */
const SKIN = { color: [0.78, 0.57, 0.44], threshold: 0.8, minLight: 0.2 } as const;
const SATURATION = { threshold: 0.4, minLight: 0.05, maxLight: 0.9 } as const;
/**
 * What each of the four counts. As in smartcrop.js, skin and strong colours count most where there is something to be
 * seen in them; the weights were chosen by eye on portraits, animals, still lifes, night scenes and rooms.
 */
const WEIGHTS = { detail: 0.4, skin: 1.2, color: 0.2, contrast: 0.35 } as const;
/** The share of a picture that may have the colour of skin before it counts less: so much of it is wood, sand or a wall. */
const MOST_SKIN = 0.15;
/** Edges are spread over so many pixels, so that a drawing counts by its area and not by the length of its lines. */
const DETAIL_RADIUS = 2;
/** The place that counts most, as fractions: heads are above the middle. A corner counts about a third as much. */
const CENTER = { x: 0.5, y: 0.38, weight: 0.7 } as const;

/**
 * What each pixel is worth. What is worth less than the mean counts nothing: evenly filled pictures have no subject.
 * @returns sums over the map, in pixels of the small picture
 */
export function saliencyOf(picture: SmallPicture): SummedArea {
  const { width, height } = picture;
  const channels = channelsOf(picture);
  const detail = new SummedArea(edges(channels.luma, width, height), width, height).means(DETAIL_RADIUS);
  const contrast = contrastOf(channels, width, height);
  const skinned = channels.skin.reduce((count, skin) => count + (skin > 0 ? 1 : 0), 0) / channels.skin.length;
  const skinWeight = WEIGHTS.skin * Math.min(1, MOST_SKIN / Math.max(skinned, Number.EPSILON));
  const worth = channels.luma.map((_, at) => {
    const d = detail[at] ?? 0;
    const c = contrast[at] ?? 0;
    const skin = channels.skin[at] ?? 0;
    const color = channels.color[at] ?? 0;
    // A window or a lamp stands out as well, but there is nothing in it.
    const own = WEIGHTS.detail * d + WEIGHTS.contrast * c * c * (0.2 + 3 * d);
    const colored = skinWeight * skin * (0.5 * d + 2 * c + 0.02) + WEIGHTS.color * color * (d + c + 0.2);
    return (own + colored) * prior(((at % width) + 0.5) / width, (Math.floor(at / width) + 0.5) / height);
  });
  const mean = worth.reduce((sum, one) => sum + one, 0) / worth.length;
  return new SummedArea(
    worth.map((one) => Math.max(0, one - mean)),
    width,
    height,
  );
}

/** How much a place counts by itself. */
function prior(x: number, y: number): number {
  const dx = 2 * (x - CENTER.x);
  const dy = 2 * (y - CENTER.y);
  return Math.max(0.1, 1 - (CENTER.weight * (dx * dx + dy * dy)) / 2);
}

interface Channels {
  /** 0 to 1; matrix of BT.601. */
  readonly luma: Float32Array;
  /** Blue and red less luma, -0.75 to 0.75: half as much again as in YCbCr, as colour draws the eye more than light. */
  readonly blue: Float32Array;
  readonly red: Float32Array;
  /** How near the colour is to that of skin, 0 to 1. */
  readonly skin: Float32Array;
  /** How strong the colour is, 0 to 1. */
  readonly color: Float32Array;
}

function channelsOf({ data, stride, width, height }: SmallPicture): Channels {
  const plane = (): Float32Array => new Float32Array(width * height);
  const channels = { luma: plane(), blue: plane(), red: plane(), skin: plane(), color: plane() };
  for (let y = 0, at = 0; y < height; y++)
    for (let x = 0; x < width; x++, at++) {
      const from = y * stride + 3 * x;
      const r = (data[from] ?? 0) / 255;
      const g = (data[from + 1] ?? 0) / 255;
      const b = (data[from + 2] ?? 0) / 255;
      const light = 0.299 * r + 0.587 * g + 0.114 * b;
      channels.luma[at] = light;
      channels.blue[at] = (0.75 * (b - light)) / 0.886;
      channels.red[at] = (0.75 * (r - light)) / 0.701;
      channels.skin[at] = skinOf(r, g, b, light);
      channels.color[at] = strengthOf(r, g, b, light);
    }
  return channels;
}

/** How near a colour is to that of skin, whatever its brightness. */
function skinOf(r: number, g: number, b: number, light: number): number {
  const length = Math.sqrt(r * r + g * g + b * b);
  if (light < SKIN.minLight) return 0;
  const [red, green, blue] = SKIN.color;
  const distance = (r / length - red) ** 2 + (g / length - green) ** 2 + (b / length - blue) ** 2;
  return above(SKIN.threshold, 1 - Math.sqrt(distance));
}

/** The saturation of a colour as HSL has it; close to black and white it does not count. */
function strengthOf(r: number, g: number, b: number, light: number): number {
  if (light < SATURATION.minLight || light > SATURATION.maxLight) return 0;
  const most = Math.max(r, g, b);
  const least = Math.min(r, g, b);
  const sum = most + least;
  return most === least ? 0 : above(SATURATION.threshold, (most - least) / (sum > 1 ? 2 - sum : sum));
}

/** How far a value from 0 to 1 is on its way from a threshold to 1. */
function above(threshold: number, value: number): number {
  return Math.max(0, (value - threshold) / (1 - threshold));
}

/** The size of the Laplacian, 1 at most; beyond the edge the picture goes on as it is there. */
function edges(luma: Float32Array, width: number, height: number): Float32Array {
  return luma.map((light, at) => {
    const x = at % width;
    const y = Math.floor(at / width);
    const left = x > 0 ? (luma[at - 1] ?? 0) : light;
    const right = x < width - 1 ? (luma[at + 1] ?? 0) : light;
    const above = y > 0 ? (luma[at - width] ?? 0) : light;
    const below = y < height - 1 ? (luma[at + width] ?? 0) : light;
    return Math.min(1, Math.abs(4 * light - left - right - above - below));
  });
}

/**
 * How much the colour of a place differs from that around it, in surroundings of three sizes (Achanta, Estrada, Wils,
 * Süsstrunk, "Salient region detection and segmentation", ICVS 2008, with a half, a quarter and an eighth of the
 * shorter side as radius).
 */
function contrastOf({ luma, blue, red }: Channels, width: number, height: number): Float32Array {
  const sums = [luma, blue, red].map((channel) => new SummedArea(channel, width, height));
  const places = sums.map((sum) => sum.means(1));
  const contrast = new Float32Array(width * height);
  for (const part of [2, 4, 8]) {
    const radius = Math.max(2, Math.round(Math.min(width, height) / part));
    const squares = new Float32Array(width * height);
    for (const [i, sum] of sums.entries()) addSquares(squares, places[i] ?? squares, sum.means(radius));
    for (let at = 0; at < contrast.length; at++) contrast[at] = (contrast[at] ?? 0) + Math.sqrt(squares[at] ?? 0) / 3;
  }
  return contrast;
}

/** Adds the squared differences of two planes to a third one. */
function addSquares(squares: Float32Array, a: Float32Array, b: Float32Array): void {
  for (let at = 0; at < squares.length; at++) squares[at] = (squares[at] ?? 0) + ((a[at] ?? 0) - (b[at] ?? 0)) ** 2;
}
