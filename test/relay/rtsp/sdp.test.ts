// Descriptions: as papers have them, as cameras have them, and what is chosen of them.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { choose } from '#dist/relay/rtsp/choice.js';
import { baseOf } from '#dist/relay/rtsp/control.js';
import { announcedTimes } from '#dist/relay/rtsp/rtp-info.js';
import { parseSdp } from '#dist/relay/rtsp/sdp.js';
import { parseTransport } from '#dist/relay/rtsp/transport.js';

const BASE = 'rtsp://h/live';

function chosen(lines: readonly string[], end = '\r\n'): ReturnType<typeof choose> {
  return choose(parseSdp(lines.join(end)), BASE);
}

const VIDEO = [
  'm=video 0 RTP/AVP 96',
  'a=rtpmap:96 H264/90000',
  'a=fmtp:96 packetization-mode=1;sprop-parameter-sets=Z00AHw==,aO48gA==',
  'a=control:trackID=1',
];
const AAC = [
  'm=audio 0 RTP/AVP 97',
  'a=rtpmap:97 MPEG4-GENERIC/48000/2',
  'a=fmtp:97 streamtype=5; profile-level-id=1; mode=AAC-hbr; sizelength=13; indexlength=3; indexdeltalength=3; config=1190',
  'a=control:trackID=2',
];
const HEAD = ['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=x', 't=0 0', 'a=control:*', 'a=range:npt=0-'];

test('video and sound are chosen, with what decoders are told', () => {
  const { streams, leftOut, url } = chosen([...HEAD, ...VIDEO, ...AAC]);
  expect(leftOut).toEqual([]);
  expect(url).toBe(BASE);
  expect(streams.map((one) => one.url)).toEqual([`${BASE}/trackID=1`, `${BASE}/trackID=2`]);
  const [video, audio] = streams.map(({ carriage }) => carriage);
  expect(video).toMatchObject({
    kind: 'video',
    codec: 'h264',
    parameterSets: [Buffer.from('674d001f', 'hex'), Buffer.from('68ee3c80', 'hex')],
  });
  expect(audio).toMatchObject({ kind: 'audio', codec: 'aac', config: Buffer.from('1190', 'hex') });
});

test.each(['\n', '\r', '\r\n', '\r\n \r\n\r\n'])('lines may end with %j', (end) => {
  expect(chosen([...HEAD, ...VIDEO, ...AAC], end).streams).toHaveLength(2);
});

test('the defects of cameras are looked past', () => {
  // Without all that is demanded ahead of the streams; a port and an address of garbage; no control; attributes ahead of their
  // time; what belongs to nothing behind the end.
  expect(
    chosen(['m=video -1353744643 RTP/AVP 96', "c=IN IP4 '&\uFFFD\uFFFD", 'a=rtpmap:96 H264/90000']).streams,
  ).toMatchObject([{ url: BASE }]);
  expect(chosen(['a=tool:x', ...VIDEO, 'u=', 's=late', '\0\0garbage', 'a=', 'a=:']).streams).toHaveLength(1);
  // A rate that was forgotten, names in small letters, spaces.
  const [stream] = chosen([
    'm=VIDEO 0 rtp/avp 98 ',
    'a=fmtp:98  sprop-vps=QAEMAf//',
    'a=rtpmap:98  h265 ',
    'a=control: track1 ',
  ]).streams;
  expect(stream).toMatchObject({ format: { clockRate: 90_000, encoding: 'H265' }, url: `${BASE}/track1` });
  // A payload type that the stream itself forgot.
  expect(chosen(['m=video 0 RTP/AVP', 'a=rtpmap:96 H264/90000']).streams).toHaveLength(1);
});

test.each([
  ['m=audio 0 RTP/AVP 0', 'pcm_mulaw'],
  ['m=audio 0 RTP/AVP 8', 'pcm_alaw'],
  ['m=audio 0 RTP/AVP 14', 'mp3'],
])('%s needs no rtpmap', (line, codec) => {
  expect(chosen([line]).streams).toMatchObject([{ carriage: { codec } }]);
});

