"""Turns (port, path, scheme basic|digest|none, user, password) into a GStreamer RTSP server that streams a test picture
as JPEG.
"""

import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
gi.require_version("GstRtsp", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402


def main() -> None:
    """Serves until it is ended; a user may see and set up the stream, nobody else even sees it."""
    port, path, scheme, user, password = sys.argv[1:6]
    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_service(port)
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(
        "( videotestsrc is-live=true pattern=ball ! video/x-raw,format=I420,width=160,height=120,framerate=5/1 "
        "! jpegenc quality=40 ! rtpjpegpay name=pay0 pt=26 )"
    )
    factory.set_shared(True)
    if scheme != "none":
        auth = GstRtspServer.RTSPAuth()
        method = GstRtsp.RTSPAuthMethod.DIGEST if scheme == "digest" else GstRtsp.RTSPAuthMethod.BASIC
        auth.set_supported_methods(method)
        token = GstRtspServer.RTSPToken()
        token.set_string("media.factory.role", "viewer")
        if scheme == "digest":
            auth.add_digest(user, password, token)
        else:
            auth.add_basic(GstRtspServer.RTSPAuth.make_basic(user, password), token)
        server.set_auth(auth)
        factory.add_role_from_structure(
            Gst.Structure.new_from_string(
                "viewer, media.factory.access=(boolean)true, media.factory.construct=(boolean)true"
            )
        )
    server.get_mount_points().add_factory(path, factory)
    server.attach(None)
    GLib.MainLoop().run()


main()
