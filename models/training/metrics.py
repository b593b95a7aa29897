"""Mean average precision as COCO counts it: greedy matching by score, 101 recall points, IoU 0.50 to 0.95."""

import numpy as np

from .boxes import iou_pairs

IOU_LEVELS = np.arange(0.5, 0.96, 0.05)
RECALL_POINTS = np.linspace(0, 1, 101)


def match(predicted, scores, truth):
    """Marks predictions of one image and class: hit [n, levels]. Best score first; each true box is used once."""
    order = np.argsort(-scores, kind="stable")
    hit = np.zeros((len(predicted), len(IOU_LEVELS)), bool)
    if len(truth) == 0 or len(predicted) == 0:
        return hit
    overlaps = iou_pairs(predicted, truth)
    for column, level in enumerate(IOU_LEVELS):
        free = np.ones(len(truth), bool)
        for row in order:
            candidates = np.where(free & (overlaps[row] >= level), overlaps[row], -1)
            best = int(candidates.argmax())
            if candidates[best] >= 0:
                free[best] = False
                hit[row, column] = True
    return hit


def average_precision(hit, scores, truths: int) -> np.ndarray:
    """AP per IoU level from all images' predictions of one class: monotone precision, read at 101 recalls."""
    order = np.argsort(-scores, kind="stable")
    found = hit[order].cumsum(0)
    precision = found / np.arange(1, len(found) + 1)[:, None]
    recall = found / truths
    precision = np.maximum.accumulate(precision[::-1], 0)[::-1]
    result = np.zeros(len(IOU_LEVELS))
    for column in range(len(IOU_LEVELS)):
        index = np.searchsorted(recall[:, column], RECALL_POINTS, side="left")
        inside = index < len(precision)
        result[column] = precision[index[inside], column].sum() / len(RECALL_POINTS)
    return result


class MeanAveragePrecision:
    """Add every image once, then ask for summary()."""

    def __init__(self, names, confidence: float = 0.25):
        self.names, self.confidence = names, confidence
        self._rows = [[] for _ in names]
        self._truths = [0] * len(names)

    def add(self, detections, truth):
        """detections [n, 6]: x1, y1, x2, y2, score, class; truth [m, 5]: class, x1, y1, x2, y2."""
        for index in range(len(self.names)):
            mine, real = detections[detections[:, 5] == index], truth[truth[:, 0] == index, 1:]
            self._truths[index] += len(real)
            self._rows[index].append((match(mine[:, :4], mine[:, 4], real), mine[:, 4]))

    def summary(self) -> dict:
        """map50, map5095 (0..1) and a row per class; recall and precision are at `confidence` and IoU 0.5."""
        rows = []
        for name, parts, truths in zip(self.names, self._rows, self._truths):
            if truths == 0:
                continue
            hit, scores = np.concatenate([h for h, _ in parts]), np.concatenate([s for _, s in parts])
            ap = average_precision(hit, scores, truths)
            sure = scores >= self.confidence
            right = int(hit[sure, 0].sum())
            rows.append(
                {
                    "label": name,
                    "truths": truths,
                    "ap50": round(float(ap[0]), 4),
                    "ap5095": round(float(ap.mean()), 4),
                    "recall": round(right / truths, 4),
                    "precision": round(right / max(int(sure.sum()), 1), 4),
                }
            )
        mean = lambda key: round(float(np.mean([row[key] for row in rows])), 4) if rows else 0.0  # noqa: E731
        return {"map50": mean("ap50"), "map5095": mean("ap5095"), "perClass": rows}