test.each([
  [['m=video 0 RTP/AVP 26'], 'the video: JPEG cannot be carried'],
  [['m=audio 0 RTP/AVP 97', 'a=rtpmap:97 G726-32/8000'], 'the audio: G726-32 cannot be carried'],
  [
    ['m=audio 0 RTP/AVP 97', 'a=rtpmap:97 PCMA/16000/2'],
    'the audio: PCMA of 16000 Hz and 2 channels cannot be carried',
  ],
  [
    ['m=video 0 RTP/AVP 96', 'a=rtpmap:96 H264/90000', 'a=fmtp:96 packetization-mode=2'],
    'the video: H264 is interleaved, which cannot be read',
  ],
  [['m=video 0 RTP/SAVP 96', 'a=rtpmap:96 H264/90000'], 'the video: H264 is encrypted (SRTP), which cannot be read'],
  [
    ['m=audio 0 RTP/AVP 97', 'a=rtpmap:97 MP4A-LATM/90000', 'a=fmtp:97 config=400024203fc0'],
    'the audio: MP4A-LATM has its configuration within the stream, which cannot be read',
  ],
  [
    ['m=audio 0 RTP/AVP 97', 'a=rtpmap:97 mpeg4-generic/48000', 'a=fmtp:97 mode=AAC-hbr'],
    'the audio: MPEG4-GENERIC comes without its configuration, and cannot be carried',
  ],
  [['m=video 0 RTP/AVP 99'], 'the video: payload type 99 cannot be carried'],
  [['m=video 0 RTP/AVP 99', 'a=rtpmap:99 constructor/90000'], 'the video: CONSTRUCTOR cannot be carried'],
])('%j is left out in a sentence', (lines, what) => {
  expect(chosen(lines)).toMatchObject({ streams: [], leftOut: [what] });
});

test('of several streams the first that can be carried is taken, and loudspeakers and other data are nobody’s loss', () => {
  const { streams, leftOut } = chosen([
    ...HEAD,
    ...['m=video 0 RTP/AVP 26', 'a=control:1'],
    ...['m=video 0 RTP/AVP 100 96', 'a=rtpmap:100 H263-1998/90000', 'a=rtpmap:96 H264/90000', 'a=control:2'],
    ...['m=video 0 RTP/AVP 97', 'a=rtpmap:97 H265/90000', 'a=control:3'],
    ...['m=audio 0 RTP/AVP 0', 'a=control:4', 'a=sendonly'],
    ...['m=audio 0 RTP/AVP 8', 'a=control:5', 'a=recvonly'],
    ...['m=application 0 RTP/AVP 107', 'a=rtpmap:107 vnd.onvif.metadata/90000', 'a=control:6'],
  ]);
  expect(streams.map(({ url }) => url)).toEqual([`${BASE}/2`, `${BASE}/5`]);
  expect(streams[0]?.format.payloadType).toBe(96);
  expect(leftOut).toEqual(['the video: JPEG cannot be carried', 'another video: one is relayed, which is ahead of it']);
});

test('LATM has its configuration amid other bits', () => {
  // One program, one layer, AAC-LC of 44,100 Hz in stereo, as ffmpeg writes it.
  const lines = [
    'm=audio 0 RTP/AVP 97',
    'a=rtpmap:97 MP4A-LATM/44100/2',
    'a=fmtp:97 profile-level-id=41;cpresent=0;config=400024203fc0',
  ];
  expect(chosen(lines).streams).toMatchObject([{ carriage: { codec: 'aac', config: Buffer.from('1210', 'hex') } }]);
});

