// Clips of one second a scene, each scene with a keyframe, some of them unfit for a cover.
import { letter } from './lettering.js';

const [WIDTH, HEIGHT, RATE] = [320, 180, 10];
const SIZE = `size=${String(WIDTH)}x${String(HEIGHT)}:rate=${String(RATE)}`;

/** A raw gray picture of credits, white on black: fonts differ from machine to machine. */
export function creditsPicture(): Buffer {
  const picture = Buffer.alloc(WIDTH * HEIGHT);
  const lines = ['DIRECTED BY', 'ALAN SMITHEE', '', 'PRODUCED BY', 'MARTHA BELL', 'ROBERT CLIVE', 'PETER HILL'];
  letter(picture, { lines, width: WIDTH, height: HEIGHT, dot: 2, top: 15 });
  return picture;
}

/** What a scene is made of: an input, and filters on it. */
interface Scene {
  readonly input: readonly string[];
  readonly filters: string;
}

const generated = (source: string, filters = 'null'): Scene => ({
  input: ['-f', 'lavfi', '-t', '1', '-i', source],
  filters,
});
const PATTERN = `testsrc2=${SIZE}`;
const FRACTAL = `mandelbrot=${SIZE}:start_scale=0.6:end_scale=0.55`;
const SPIRAL = `mandelbrot=${SIZE}:start_x=-0.745:start_y=0.113:start_scale=0.02:end_scale=0.018`;

/** Scenes by name: what is planted is called by the reason that it should be rejected for. */
const SCENES: Readonly<Record<string, Scene>> = {
  pattern: generated(PATTERN),
  fractal: generated(FRACTAL),
  spiral: generated(SPIRAL),
  bars: generated(`smptehdbars=${SIZE}`, 'noise=alls=12:allf=t'),
  black: generated(`color=black:${SIZE}`),
  white: generated(`color=white:${SIZE}`),
  uniform: generated(`color=0x506070:${SIZE}`),
  blurred: generated(FRACTAL, 'gblur=sigma=9'),
  dark: generated(PATTERN, "lutyuv=y='16+(val-16)*0.12':u='128+(val-128)*0.12':v='128+(val-128)*0.12'"),
  flash: generated(FRACTAL, "lutyuv=y='min(235,165+val*0.28)':u='128+(val-128)*0.3':v='128+(val-128)*0.3'"),
  text: {
    input: ['-f', 'rawvideo', '-pixel_format', 'gray', '-video_size', `${String(WIDTH)}x${String(HEIGHT)}`].concat([
      '-framerate',
      '1',
      '-i',
      '{dir}/credits.gray',
    ]),
    filters: `fps=${String(RATE)}`,
  },
  // From black to the scene within two seconds, so that the second begins half-way.
  fade: {
    input: ['-f', 'lavfi', '-t', '2', '-i', FRACTAL],
    filters: 'fade=in:d=2,trim=start=0.9:duration=1,setpts=PTS-STARTPTS',
  },
  // The middle of a second in which one scene goes over into the other.
  'cross-fade': {
    input: [
      '-f',
      'lavfi',
      '-t',
      '1',
      '-i',
      `${PATTERN},format=yuv420p[a];${SPIRAL},format=yuv420p[b];[a][b]blend=all_expr='A*(1-(T+1)/2.5)+B*(T+1)/2.5'`,
    ],
    filters: 'null',
  },
};

/** The ffmpeg arguments of a clip. */
export function planted(scenes: readonly string[]): string[] {
  const used = scenes.map((name) => SCENES[name] ?? { input: [], filters: 'null' });
  const chains = used.map(
    ({ filters }, index) => `[${String(index)}:v]${filters},format=yuv420p,setsar=1[s${String(index)}]`,
  );
  const joined = scenes.map((_, index) => `[s${String(index)}]`).join('');
  return [
    ...used.flatMap(({ input }) => input),
    ...['-filter_complex', `${chains.join(';')};${joined}concat=n=${String(scenes.length)}[all]`, '-map', '[all]'],
    ...['-force_key_frames', 'expr:gte(t,n_forced)', '-g', '1000', '-c:v', 'libx264', '-preset', 'veryfast'],
    ...['-pix_fmt', 'yuv420p', '-r', String(RATE)],
  ];
}

/** Clips by name, each by its scenes. */
export const PLANTED: Readonly<Record<string, readonly string[]>> = {
  'planted-black-lead-in.mp4': 'black black fade fractal pattern spiral bars fractal pattern spiral bars black'.split(
    ' ',
  ),
  'planted-flashes.mp4': 'pattern fractal flash fractal white spiral bars flash pattern white fractal spiral'.split(
    ' ',
  ),
  'planted-blur.mp4': 'pattern blurred fractal spiral blurred bars pattern blurred fractal spiral bars pattern'.split(
    ' ',
  ),
  'planted-credits.mp4': 'text pattern fractal spiral bars pattern fractal spiral bars text text text'.split(' '),
  'planted-cross-fades.mp4':
    'fractal pattern cross-fade spiral bars pattern cross-fade spiral fractal pattern cross-fade spiral'.split(' '),
  'planted-plain.mp4': 'uniform pattern dark fractal uniform spiral dark bars black pattern uniform fractal'.split(' '),
  'planted-nothing-else.mp4': 'black white uniform text blurred black flash fractal dark text uniform black'.split(' '),
  'planted-black.mp4': ['black', 'black', 'black'],
};
