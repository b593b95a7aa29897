"""Independent check of `edge-inspect eval` and `edge-inspect detect`.

Shares no code with the product: onnxruntime, OpenCV for decoding and the letterbox (as Ultralytics does it), NumPy for
NMS, pycocotools for mAP. Run after `npm run build`:

    pip install -r lab/reference/requirements.txt
    python3 lab/reference/evaluate.py --model yolov8n.onnx --images DIR --labels DIR

Prints both results as JSON. Exits 1 when mAP differs by more than 0.3 points, or a confident box by more than 1 pixel.
"""

import argparse
import contextlib
import io
import json
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import onnxruntime as ort
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

CLI = Path(__file__).resolve().parents[2] / "dist" / "src" / "cli" / "main.js"
EXTENSIONS = {".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff"}
MAX_DETECTIONS = 300
MAX_CANDIDATES = 30_000
CONFIDENT = 0.5
MAP_TOLERANCE_POINTS = 0.3
BOX_TOLERANCE_PX = 1.0


def letterbox(image, size):
    """ultralytics.data.augment.LetterBox with auto=False, scaleup=True."""
    height, width = image.shape[:2]
    ratio = min(size / height, size / width)
    new_width, new_height = round(width * ratio), round(height * ratio)
    dw, dh = (size - new_width) / 2, (size - new_height) / 2
    if (width, height) != (new_width, new_height):
        image = cv2.resize(image, (new_width, new_height), interpolation=cv2.INTER_LINEAR)
    top, bottom = round(dh - 0.1), round(dh + 0.1)
    left, right = round(dw - 0.1), round(dw + 0.1)
    padded = cv2.copyMakeBorder(image, top, bottom, left, right, cv2.BORDER_CONSTANT, value=(114, 114, 114))
    return padded, ratio, left, top


def iou_of(box, boxes):
    x1, y1 = np.maximum(box[0], boxes[:, 0]), np.maximum(box[1], boxes[:, 1])
    x2, y2 = np.minimum(box[2], boxes[:, 2]), np.minimum(box[3], boxes[:, 3])
    inter = np.clip(x2 - x1, 0, None) * np.clip(y2 - y1, 0, None)
    area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    return inter / ((box[2] - box[0]) * (box[3] - box[1]) + area - inter + 1e-12)


def nms(boxes, scores, classes, iou):
    """Class-aware and greedy; returns indices by falling score."""
    order = np.argsort(-scores, kind="stable")
    kept = []
    while order.size and len(kept) < MAX_DETECTIONS:
        best, order = order[0], order[1:]
        kept.append(best)
        same = (classes[order] == classes[best]) & (iou_of(boxes[best], boxes[order]) > iou)
        order = order[~same]
    return kept


class Reference:
    def __init__(self, model):
        self.session = ort.InferenceSession(model, providers=["CPUExecutionProvider"])
        self.input = self.session.get_inputs()[0]
        self.size = self.input.shape[2] if isinstance(self.input.shape[2], int) else 640

    def detect(self, path, confidence, iou, multi_label):
        """Returns rows of x1, y1, x2, y2 (source pixels, clipped), score, class."""
        image = cv2.imread(str(path))
        height, width = image.shape[:2]
        padded, ratio, left, top = letterbox(image, self.size)
        tensor = padded[:, :, ::-1].transpose(2, 0, 1)[None].astype(np.float32) / 255
        output = self.session.run(None, {self.input.name: np.ascontiguousarray(tensor)})[0][0]
        scores = output[4:]
        if multi_label:
            classes, cells = np.nonzero(scores > confidence)
        else:
            cells = np.nonzero(scores.max(0) > confidence)[0]
            classes = scores[:, cells].argmax(0)
        values = scores[classes, cells]
        if values.size > MAX_CANDIDATES:
            best = np.argsort(-values, kind="stable")[:MAX_CANDIDATES]
            classes, cells, values = classes[best], cells[best], values[best]
        x, y, w, h = output[:4, cells]
        boxes = np.stack([x - w / 2, y - h / 2, x + w / 2, y + h / 2], 1)
        kept = nms(boxes, values, classes, iou)
        boxes = (boxes[kept] - [left, top, left, top]) / ratio
        boxes = boxes.clip(0, [width, height, width, height])
        return np.column_stack([boxes, values[kept], classes[kept]]), (width, height)


def edge_inspect(*arguments):
    done = subprocess.run(["node", str(CLI), *arguments, "--json"], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"edge-inspect {' '.join(arguments)} failed: {done.stderr.strip()}")
    return json.loads(done.stdout)


