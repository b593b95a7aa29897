"""From head output to detections, and the two ways to run a model: a checkpoint (PyTorch), an .onnx (ONNX Runtime)."""

from pathlib import Path

import cv2
import numpy as np
import torch

from .augment import FILL, as_rgb
from .boxes import suppress
from .checkpoint import load_model
from .dataset import InputError

MAX_DETECTIONS = 300


def letterbox(image: np.ndarray, size: int) -> tuple[np.ndarray, int, int]:
    """Centres an image whose longer side is `size` on a grey square; returns it with the offsets x, y."""
    height, width = image.shape[:2]
    left, top = (size - width) // 2, (size - height) // 2
    canvas = np.full((size, size, 3), FILL, np.uint8)
    canvas[top : top + height, left : left + width] = as_rgb(image)
    return canvas, left, top


def detections(output: np.ndarray, confidence: float, iou: float, limit: int = MAX_DETECTIONS) -> np.ndarray:
    """[n, 6] x1, y1, x2, y2, score, class from one image's [4 + classes, cells]; suppression per class, best first."""
    found = []
    for label, scores in enumerate(output[4:]):
        keep = np.flatnonzero(scores >= confidence)
        centre, size = output[:2, keep].T, output[2:4, keep].T
        boxes = np.concatenate((centre - size / 2, centre + size / 2), 1)
        for index in suppress(boxes, scores[keep], iou, limit):
            found.append((*boxes[index], scores[keep[index]], label))
    rows = np.array(found, np.float32).reshape(-1, 6)
    return rows[np.argsort(-rows[:, 4], kind="stable")][:limit]


class Runner:
    """run(images [b, size, size, 3] uint8 RGB) → [b, 4 + classes, cells] float32."""

    def __init__(self, model: str | Path | torch.nn.Module, threads: int = 2):
        self.made_for, self.fixed = 640, False
        if isinstance(model, torch.nn.Module):
            self._use_torch(model)
        elif str(model).endswith(".onnx"):
            self._use_onnx(str(model), threads)
        else:
            yolo, state = load_model(Path(model))
            self.made_for = state.get("imgsz", 640)
            self._use_torch(yolo)

    def size(self, wanted: int = 0) -> int:
        """Side of the square pictures to give it, pixels; 0: what it was made for. Refuses what it cannot take."""
        if wanted and self.fixed and wanted != self.made_for:
            raise InputError(f"Expected {self.made_for} for --imgsz, the size of this export, but received {wanted}")
        return wanted or self.made_for

    def _use_torch(self, yolo):
        network, head = yolo.eval().to(memory_format=torch.channels_last), yolo.model[22]
        device = next(yolo.parameters()).device

        @torch.inference_mode()
        def run(images):
            maps = network(torch.from_numpy(images).to(device).permute(0, 3, 1, 2).float() / 255)
            return head.decode(maps).cpu().numpy()

        self.run = run

    def _use_onnx(self, path, threads):
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        name, shape = session.get_inputs()[0].name, session.get_inputs()[0].shape
        if isinstance(shape[2], int):
            self.made_for, self.fixed = shape[2], True

        def run(images):
            batch = np.ascontiguousarray(images.transpose(0, 3, 1, 2)).astype(np.float32) / 255
            if shape[0] == 1:
                return np.concatenate([session.run(None, {name: image[None]})[0] for image in batch])
            return session.run(None, {name: batch})[0]

        self.run = run


def predict_dataset(runner: Runner, dataset, confidence: float, iou: float, batch: int = 8, limit: int | None = None):
    """Yields (index, detections in pixels of dataset.image(index)) for every image."""
    total = len(dataset) if limit is None else min(limit, len(dataset))
    for start in range(0, total, batch):
        boxed = [letterbox(dataset.image(i), dataset.size) for i in range(start, min(start + batch, total))]
        outputs = runner.run(np.stack([image for image, _, _ in boxed]))
        for offset, (output, (_, left, top)) in enumerate(zip(outputs, boxed)):
            rows = detections(output, confidence, iou)
            height, width = dataset.image(start + offset).shape[:2]
            rows[:, :4] -= (left, top, left, top)
            rows[:, [0, 2]] = rows[:, [0, 2]].clip(0, width)
            rows[:, [1, 3]] = rows[:, [1, 3]].clip(0, height)
            yield start + offset, rows


cv2.setNumThreads(1)
