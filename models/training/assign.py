"""Task-aligned assignment (TOOD, arXiv 2108.07755): which cells answer for which object."""

import torch

from .boxes import iou_matrix

TOP_K = 10
ALPHA, BETA = 0.5, 6.0
"""Exponents of score and IoU in the alignment score ** ALPHA * iou ** BETA (values published for YOLOv8)."""


@torch.no_grad()
def assign(scores, boxes, centres, objects, labels, valid):
    """Chooses for every object the TOP_K best aligned cells whose centre lies inside it.

    scores [b, cells, classes] after the sigmoid; boxes [b, cells, 4] and centres [cells, 2] in pixels;
    objects [b, n, 4] in pixels, labels [b, n], valid [b, n] (False pads).
    Returns owner [b, cells] (index of the object, meaningless where not taken), taken [b, cells] and
    quality [b, cells]: the alignment, scaled per object so that its best cell carries the object's best IoU.
    """
    batch, cells, _ = scores.shape
    count = objects.shape[1]
    if count == 0:
        empty = torch.zeros(batch, cells, device=scores.device)
        return empty.long(), empty.bool(), empty
    x, y = centres[:, 0], centres[:, 1]
    inside = (
        (x > objects[..., 0, None])
        & (x < objects[..., 2, None])
        & (y > objects[..., 1, None])
        & (y < objects[..., 3, None])
    ) & valid[..., None]
    iou = iou_matrix(objects, boxes) * inside
    score = scores.gather(2, labels[:, None, :].expand(batch, cells, count)).transpose(1, 2)
    alignment = score.pow(ALPHA) * iou.pow(BETA) * inside
    best, index = alignment.topk(min(TOP_K, cells), 2)
    chosen = torch.zeros_like(inside).scatter_(2, index, best > 0)
    # A cell wanted by several objects goes to the one it overlaps most.
    contested = chosen.sum(1, keepdim=True) > 1
    winner = torch.zeros_like(inside).scatter_(1, iou.argmax(1, keepdim=True), True)
    chosen = torch.where(contested, chosen & winner, chosen)
    owner, taken = chosen.long().argmax(1), chosen.any(1)
    alignment = alignment * chosen
    peak_alignment = alignment.amax(2, keepdim=True)
    peak_iou = (iou * chosen).amax(2, keepdim=True)
    quality = (alignment / (peak_alignment + 1e-9) * peak_iou).amax(1)
    return owner, taken, quality
