// The clips that the tests need, each by the ffmpeg arguments that make it. Small, and different in what matters.

const VIDEO = ['-f', 'lavfi', '-i'];
const SOUND = ['-f', 'lavfi', '-i', 'sine=frequency=440:duration=4'];
const pattern = (size: string, rate: number, seconds: number): string[] => [
  ...VIDEO,
  `testsrc2=size=${size}:rate=${String(rate)}:duration=${String(seconds)}`,
];
const x264 = (gop: number): string[] => [
  '-c:v',
  'libx264',
  '-preset',
  'veryfast',
  '-g',
  String(gop),
  '-pix_fmt',
  'yuv420p',
];

/** File name to arguments; `{dir}` stands for the folder of the fixtures. Later ones may read earlier ones. */
export const RECIPES: Readonly<Record<string, readonly string[]>> = {
  'plain.mp4': [...pattern('320x180', 25, 4), ...SOUND, ...x264(25), '-bf', '2', '-c:a', 'aac', '-shortest'],
  // Another stream of the same shape: who goes on for the one above.
  'second.mp4': [
    ...[...VIDEO, 'smptebars=size=320x180:rate=25:duration=4', ...VIDEO, 'sine=frequency=880:duration=4'],
    ...[...x264(25), '-bf', '2', '-c:a', 'aac', '-shortest'],
  ],
  'front-index.mp4': ['-i', '{dir}/plain.mp4', '-c', 'copy', '-movflags', '+faststart'],
  'fragmented.mp4': ['-i', '{dir}/plain.mp4', '-c', 'copy', '-movflags', '+frag_keyframe+empty_moov'],
  'plain.mkv': ['-i', '{dir}/plain.mp4', '-c', 'copy'],
  'plain.ts': ['-i', '{dir}/plain.mp4', '-c', 'copy'],
  'plain.flv': ['-i', '{dir}/plain.mp4', '-c', 'copy'],
  'raw.h264': ['-i', '{dir}/plain.mp4', '-c', 'copy', '-an', '-bsf:v', 'h264_mp4toannexb', '-f', 'h264'],
  'mpeg4.avi': [...pattern('320x180', 25, 4), '-c:v', 'mpeg4', '-q:v', '5', '-g', '25'],
  'vp9.webm': [
    ...pattern('320x180', 25, 2),
    '-c:v',
    'libvpx-vp9',
    '-deadline',
    'realtime',
    '-cpu-used',
    '8',
    '-g',
    '25',
  ],
  'hevc10.mp4': [
    ...pattern('320x180', 25, 2),
    ...[
      '-c:v',
      'libx265',
      '-preset',
      'ultrafast',
      '-pix_fmt',
      'yuv420p10le',
      '-x265-params',
      'log-level=none',
      '-tag:v',
      'hvc1',
    ],
  ],
  // The pattern itself comes in even sizes only.
  'odd.mp4': [
    ...pattern('336x192', 25, 1),
    ...['-vf', 'format=yuv444p,crop=321:181', '-c:v', 'libx264', '-preset', 'veryfast'],
  ],
  'odd-420.webm': [
    ...pattern('336x192', 25, 1),
    ...[
      '-vf',
      'format=yuv444p,crop=321:181',
      '-c:v',
      'libvpx-vp9',
      '-pix_fmt',
      'yuv420p',
      '-deadline',
      'realtime',
      '-cpu-used',
      '8',
      '-g',
      '5',
    ],
  ],
  'mjpeg.avi': [...pattern('322x182', 25, 1), '-c:v', 'mjpeg', '-q:v', '3'],
  'bt709.mp4': [
    ...pattern('320x180', 25, 1),
    ...x264(25),
    ...['-colorspace', 'bt709', '-color_primaries', 'bt709', '-color_trc', 'bt709', '-color_range', 'tv'],
  ],
  // Plain areas of strong colour, tagged as they are stored.
  'bars.mp4': [
    ...[...VIDEO, 'smptehdbars=size=320x180:rate=5:duration=1', ...x264(5), '-crf', '5'],
    ...['-vf', 'scale=out_color_matrix=bt709:out_range=tv', '-colorspace', 'bt709', '-color_range', 'tv'],
  ],
  // Something at the right of nothing: x 230 to 290, y 50 to 130.
  'subject.mp4': [
    ...[...VIDEO, 'color=0x5a6470:size=320x180:rate=5:duration=1'],
    '-vf',
    [
      ...['drawbox=230:50:60:80:red:fill', 'drawbox=240:60:40:24:white:fill', 'drawbox=250:96:20:24:yellow:fill'],
      'drawbox=234:124:52:4:black:fill',
    ].join(','),
    ...[...x264(5), '-crf', '8'],
  ],
  'subject-90.mp4': ['-i', '{dir}/subject.mp4', '-c', 'copy', '-metadata:s:v:0', 'rotate=90'],
  'turned-90.mp4': ['-i', '{dir}/plain.mp4', '-c', 'copy', '-metadata:s:v:0', 'rotate=90'],
  'turned-180.mp4': ['-i', '{dir}/plain.mp4', '-c', 'copy', '-metadata:s:v:0', 'rotate=180'],
  'turned-270.mp4': ['-i', '{dir}/plain.mp4', '-c', 'copy', '-metadata:s:v:0', 'rotate=270'],
  'sar.mp4': [...pattern('320x180', 25, 1), '-vf', 'setsar=2/1', ...x264(25)],
  'vfr.mp4': [
    ...pattern('320x180', 25, 4),
    '-vf',
    "select='not(mod(n,3))+lt(n,20)'",
    '-vsync',
    'vfr',
    ...x264(25),
    '-bf',
    '2',
  ],
  'long-gop.mp4': [...pattern('320x180', 25, 20), ...x264(250), '-bf', '2', '-sc_threshold', '0'],
  'two-videos.mp4': [
    ...['-i', '{dir}/plain.mp4', '-i', '{dir}/sar.mp4', '-i', '{dir}/big.mp4'],
    ...['-map', '0:v', '-map', '2:v', '-map', '1:v', '-c', 'copy', '-t', '1'],
  ],
  'big.mp4': [
    ...pattern('1280x720', 30, 10),
    '-c:v',
    'libx264',
    '-preset',
    'ultrafast',
    '-g',
    '60',
    '-pix_fmt',
    'yuv420p',
  ],
  // Pictures that refer to each other in every way that a decoder may be asked to leave some out.
  'open-gop.mp4': [
    ...[...pattern('320x180', 25, 6), ...x264(25), '-sc_threshold', '0'],
    ...['-x264-params', 'open-gop=1:bframes=3:b-adapt=0:b-pyramid=normal:ref=4'],
  ],
  'open-gop.mkv': ['-i', '{dir}/open-gop.mp4', '-c', 'copy'],
  'open-gop.ts': ['-i', '{dir}/open-gop.mp4', '-c', 'copy'],
  'pyramid.flv': [
    ...[...pattern('320x180', 25, 6), ...x264(50), '-sc_threshold', '0'],
    ...['-x264-params', 'bframes=8:b-adapt=0:b-pyramid=strict:weightp=2:direct=temporal:ref=5'],
  ],
  'hevc-open.mkv': [
    ...[...pattern('320x180', 25, 4), '-c:v', 'libx265', '-preset', 'superfast', '-pix_fmt', 'yuv420p', '-x265-params'],
    'log-level=none:keyint=30:min-keyint=30:open-gop=1:bframes=4:b-adapt=0:b-pyramid=1:scenecut=0',
  ],
  'mpeg4-b.mp4': [...pattern('320x180', 25, 4), '-c:v', 'mpeg4', '-q:v', '5', '-g', '25', '-bf', '2'],
  'mpeg4-b.avi': ['-i', '{dir}/mpeg4-b.mp4', '-c', 'copy'],
  'mpeg2.ts': [...pattern('320x180', 25, 4), '-c:v', 'mpeg2video', '-q:v', '5', '-g', '24', '-bf', '2'],
  'interlaced.mp4': [...pattern('320x192', 25, 4), ...x264(25), '-flags', '+ilme+ildct', '-x264-params', 'tff=1'],
  'vp8-hidden.webm': [
    ...[...pattern('320x180', 25, 4), '-c:v', 'libvpx', '-deadline', 'good', '-cpu-used', '5', '-g', '30'],
    ...['-auto-alt-ref', '1', '-lag-in-frames', '16', '-arnr-maxframes', '5', '-b:v', '300k'],
  ],
  'x264-10.mp4': [...pattern('320x180', 25, 1), ...x264(25), '-pix_fmt', 'yuv420p10le'],
  'ffv1-10.mkv': [...pattern('320x180', 25, 1), '-c:v', 'ffv1', '-pix_fmt', 'yuv422p10le'],
  'ffv1-odd.mkv': [
    ...pattern('336x192', 25, 1),
    ...['-vf', 'format=yuv444p,crop=321:181,format=yuv420p', '-c:v', 'ffv1'],
  ],
  // What must survive beside the pictures: two sounds, text, languages, titles, a default that is not the first.
  'beside.mkv': [
    ...['-i', '{dir}/plain.mp4', '-f', 'lavfi', '-i', 'sine=frequency=880:duration=4', '-i', '{dir}/talk.srt'],
    ...[
      '-map',
      '0:v',
      '-map',
      '0:a',
      '-map',
      '1:a',
      '-map',
      '2:s',
      '-c:v',
      'copy',
      '-c:a:0',
      'copy',
      '-c:a:1',
      'ac3',
      '-c:s',
      'subrip',
    ],
    ...['-metadata', 'title=A title', '-metadata:s:v', 'language=swe', '-metadata:s:a:0', 'language=eng'],
    ...['-metadata:s:a:1', 'language=deu', '-metadata:s:s', 'language=fra'],
    ...['-disposition:a:0', '0', '-disposition:a:1', 'default'],
  ],
  // The first half of a stream that changes its size on its way.
  'small.h264': [...pattern('160x90', 25, 1), ...x264(25), '-f', 'h264'],
  'sound.m4a': [...SOUND, '-c:a', 'aac'],
  // Megabytes of a small picture, four keyframes of 190 kB: what is fetched of it in vain shows.
  'noise.mp4': [
    ...[...VIDEO, 'color=gray:size=480x270:rate=10:duration=4,noise=alls=100:allf=t+u', ...SOUND, '-c:v', 'libx264'],
    ...['-preset', 'ultrafast', '-qp', '12', '-g', '10', '-pix_fmt', 'yuv420p', '-c:a', 'aac', '-shortest'],
  ],
  'lively.mp4': [
    ...[...VIDEO, 'testsrc2=size=240x136:rate=25:duration=6', '-vf', 'noise=alls=24:allf=t'],
    ...['-c:v', 'libx264', '-preset', 'ultrafast', '-crf', '12', '-pix_fmt', 'yuv420p'],
  ],
  'noise-front.mp4': ['-i', '{dir}/noise.mp4', '-c', 'copy', '-movflags', '+faststart'],
  'noise-fragments.mp4': ['-i', '{dir}/noise.mp4', '-c', 'copy', '-movflags', '+frag_keyframe+empty_moov'],
};
