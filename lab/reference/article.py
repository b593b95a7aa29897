"""The pipeline that the product replaces, as articles on Raspberry Pi inspection have it: OpenCV, onnxruntime, one loop.

Shares no code with the product. `npm run lab -- peers-int8` runs it; by hand:

    pip install -r lab/reference/requirements.txt
    python3 lab/reference/article.py quantize FP32.onnx IMAGES INT8.onnx
    python3 lab/reference/article.py measure INT8.onnx IMAGES THREADS SINGLE_FRAMES LOAD_FRAMES WARM_UP_FRAMES PICTURES

quantize: onnxruntime.quantization.quantize_static, minmax over 24 pictures, per channel, uint8 activations (signed ones
are three times slower on x64), everything behind the last convolutions left in float (quantized, it detects nothing).
measure: prints images/s, median time of a frame in ms, resident memory in MB and detections as JSON.
"""

import itertools
import json
import resource
import statistics
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import onnxruntime as ort

SIZE = 640
CALIBRATION_PICTURES = 24
CONFIDENCE = 0.25
IOU = 0.45


def preprocess(encoded):
    image = cv2.imdecode(encoded, cv2.IMREAD_COLOR)
    height, width = image.shape[:2]
    scale = SIZE / max(height, width)
    size = (round(width * scale), round(height * scale))
    canvas = np.full((SIZE, SIZE, 3), 114, np.uint8)
    canvas[: size[1], : size[0]] = cv2.resize(image, size, interpolation=cv2.INTER_LINEAR)
    blob = cv2.dnn.blobFromImage(canvas, 1 / 255, swapRB=True)
    return blob, scale


def detect(session, encoded):
    """The whole of a frame: bytes of a JPEG in, boxes out."""
    blob, scale = preprocess(encoded)
    (output,) = session.run(None, {session.get_inputs()[0].name: blob})
    rows = output[0].T
    scores = rows[:, 4:].max(axis=1)
    rows, scores = rows[scores > CONFIDENCE], scores[scores > CONFIDENCE]
    classes = rows[:, 4:].argmax(axis=1)
    boxes = np.concatenate([rows[:, :2] - rows[:, 2:4] / 2, rows[:, 2:4]], axis=1) / scale
    kept = cv2.dnn.NMSBoxesBatched(boxes, scores, classes, CONFIDENCE, IOU) if len(boxes) else []
    return [(boxes[i], scores[i], classes[i]) for i in kept]


def pictures(folder, count=None):
    paths = sorted(path for path in Path(folder).iterdir() if path.suffix.lower() in {".jpg", ".jpeg", ".png"})
    return [np.frombuffer(path.read_bytes(), np.uint8) for path in paths[:count]]


def quantize(model, folder, out):
    import onnx
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    class Reader(CalibrationDataReader):
        def __init__(self):
            self.left = iter(pictures(folder, CALIBRATION_PICTURES))

        def get_next(self):
            encoded = next(self.left, None)
            return None if encoded is None else {name: preprocess(encoded)[0]}

    prepared = out + ".prepared"
    quant_pre_process(model, prepared, skip_symbolic_shape=True)
    graph = onnx.load(prepared).graph
    name = graph.input[0].name
    last = max(index for index, node in enumerate(graph.node) if node.op_type == "Conv" and "dfl" not in node.name)
    quantize_static(
        prepared,
        out,
        Reader(),
        quant_format=QuantFormat.QDQ,
        per_channel=True,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
        nodes_to_exclude=[node.name for node in graph.node[last + 1 :]],
    )
    Path(prepared).unlink()
    print(json.dumps({"sizeBytes": Path(out).stat().st_size}))


def resident_mb():
    status = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmRSS"))


def measure(model, folder, threads, single_frames, load_frames, warm_up_frames, count):
    options = ort.SessionOptions()
    options.intra_op_num_threads = int(threads)
    session = ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    frames = itertools.cycle(pictures(folder, int(count)))
    for _ in range(int(warm_up_frames)):
        detect(session, next(frames))
    times = []
    for _ in range(int(single_frames)):
        start = time.perf_counter()
        detect(session, next(frames))
        times.append((time.perf_counter() - start) * 1000)
    usage = resource.getrusage(resource.RUSAGE_SELF)
    cpu = usage.ru_utime + usage.ru_stime
    detections, start = 0, time.perf_counter()
    for _ in range(int(load_frames)):
        detections += len(detect(session, next(frames)))
    seconds = time.perf_counter() - start
    usage = resource.getrusage(resource.RUSAGE_SELF)
    print(
        json.dumps(
            {
                "imagesPerSecond": int(load_frames) / seconds,
                "latencyMs": statistics.median(times),
                "cpuMsPerImage": (usage.ru_utime + usage.ru_stime - cpu) * 1000 / int(load_frames),
                "detectorRssMB": resident_mb(),
                "detections": detections,
            }
        )
    )


{"quantize": quantize, "measure": measure}[sys.argv[1]](*sys.argv[2:])
