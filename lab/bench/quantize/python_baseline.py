"""onnxruntime.quantization's own recipe, as a yardstick for edge-inspect quantize; no part of the product.

Usage: python_baseline.py static|dynamic|static-s8 MODEL.onnx IMAGE_DIR OUT.onnx [EXCLUDED_NODES.json]
Needs: pip install onnx onnxruntime pillow numpy
"""
import json
import sys
from pathlib import Path

import numpy as np
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quantize_dynamic,
    quantize_static,
)
from onnxruntime.quantization.shape_inference import quant_pre_process
from PIL import Image

SIZE = 640


def letterbox(path):
    image = Image.open(path).convert("RGB")
    scale = SIZE / max(image.size)
    width, height = (max(1, round(side * scale)) for side in image.size)
    canvas = Image.new("RGB", (SIZE, SIZE), (114, 114, 114))
    resized = image.resize((width, height), Image.BILINEAR)
    canvas.paste(resized, ((SIZE - width) // 2, (SIZE - height) // 2))
    return np.asarray(canvas, np.float32).transpose(2, 0, 1)[None] / 255


class Reader(CalibrationDataReader):
    def __init__(self, paths):
        self.paths = iter(paths)

    def get_next(self):
        path = next(self.paths, None)
        return None if path is None else {"images": letterbox(path)}


def main(kind, model, images, out, excluded=None):
    if kind == "dynamic":
        quantize_dynamic(model, out, weight_type=QuantType.QUInt8)
        return
    prepared = out + ".prepared.onnx"
    quant_pre_process(model, prepared, skip_symbolic_shape=True)
    quantize_static(
        prepared,
        out,
        Reader(sorted(Path(images).iterdir())),
        quant_format=QuantFormat.QDQ,
        per_channel=True,
        activation_type=QuantType.QInt8 if kind == "static-s8" else QuantType.QUInt8,
        weight_type=QuantType.QInt8,
        calibrate_method=CalibrationMethod.MinMax,
        nodes_to_exclude=json.loads(Path(excluded).read_text()) if excluded else [],
    )
    Path(prepared).unlink()


main(*sys.argv[1:])