def reference_map(reference, paths, labels):
    images, annotations, detections = [], [], []
    for number, path in enumerate(paths, 1):
        found, (width, height) = reference.detect(path, 0.001, 0.7, multi_label=True)
        images.append({"id": number, "width": width, "height": height})
        file = Path(labels) / f"{path.stem}.txt"
        for line in file.read_text().splitlines() if file.exists() else []:
            class_id, cx, cy, w, h = map(float, line.split())
            box = [(cx - w / 2) * width, (cy - h / 2) * height, w * width, h * height]
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": number,
                    "category_id": int(class_id),
                    "bbox": box,
                    "area": box[2] * box[3],
                    "iscrowd": 0,
                }
            )
        for x1, y1, x2, y2, score, class_id in found:
            box = [x1, y1, x2 - x1, y2 - y1]
            detections.append({"image_id": number, "category_id": int(class_id), "bbox": box, "score": score})
    classes = sorted({a["category_id"] for a in annotations})
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO()
        truth.dataset = {"images": images, "annotations": annotations, "categories": [{"id": c} for c in classes]}
        truth.createIndex()
        known = [d for d in detections if d["category_id"] in classes]
        evaluation = COCOeval(truth, truth.loadRes(known), "bbox")
        evaluation.params.maxDets = [MAX_DETECTIONS] * 3
        evaluation.evaluate()
        evaluation.accumulate()
    # precision: IoU threshold x recall x class x area x maxDets
    precision = evaluation.eval["precision"][:, :, :, 0, -1]
    per_class = {c: float(precision[:, :, k].mean()) for k, c in enumerate(classes)}
    return float(precision[0].mean()), float(precision.mean()), per_class


def compare_boxes(reference, paths, model):
    """Largest difference of any edge of a confident box, and confident boxes that the other side does not have."""
    worst, missing, count = 0.0, [], 0
    for path in paths:
        theirs, _ = reference.detect(path, 0.25, 0.45, multi_label=False)
        ours = edge_inspect("detect", "--model", model, "--image", str(path), "--confidence", "0.25", "--iou", "0.45")
        rows = [(d["box"], d["confidence"], d["classId"]) for d in ours["detections"]]
        mine = np.array(
            [[b["x"], b["y"], b["x"] + b["width"], b["y"] + b["height"], s, c] for b, s, c in rows]
        ).reshape(-1, 6)
        for side, one, other in (("reference", theirs, mine), ("edge-inspect", mine, theirs)):
            for row in one[one[:, 4] >= CONFIDENT]:
                same = other[other[:, 5] == row[5]]
                difference = np.abs(same[:, :4] - row[:4]).max(1).min() if len(same) else np.inf
                if difference > 20:
                    missing.append(f"{path.name}: class {int(row[5])} {row[4]:.2f} only in {side}")
                else:
                    count += side == "reference"
                    worst = max(worst, float(difference))
    return worst, missing, count


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True)
    parser.add_argument("--images", required=True)
    parser.add_argument("--labels", required=True)
    arguments = parser.parse_args()
    paths = sorted(p for p in Path(arguments.images).iterdir() if p.suffix.lower() in EXTENSIONS)
    reference = Reference(arguments.model)

    map50, map5095, per_class = reference_map(reference, paths, arguments.labels)
    ours = edge_inspect(
        "eval", "--model", arguments.model, "--images", arguments.images, "--labels", arguments.labels
    )
    difference = 100 * max(abs(ours["map50"] - map50), abs(ours["map5095"] - map5095))
    class_difference = max(100 * abs(c["map5095"] - per_class[c["classId"]]) for c in ours["perClass"])
    worst_px, missing, boxes = compare_boxes(reference, paths, arguments.model)
    passed = difference <= MAP_TOLERANCE_POINTS and worst_px <= BOX_TOLERANCE_PX and not missing
    print(
        json.dumps(
            {
                "images": len(paths),
                "reference": {"map50": map50, "map5095": map5095},
                "edgeInspect": {"map50": ours["map50"], "map5095": ours["map5095"]},
                "largestDifferencePoints": round(difference, 3),
                "largestClassDifferencePoints": round(class_difference, 3),
                "confidentBoxes": boxes,
                "largestBoxDifferencePx": round(worst_px, 3),
                "confidentBoxesOfOneSideOnly": missing,
                "passed": passed,
            },
            indent=2,
        )
    )
    sys.exit(0 if passed else 1)


if __name__ == "__main__":
    main()
