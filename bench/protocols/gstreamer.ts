// GStreamer's RTSP server, as what cameras and recorders are built of: each client gets a clip from its beginning.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { killAtExit } from '../child.js';

/** The Python of the system, which has GStreamer's bindings where they are installed. */
const PYTHON = '/usr/bin/python3';
const SCRIPT = `
import sys, gi
gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer
Gst.init(None)
server = GstRtspServer.RTSPServer()
server.set_address("127.0.0.1")
server.set_service("0")
factory = GstRtspServer.RTSPMediaFactory()
factory.set_launch(sys.argv[1])
server.get_mount_points().add_factory("/clip", factory)
if server.attach(None) == 0: sys.exit(1)
loop = GLib.MainLoop()
GLib.io_add_watch(sys.stdin, GLib.PRIORITY_DEFAULT, GLib.IO_IN | GLib.IO_HUP, lambda *_: loop.quit())
print(server.get_bound_port(), flush=True)
loop.run()
`;

/**
 * Starts it; undefined where it is not installed.
 * @param clip - of FLV, with H.264 and AAC
 */
export async function openGStreamer(clip: string): Promise<{ port: number; close: () => Promise<void> } | undefined> {
  if (!existsSync(PYTHON)) return undefined;
  const pictures = 'd.video ! queue ! h264parse ! rtph264pay name=pay0 pt=96';
  const sound = 'd.audio ! queue ! aacparse ! rtpmp4gpay name=pay1 pt=97';
  const launch = `( filesrc location="${clip}" ! flvdemux name=d ${pictures} ${sound} )`;
  const child = spawn(PYTHON, ['-c', SCRIPT, launch], { stdio: ['pipe', 'pipe', 'ignore'] });
  killAtExit(child);
  const gone = once(child, 'exit');
  const [line] = (await Promise.race([once(child.stdout, 'data'), gone])) as [unknown];
  if (!(line instanceof Buffer)) return undefined;
  return {
    port: Number(line.toString()),
    close: async () => {
      child.kill('SIGKILL');
      await gone;
    },
  };
}
