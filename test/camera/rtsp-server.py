# A real RTSP server for the tests: GStreamer's, from Debian (python3-gi, gir1.2-gst-rtsp-server-1.0, and the plugins good
# and bad). Passes on what ffmpeg sends it as RTP with H.264. Usage: rtsp-server.py PORT AUTH RTP_PORT; PORT 0: any free
# one; AUTH: none, basic or digest. Prints the port; ends when its standard input closes.
import sys
import threading

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer

USER, PASSWORD = "viewer-7f3a", "pa'ss w@rd:/#?"

port, method, rtp_port = sys.argv[1:4]
Gst.init(None)
server = GstRtspServer.RTSPServer()
server.set_address("127.0.0.1")
server.set_service(port)

factory = GstRtspServer.RTSPMediaFactory()
# no config-interval: it would put parameters before each slice, which breaks a picture in two; ffmpeg sends them
factory.set_launch(
    f"( udpsrc address=127.0.0.1 port={int(rtp_port)} buffer-size=2000000"
    ' caps="application/x-rtp,media=video,encoding-name=H264,clock-rate=90000,payload=96"'
    " ! rtph264depay ! h264parse ! rtph264pay name=pay0 )"
)
factory.set_shared(True)

if method != "none":
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", "viewer")
    auth = GstRtspServer.RTSPAuth()
    if method == "digest":
        auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
        auth.add_digest(USER, PASSWORD, token)
    else:
        auth.set_supported_methods(GstRtsp.RTSPAuthMethod.BASIC)
        auth.add_basic(GstRtspServer.RTSPAuth.make_basic(USER, PASSWORD), token)
    server.set_auth(auth)
    permissions = GstRtspServer.RTSPPermissions()
    permissions.add_permission_for_role("viewer", "media.factory.access", True)
    permissions.add_permission_for_role("viewer", "media.factory.construct", True)
    factory.set_permissions(permissions)

server.get_mount_points().add_factory("/cam", factory)
server.attach(None)
loop = GLib.MainLoop()
threading.Thread(target=lambda: (sys.stdin.read(), loop.quit()), daemon=True).start()
print(server.get_bound_port(), flush=True)
loop.run()
