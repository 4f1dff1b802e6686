"""GStreamer's RTSP server with one clip, for tests. What it plays and how comes as JSON in the first argument; its port goes
to standard output once it listens. It ends with its standard input."""

import json
import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402

PROTOCOLS = {
    "tcp": GstRtsp.RTSPLowerTrans.TCP,
    "udp": GstRtsp.RTSPLowerTrans.UDP,
}


def main() -> None:
    options = json.loads(sys.argv[1])
    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service("0")

    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(options["launch"])
    if "protocol" in options:
        factory.set_protocols(PROTOCOLS[options["protocol"]])

    login = options.get("login")
    if login is not None:
        auth = GstRtspServer.RTSPAuth()
        token = GstRtspServer.RTSPToken()
        token.set_string("media.factory.role", "user")
        if login["method"] == "digest":
            auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
            auth.add_digest(login["user"], login["password"], token)
        else:
            basic = GstRtspServer.RTSPAuth.make_basic(login["user"], login["password"])
            auth.add_basic(basic, token)
        server.set_auth(auth)
        role = Gst.Structure.new_from_string(
            "user, media.factory.access=(boolean)true, media.factory.construct=(boolean)true"
        )
        factory.add_role_from_structure(role)

    server.get_mount_points().add_factory("/clip", factory)
    if server.attach(None) == 0:
        sys.exit("The server could not listen.")
    loop = GLib.MainLoop()
    # Whoever started it may be killed: then this ends, too.
    GLib.io_add_watch(sys.stdin, GLib.PRIORITY_DEFAULT, GLib.IO_IN | GLib.IO_HUP, lambda *_: loop.quit())
    print(server.get_bound_port(), flush=True)
    loop.run()


main()
