// The hardware that encodes and decodes video: by which names FFmpeg knows it, and what its drivers want of pictures.

/** A kind of hardware, or rather of its driver. */
export type BackendName = 'nvenc' | 'qsv' | 'vaapi' | 'videotoolbox' | 'amf' | 'fake';

/** What is known of one kind of hardware. */
export interface Backend {
  readonly name: BackendName;
  /** FFmpeg's name of its encoder for each codec. */
  readonly encoders: Readonly<Record<string, string>>;
  /** FFmpeg's name of its kind of device, where decoding or uploading opens one. */
  readonly device: 'cuda' | 'qsv' | 'vaapi' | 'videotoolbox' | undefined;
  /** The name that decoding on it has; undefined where framerail does not decode with it. */
  readonly decoding: DecoderBackend | undefined;
  /** Formats that pictures are uploaded in; undefined for encoders that take them from system memory. */
  readonly upload: readonly string[] | undefined;
  /** Columns and rows that the sides must be multiples of, beyond what the chroma of the format asks for. */
  readonly align: number;
  /** The smallest sides that it takes, by codec; pictures below are padded. */
  readonly smallest: Readonly<Record<string, readonly [number, number]>>;
}

/** How video may be decoded on hardware. */
export type DecoderBackend = 'nvdec' | 'qsv' | 'vaapi' | 'videotoolbox';

const sides = (width: number, height: number) => [width, height] as const;

/**
 * All of them, the ones that `auto` prefers first. The smallest sides are those of NVIDIA's support matrix for older
 * generations, of libavcodec/vaapi_encode.c's drivers and of AMF's capabilities; padding more than needed costs nothing
 * that is seen.
 */
export const BACKENDS: readonly Backend[] = [
  {
    name: 'videotoolbox',
    encoders: { h264: 'h264_videotoolbox', hevc: 'hevc_videotoolbox', prores: 'prores_videotoolbox' },
    device: 'videotoolbox',
    decoding: 'videotoolbox',
    upload: undefined,
    align: 2,
    smallest: {},
  },
  {
    name: 'nvenc',
    encoders: { h264: 'h264_nvenc', hevc: 'hevc_nvenc', av1: 'av1_nvenc' },
    device: 'cuda',
    decoding: 'nvdec',
    upload: undefined,
    align: 2,
    smallest: { h264: sides(146, 50), hevc: sides(130, 34), av1: sides(192, 128) },
  },
  {
    name: 'qsv',
    encoders: { h264: 'h264_qsv', hevc: 'hevc_qsv', av1: 'av1_qsv', vp9: 'vp9_qsv', mjpeg: 'mjpeg_qsv' },
    device: 'qsv',
    decoding: 'qsv',
    upload: undefined,
    align: 2,
    smallest: { h264: sides(32, 32), hevc: sides(128, 128), av1: sides(128, 128), vp9: sides(128, 128) },
  },
  {
    name: 'vaapi',
    encoders: { h264: 'h264_vaapi', hevc: 'hevc_vaapi', av1: 'av1_vaapi', vp9: 'vp9_vaapi', vp8: 'vp8_vaapi' },
    device: 'vaapi',
    decoding: 'vaapi',
    upload: ['nv12', 'p010le'],
    align: 2,
    smallest: { h264: sides(128, 128), hevc: sides(128, 128), av1: sides(128, 128), vp9: sides(128, 128) },
  },
  {
    name: 'amf',
    encoders: { h264: 'h264_amf', hevc: 'hevc_amf', av1: 'av1_amf' },
    device: undefined,
    decoding: undefined,
    upload: undefined,
    align: 2,
    smallest: { h264: sides(128, 128), hevc: sides(192, 128), av1: sides(320, 128) },
  },
];

/**
 * Hardware that is none: libx264 behind the manners of a driver, for tests and for trying what happens when hardware
 * fails. It exists only while the environment variable FRAMERAIL_FAKE_HARDWARE describes it.
 */
const FAKE: Backend = {
  name: 'fake',
  encoders: { h264: 'fake_hw' },
  device: undefined,
  decoding: undefined,
  upload: ['nv12'],
  align: 16,
  smallest: { h264: sides(64, 64) },
};

/** The environment variable that describes the fake hardware, as JSON. */
export const FAKE_HARDWARE = 'FRAMERAIL_FAKE_HARDWARE';

/** Every backend that there may be in this process, the preferred ones first. */
export function allBackends(): readonly Backend[] {
  return process.env[FAKE_HARDWARE] === undefined ? BACKENDS : [FAKE, ...BACKENDS];
}

/** The backend and the codec of an encoder by FFmpeg's name; undefined for software. */
export function backendOf(encoder: string): { readonly backend: Backend; readonly codec: string } | undefined {
  for (const backend of allBackends())
    for (const [codec, name] of Object.entries(backend.encoders)) if (name === encoder) return { backend, codec };
  return undefined;
}

/** The backends that a wish for an encoder allows, in the order in which they are tried. */
export function wishedBackends(wish: string): readonly Backend[] {
  if (wish === 'auto') return allBackends();
  const named = allBackends().find((backend) => backend.name === wish) ?? backendOf(wish)?.backend;
  return named === undefined ? [] : [named];
}