test.each([
  ['Content-Base', 'rtsp://h/live/', 'track1', 'rtsp://h/live/track1'],
  ['Content-Base', 'rtsp://h/live?a=b', 'track1', 'rtsp://h/live?a=b/track1'],
  ['Content-Base', '/live/', 'track1', 'rtsp://h/asked/track1'],
  ['Content-Location', 'rtsp://u:p@h/there', 'track1', 'rtsp://h/there/track1'],
  ['X', '', '/track1', 'rtsp://h/asked/track1'],
  ['X', '', 'rtsp://u:p@10.0.0.1/abs', 'rtsp://10.0.0.1/abs'],
  ['X', '', '*', 'rtsp://h/asked'],
  ['X', '', '?track=1', 'rtsp://h/asked?track=1'],
])('with %s %j, the control %j is %s', (name, value, control, url) => {
  const response = {
    status: 200,
    reason: '',
    headers: new Map([[name.toLowerCase(), [value]]]),
    body: Buffer.alloc(0),
  };
  const base = baseOf(response, 'rtsp://h/asked');
  const { streams } = choose(parseSdp(`m=audio 0 RTP/AVP 8\na=control:${control}`), base);
  expect(streams[0]?.url).toBe(url);
});

test('any text is read without a failure, and no more of it than any server has', () => {
  const line = fc.oneof(
    fc.string({ maxLength: 60 }),
    fc.constantFrom(...HEAD, ...VIDEO, ...AAC),
    fc
      .tuple(fc.constantFrom('m=', 'a=rtpmap:', 'a=fmtp:', 'a=control:'), fc.string({ maxLength: 40 }))
      .map((pair) => pair.join('')),
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 40 }), fc.constantFrom('\n', '\r\n'), (lines, end) => {
      const { streams } = choose(parseSdp(lines.join(end)), BASE);
      expect(streams.length).toBeLessThanOrEqual(2);
    }),
    { numRuns: 500 },
  );
  const many = Array.from({ length: 10_000 }, () => 'm=video 0 RTP/AVP 26').join('\n');
  expect(parseSdp(many).media).toHaveLength(64);
});

test.each([
  ['RTP/AVP/TCP;unicast;interleaved=2-3;ssrc=1234', { kind: 'tcp', rtp: 2, rtcp: 3 }],
  ['RTP/AVP/TCP;interleaved=4', { kind: 'tcp', rtp: 4, rtcp: 5 }],
  ['RTP/AVP/TCP;unicast', { kind: 'tcp', rtp: 6, rtcp: 7 }],
  [undefined, { kind: 'tcp', rtp: 6, rtcp: 7 }],
  [
    'RTP/AVP;unicast;client_port=5000-5001;server_port=6000-6001;source=10.0.0.1',
    { kind: 'udp', serverPorts: [6000, 6001], source: '10.0.0.1' },
  ],
  ['RTP/AVP/UDP;unicast;client_port=5000-5001', { kind: 'udp', serverPorts: undefined, source: undefined }],
  ['RTP/AVP;multicast;destination=224.1.1.1', undefined],
  ['RTP/AVP/TCP;interleaved=300-301', { kind: 'tcp', rtp: 6, rtcp: 7 }],
  ['RAW/RAW/UDP;unicast', undefined],
])('the transport %j', (value, agreed) => {
  expect(parseTransport(value, 6)).toEqual(agreed);
});

test('beginnings of streams are found by their addresses, and by their order where those are others', () => {
  const urls = ['rtsp://h/live/trackID=1', 'rtsp://h/live/trackID=2'];
  const both = 'url=rtsp://h/live/trackID=2;seq=1;rtptime=22, url=rtsp://h/live/trackID=1;seq=2;rtptime=4294967295';
  expect(announcedTimes(both, urls)).toEqual([4294967295, 22]);
  expect(announcedTimes('url=trackID=2;rtptime=22,url=trackID=1;rtptime=11', urls)).toEqual([11, 22]);
  expect(announcedTimes('url=rtsp://10.0.0.1/a;rtptime=11,url=rtsp://10.0.0.1/b;rtptime=22', urls)).toEqual([11, 22]);
  expect(announcedTimes('url=rtsp://h/live/trackID=2;seq=1', urls)).toEqual([undefined, undefined]);
  expect(announcedTimes(undefined, urls)).toEqual([undefined, undefined]);
  expect(announcedTimes('', urls)).toEqual([undefined, undefined]);
});
