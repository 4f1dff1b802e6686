// The few of FFmpeg's public constants that are used here. node-av/constants has them all, and its thousands of exports
// cost every start 10 ms; a test holds these against those.
import type * as All from 'node-av/constants';

// Return codes (libavutil/error.h).
export const AVERROR_EAGAIN = -11 as typeof All.AVERROR_EAGAIN;
export const AVERROR_ENOSPC = -28;
export const AVERROR_EIO = -5 as typeof All.AVERROR_EIO;
export const AVERROR_EXTERNAL = -542398533 as typeof All.AVERROR_EXTERNAL;
export const AVERROR_ENOMEM = -12 as typeof All.AVERROR_ENOMEM;
export const AVERROR_EOF = -541478725 as typeof All.AVERROR_EOF;
export const AVERROR_INVALIDDATA = -1094995529 as typeof All.AVERROR_INVALIDDATA;

// Streams and packets (libavformat/avformat.h, libavcodec/packet.h).
export const AVMEDIA_TYPE_VIDEO = 0 as typeof All.AVMEDIA_TYPE_VIDEO;
export const AVMEDIA_TYPE_AUDIO = 1 as typeof All.AVMEDIA_TYPE_AUDIO;
export const AVMEDIA_TYPE_DATA = 2 as typeof All.AVMEDIA_TYPE_DATA;
export const AVMEDIA_TYPE_SUBTITLE = 3 as typeof All.AVMEDIA_TYPE_SUBTITLE;
export const AV_CODEC_ID_NONE = 0 as typeof All.AV_CODEC_ID_NONE;
export const AV_DISPOSITION_DEFAULT = 1 as typeof All.AV_DISPOSITION_DEFAULT;
export const AV_DISPOSITION_ATTACHED_PIC = 1024 as typeof All.AV_DISPOSITION_ATTACHED_PIC;
export const AVDISCARD_DEFAULT = 0 as typeof All.AVDISCARD_DEFAULT;
export const AVDISCARD_ALL = 48 as typeof All.AVDISCARD_ALL;
export const AV_PKT_FLAG_CORRUPT = 2 as typeof All.AV_PKT_FLAG_CORRUPT;
export const AV_PKT_DATA_NEW_EXTRADATA = 1 as typeof All.AV_PKT_DATA_NEW_EXTRADATA;
export const AV_PKT_DATA_DISPLAYMATRIX = 5 as typeof All.AV_PKT_DATA_DISPLAYMATRIX;
export const AV_PKT_DATA_DOVI_CONF = 29 as typeof All.AV_PKT_DATA_DOVI_CONF;
export const AV_PKT_DATA_FRAME_CROPPING = 36 as typeof All.AV_PKT_DATA_FRAME_CROPPING;
export const AVSEEK_FLAG_BYTE = 2 as typeof All.AVSEEK_FLAG_BYTE;
export const AVSEEK_FLAG_BACKWARD = 1 as typeof All.AVSEEK_FLAG_BACKWARD;
export const AVFMT_NOTIMESTAMPS = 128 as typeof All.AVFMT_NOTIMESTAMPS;
export const AVFMT_GLOBALHEADER = 64 as typeof All.AVFMT_GLOBALHEADER;

// Input callbacks (stdio.h, libavformat/avio.h).
export const AVSEEK_SET = 0 as typeof All.AVSEEK_SET;
export const AVSEEK_CUR = 1 as typeof All.AVSEEK_CUR;
export const AVSEEK_END = 2 as typeof All.AVSEEK_END;
export const AVSEEK_SIZE = 65536 as typeof All.AVSEEK_SIZE;

// Frames (libavutil/frame.h, libavutil/avutil.h).
export const AV_NOPTS_VALUE = -9223372036854775808n;
export const AV_FRAME_FLAG_CORRUPT = 1 as typeof All.AV_FRAME_FLAG_CORRUPT;
export const AV_FRAME_FLAG_KEY = 2 as typeof All.AV_FRAME_FLAG_KEY;
export const AV_PICTURE_TYPE_NONE = 0 as typeof All.AV_PICTURE_TYPE_NONE;
export const AV_PICTURE_TYPE_I = 1 as typeof All.AV_PICTURE_TYPE_I;
export const AV_FRAME_FLAG_INTERLACED = 8 as typeof All.AV_FRAME_FLAG_INTERLACED;
export const AV_FRAME_DATA_DISPLAYMATRIX = 6 as typeof All.AV_FRAME_DATA_DISPLAYMATRIX;
export const AV_FRAME_DATA_MASTERING_DISPLAY_METADATA = 11 as typeof All.AV_FRAME_DATA_MASTERING_DISPLAY_METADATA;
export const AV_FRAME_DATA_CONTENT_LIGHT_LEVEL = 14 as typeof All.AV_FRAME_DATA_CONTENT_LIGHT_LEVEL;

