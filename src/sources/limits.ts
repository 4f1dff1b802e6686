// What a hostile file may ask for, and what it may be.

/** Bounds on an input, checked from its headers before any decode and again by the decoder for each frame. */
export interface InputLimits {
  /** Pixels of one frame. */
  readonly maxPixels: number;
  /** Columns or rows of one frame. */
  readonly maxSide: number;
  /** Streams of one file. */
  readonly maxStreams: number;
}

/** Safe defaults: a frame of 50 megapixels, sides of 16,384, 32 streams. */
export const DEFAULT_LIMITS: InputLimits = { maxPixels: 50_000_000, maxSide: 16_384, maxStreams: 32 };

/** Demuxers that may open an input: containers that hold their own media and never point at other files. */
export const DEMUXERS =
  'mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,mpegts,mpeg,mpegvideo,m4v,avi,flv,asf,ogg,h264,hevc,av1,obu,ivf,vvc,mxf,nut,' +
  'dv,gif,apng,jpeg_pipe,png_pipe,webp_pipe,webp_anim,bmp_pipe,yuv4mpegpipe,mp3,aac,flac,wav,ac3,eac3,rm,wtv,swf';

/** Demuxers that may open a live address: what its protocol carries, and nothing that points elsewhere. */
export const LIVE_DEMUXERS = 'flv,live_flv,rtsp,rtp,sdp,mpegts';

/** What libav may open by itself for a live address, by its scheme. */
const LIVE_PROTOCOLS: Readonly<Record<string, string>> = {
  rtmp: 'rtmp,tcp',
  rtmps: 'rtmps,tls,tcp',
  rtsp: 'rtsp,rtp,udp,tcp',
  rtsps: 'rtsps,rtsp,rtp,udp,tcp,tls',
  srt: 'srt',
  udp: 'udp',
};
/** What is read of a live stream before it is decoded; it is all delivered afterwards. Microseconds and bytes. */
export const LIVE_ANALYSIS = { analyzeduration: 1_000_000, probesize: 1_000_000 };

/** What libav may open by itself for a live address. */
export function liveProtocols(url: string): string {
  return LIVE_PROTOCOLS[url.split(':', 1)[0]?.toLowerCase() ?? ''] ?? 'none';
}

/** Decoders that may run: codecs that cameras, platforms and editors write. */
export const DECODERS = new Set([
  'h264',
  'hevc',
  'av1',
  'libdav1d',
  'vp8',
  'libvpx',
  'vp9',
  'libvpx-vp9',
  'vvc',
  'mpeg1video',
  'mpeg2video',
  'mpeg4',
  'h263',
  'h261',
  'flv',
  'msmpeg4v1',
  'msmpeg4v2',
  'msmpeg4',
  'wmv1',
  'wmv2',
  'wmv3',
  'vc1',
  'theora',
  'mjpeg',
  'prores',
  'dnxhd',
  'ffv1',
  'ffvhuff',
  'huffyuv',
  'utvideo',
  'rawvideo',
  'dvvideo',
  'png',
  'apng',
  'gif',
  'webp',
  'webp_anim',
  'bmp',
  'qtrle',
  'cinepak',
  'svq1',
  'svq3',
  'rv30',
  'rv40',
  'vp6',
  'vp6f',
  'vp6a',
  'v210',
  'cfhd',
]);

/** Muxers that may write an output: containers that are one stream of bytes and never open other files. */
export const MUXERS: ReadonlySet<string> = new Set([
  'mp4',
  'mov',
  'ipod',
  '3gp',
  'matroska',
  'webm',
  'mpegts',
  'flv',
  'avi',
  'nut',
  'ogg',
  'asf',
  'mxf',
  'gif',
  'apng',
  'ivf',
  'h264',
  'hevc',
  'obu',
  'mjpeg',
  'mpeg',
  'yuv4mpegpipe',
  'rawvideo',
]);

/** Sound decoders that may run: what containers of video carry. */
export const SOUND_DECODERS =
  /^(aac|aac_latm|mp[123](float|adu)?|ac3|eac3|opus|libopus|vorbis|libvorbis|flac|alac|dca|truehd|mlp|wma(v1|v2|pro|lossless)|amr(nb|wb)|speex|cook|nellymoser|pcm_\w+|adpcm_\w+)$/;
