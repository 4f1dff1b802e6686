// How the hardware encoders of FFmpeg spell quality, lossless and low latency, and what they are told when nobody says
// anything: left alone, most of them take a bit rate that is far too low for the picture, or far too high.
import type { Spelling } from './spelling.js';

/** The quality that is near what libx264 gives by itself. */
const USUAL = '23';

const NVENC: Spelling = {
  // 0 would mean "no constant quality".
  quality: ['cq', 51, 1],
  withQuality: { rc: 'vbr', b: '0' },
  habit: { rc: 'vbr', b: '0', cq: USUAL },
  // Two passes over each picture find out how hard it is before they spend a bounded rate on it.
  maxBitrate: { rc: 'vbr', multipass: 'fullres' },
  lossless: { tune: 'lossless' },
  // p1 is the quickest preset and p7 the slowest, whatever the latency; ull is what shortens the way.
  lowLatency: { tune: 'ull', zerolatency: '1', delay: '0', 'rc-lookahead': '0' },
  always: { 'forced-idr': '1' },
};

const QSV: Spelling = {
  quality: ['global_quality', 51, 1],
  withQuality: { b: '0' },
  habit: { b: '0', global_quality: USUAL },
  maxBitrate: {},
  lowLatency: { async_depth: '1' },
  always: { forced_idr: '1' },
};

const VAAPI: Spelling = {
  quality: ['qp', 51, 1],
  withQuality: { rc_mode: 'CQP' },
  habit: { rc_mode: 'CQP', qp: USUAL },
  maxBitrate: { rc_mode: 'VBR' },
  lowLatency: { async_depth: '1' },
};

const AMF: Spelling = {
  quality: ['qp_i', 51, 1],
  sameQuality: ['qp_p'],
  withQuality: { rc: 'cqp' },
  habit: { rc: 'cqp', qp_i: USUAL, qp_p: USUAL },
  maxBitrate: { rc: 'vbr_peak' },
  lowLatency: { usage: 'ultralowlatency' },
  always: { forced_idr: '1' },
};

const VIDEOTOOLBOX: Spelling = {
  // Its scale goes from 1 to 100, and only Apple's own chips have one: there is no quality to fall back on by habit.
  quality: ['global_quality', 118, 118 * 100],
  withQuality: { flags: '+qscale' },
  habit: 'bitrate',
  maxBitrate: {},
  lowLatency: { realtime: '1' },
};

/** One entry for each encoder of the table of backends. */
export const HARDWARE_SPELLINGS: Readonly<Record<string, Spelling>> = {
  h264_nvenc: NVENC,
  hevc_nvenc: NVENC,
  // AV1 of NVIDIA has no lossless coding, and its quality goes to 63.
  av1_nvenc: { ...NVENC, quality: ['cq', 63, 1], habit: { rc: 'vbr', b: '0', cq: '30' }, lossless: undefined },
  h264_qsv: QSV,
  hevc_qsv: QSV,
  av1_qsv: QSV,
  vp9_qsv: { habit: 'bitrate', maxBitrate: {}, lowLatency: { async_depth: '1' } },
  mjpeg_qsv: { quality: ['global_quality', 1, 100], habit: { global_quality: '85' } },
  h264_vaapi: VAAPI,
  hevc_vaapi: VAAPI,
  av1_vaapi: { ...VAAPI, quality: ['global_quality', 255, 1], habit: { rc_mode: 'CQP', global_quality: '110' } },
  vp9_vaapi: { ...VAAPI, quality: ['global_quality', 255, 1], habit: { rc_mode: 'CQP', global_quality: '90' } },
  vp8_vaapi: { ...VAAPI, quality: ['global_quality', 127, 1], habit: { rc_mode: 'CQP', global_quality: '40' } },
  h264_amf: AMF,
  hevc_amf: AMF,
  av1_amf: { ...AMF, quality: ['qp_i', 255, 1], habit: { rc: 'cqp', qp_i: '110', qp_p: '110' } },
  h264_videotoolbox: VIDEOTOOLBOX,
  hevc_videotoolbox: VIDEOTOOLBOX,
  prores_videotoolbox: { habit: {} },
};