// Colours (libavutil/pixfmt.h).
export const AVCOL_RANGE_MPEG = 1 as typeof All.AVCOL_RANGE_MPEG;
export const AVCOL_RANGE_JPEG = 2 as typeof All.AVCOL_RANGE_JPEG;
export const AVCOL_PRI_BT709 = 1 as typeof All.AVCOL_PRI_BT709;
export const AVCOL_PRI_UNSPECIFIED = 2 as typeof All.AVCOL_PRI_UNSPECIFIED;
export const AVCOL_PRI_BT2020 = 9 as typeof All.AVCOL_PRI_BT2020;
export const AVCOL_TRC_BT709 = 1 as typeof All.AVCOL_TRC_BT709;
export const AVCOL_TRC_UNSPECIFIED = 2 as typeof All.AVCOL_TRC_UNSPECIFIED;
export const AVCOL_TRC_BT2020_10 = 14 as typeof All.AVCOL_TRC_BT2020_10;
export const AVCOL_TRC_BT2020_12 = 15 as typeof All.AVCOL_TRC_BT2020_12;
export const AVCOL_TRC_SMPTE2084 = 16 as typeof All.AVCOL_TRC_SMPTE2084;
export const AVCOL_TRC_ARIB_STD_B67 = 18 as typeof All.AVCOL_TRC_ARIB_STD_B67;
export const AVCOL_SPC_BT709 = 1 as typeof All.AVCOL_SPC_BT709;
export const AVCOL_SPC_BT470BG = 5 as typeof All.AVCOL_SPC_BT470BG;
export const AVCOL_SPC_RGB = 0 as typeof All.AVCOL_SPC_RGB;
export const AVCOL_SPC_UNSPECIFIED = 2 as typeof All.AVCOL_SPC_UNSPECIFIED;
export const AVCOL_SPC_FCC = 4 as typeof All.AVCOL_SPC_FCC;
export const AVCOL_SPC_SMPTE170M = 6 as typeof All.AVCOL_SPC_SMPTE170M;
export const AVCOL_SPC_SMPTE240M = 7 as typeof All.AVCOL_SPC_SMPTE240M;
export const AVCOL_SPC_YCGCO = 8 as typeof All.AVCOL_SPC_YCGCO;
export const AVCOL_SPC_BT2020_NCL = 9 as typeof All.AVCOL_SPC_BT2020_NCL;
export const AVCOL_SPC_BT2020_CL = 10 as typeof All.AVCOL_SPC_BT2020_CL;
export const AVCOL_SPC_CHROMA_DERIVED_NCL = 12 as typeof All.AVCOL_SPC_CHROMA_DERIVED_NCL;
export const AVCOL_SPC_CHROMA_DERIVED_CL = 13 as typeof All.AVCOL_SPC_CHROMA_DERIVED_CL;
export const AVCOL_SPC_ICTCP = 14 as typeof All.AVCOL_SPC_ICTCP;
export const AVCHROMA_LOC_LEFT = 1 as typeof All.AVCHROMA_LOC_LEFT;
export const AVCHROMA_LOC_CENTER = 2 as typeof All.AVCHROMA_LOC_CENTER;

// Codecs and filters (libavcodec/avcodec.h, libavutil/avutil.h, libavfilter/buffersrc.h, libavutil/opt.h).
export const AV_CODEC_FLAG_QSCALE = 2 as typeof All.AV_CODEC_FLAG_QSCALE;
export const AV_CODEC_FLAG_LOW_DELAY = 524288 as typeof All.AV_CODEC_FLAG_LOW_DELAY;
export const AV_CODEC_FLAG_BITEXACT = 8388608 as typeof All.AV_CODEC_FLAG_BITEXACT;
export const AV_CODEC_FLAG_GLOBAL_HEADER = 4194304 as typeof All.AV_CODEC_FLAG_GLOBAL_HEADER;
export const FF_QP2LAMBDA = 118;
export const AV_BUFFERSRC_FLAG_KEEP_REF = 8 as typeof All.AV_BUFFERSRC_FLAG_KEEP_REF;
export const AV_OPT_SEARCH_CHILDREN = 1 as typeof All.AV_OPT_SEARCH_CHILDREN;

// The log (libavutil/log.h).
export const AV_LOG_QUIET = -8 as typeof All.AV_LOG_QUIET;
export const AV_LOG_ERROR = 16 as typeof All.AV_LOG_ERROR;
export const AV_LOG_WARNING = 24 as typeof All.AV_LOG_WARNING;
