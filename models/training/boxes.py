"""Box arithmetic. Boxes are x1, y1, x2, y2 unless a name says otherwise."""

import math

import numpy as np
import torch

EPS = 1e-7


def iou_matrix(a, b):
    """IoU of every box of a [..., n, 4] with every box of b [..., m, 4]: [..., n, m]."""
    low = torch.maximum(a[..., :, None, :2], b[..., None, :, :2])
    high = torch.minimum(a[..., :, None, 2:], b[..., None, :, 2:])
    shared = (high - low).clamp_(min=0).prod(-1)
    area_a = (a[..., 2:] - a[..., :2]).prod(-1)[..., :, None]
    area_b = (b[..., 2:] - b[..., :2]).prod(-1)[..., None, :]
    return shared / (area_a + area_b - shared + EPS)


def complete_iou(a, b):
    """Complete IoU of matching boxes [n, 4] (arXiv 1911.08287): overlap, less centre distance and aspect mismatch."""
    size_a, size_b = a[:, 2:] - a[:, :2], b[:, 2:] - b[:, :2]
    shared = (torch.minimum(a[:, 2:], b[:, 2:]) - torch.maximum(a[:, :2], b[:, :2])).clamp(min=0).prod(1)
    iou = shared / (size_a.prod(1) + size_b.prod(1) - shared + EPS)
    hull = torch.maximum(a[:, 2:], b[:, 2:]) - torch.minimum(a[:, :2], b[:, :2])
    between = (a[:, :2] + a[:, 2:] - b[:, :2] - b[:, 2:]) / 2
    distance = between.pow(2).sum(1) / (hull.pow(2).sum(1) + EPS)
    angle = torch.atan(size_b[:, 0] / (size_b[:, 1] + EPS)) - torch.atan(size_a[:, 0] / (size_a[:, 1] + EPS))
    aspect = (4 / math.pi**2) * angle.pow(2)
    with torch.no_grad():
        weight = aspect / (1 - iou + aspect + EPS)
    return iou - distance - weight * aspect


def iou_pairs(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """IoU of every box of a [n, 4] with every box of b [m, 4], in numpy."""
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    shared = np.clip(high - low, 0, None).prod(-1)
    area = (a[:, 2:] - a[:, :2]).prod(-1)[:, None] + (b[:, 2:] - b[:, :2]).prod(-1)[None, :]
    return shared / (area - shared + EPS)


def suppress(boxes: np.ndarray, scores: np.ndarray, iou: float, limit: int) -> list[int]:
    """Greedy non-maximum suppression of one class: at most `limit` indices kept, best score first."""
    left = np.argsort(-scores, kind="stable")
    kept: list[int] = []
    while len(left) and len(kept) < limit:
        best, left = left[0], left[1:]
        kept.append(int(best))
        left = left[iou_pairs(boxes[best : best + 1], boxes[left])[0] <= iou]
    return kept
