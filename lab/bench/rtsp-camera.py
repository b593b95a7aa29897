# The network camera of lab/bench/cameras.ts: GStreamer's RTSP server (from Debian, as for the tests), whose pictures carry the
# time of their making as a row of black and white blocks, so that whoever gets one knows how old it is.
# Usage: rtsp-camera.py WIDTH HEIGHT FPS TIME_BITS CODE_HEIGHT PICTURE; PICTURE: a file of raw RGB. Serves /h264 and /mjpeg,
# prints the port; when its standard input closes, prints what coding took in the camera itself, and ends.
import json
import sys
import threading
import time

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer

WIDTH, HEIGHT, FPS, TIME_BITS, CODE_HEIGHT = (int(word) for word in sys.argv[1:6])
with open(sys.argv[6], "rb") as file:
    PICTURE = file.read()
# the picture moves under the code, so that H.264 has something to do
STEP = WIDTH * 3 * 8
CODE_BYTES = CODE_HEIGHT * WIDTH * 3

CODERS = {
    # 4 Mbit/s, a whole picture every 2.5 s, no pictures out of order: what industrial cameras are set to
    "h264": "openh264enc bitrate=4000000 gop-size=25 complexity=low ! h264parse ! rtph264pay name=pay0",
    "mjpeg": "jpegenc quality=85 ! rtpjpegpay name=pay0",
}
# time from making a picture to its last packet, ms
coding_ms = {name: [] for name in CODERS}


def drawn(now_ms, count):
    block = WIDTH // TIME_BITS * 3
    bits = (now_ms >> bit & 1 for bit in range(TIME_BITS - 1, -1, -1))
    row = b"".join((b"\xff" if bit else b"\x00") * block for bit in bits)
    at = count * STEP % (len(PICTURE) - CODE_BYTES)
    return row * CODE_HEIGHT + PICTURE[CODE_BYTES + at :] + PICTURE[CODE_BYTES : CODE_BYTES + at]


def on_media(_factory, media, name):
    pipeline = media.get_element()
    source = pipeline.get_by_name("source")
    made = {}
    count = 0

    def push():
        nonlocal count
        # a camera whose coder is behind leaves pictures out
        if source.get_property("current-level-bytes") > 0:
            return True
        clock = pipeline.get_clock() or source.get_clock()
        if clock is None:
            return True
        buffer = Gst.Buffer.new_wrapped(drawn(int(time.time() * 1000), count))
        buffer.pts = max(0, clock.get_time() - source.get_base_time())
        made[buffer.pts] = time.time()
        count += 1
        return source.emit("push-buffer", buffer) == Gst.FlowReturn.OK

    def on_packet(_pad, info):
        is_list = info.type & Gst.PadProbeType.BUFFER_LIST
        pts = (info.get_buffer_list().get(0) if is_list else info.get_buffer()).pts
        if pts in made:
            coding_ms[name].append((time.time() - made.pop(pts)) * 1000)
        return Gst.PadProbeReturn.OK

    kinds = Gst.PadProbeType.BUFFER | Gst.PadProbeType.BUFFER_LIST
    pipeline.get_by_name("pay0").get_static_pad("src").add_probe(kinds, on_packet)
    # ends by itself: once the last viewer has left, the source takes no more
    GLib.timeout_add(1000 // FPS, push)


def quantile(numbers, q):
    return round(sorted(numbers)[int(q * (len(numbers) - 1))], 1) if numbers else None


Gst.init(None)
server = GstRtspServer.RTSPServer()
server.set_address("127.0.0.1")
server.set_service("0")
CAPS = f"video/x-raw,format=RGB,width={WIDTH},height={HEIGHT},framerate={FPS}/1"
for name, coder in CODERS.items():
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(f"( appsrc name=source is-live=true format=time caps={CAPS} ! videoconvert ! video/x-raw,format=I420 ! {coder} )")
    factory.set_shared(True)
    factory.connect("media-configure", on_media, name)
    server.get_mount_points().add_factory(f"/{name}", factory)
server.attach(None)
loop = GLib.MainLoop()
threading.Thread(target=lambda: (sys.stdin.read(), loop.quit()), daemon=True).start()
print(server.get_bound_port(), flush=True)
loop.run()
print(json.dumps({name: [quantile(ms, 0.5), quantile(ms, 0.95)] for name, ms in coding_ms.items()}), flush=True)
