"""Training loss: BCE on classes, CIoU on boxes, DFL on the sides' distributions; distillation from a teacher."""

import torch
from torch.nn import functional as F

from .assign import assign
from .boxes import complete_iou
from .network import REG_MAX, cell_centres

GAINS = {"box": 7.5, "cls": 0.5, "dfl": 1.5}
"""Weights of the three parts, as published for YOLOv8."""


def flatten(maps):
    """Head maps to float32 [batch, cells, 4 * REG_MAX] distributions and [batch, cells, classes] logits."""
    flat = torch.cat([m.float().flatten(2) for m in maps], 2).transpose(1, 2)
    return flat.split((4 * REG_MAX, flat.shape[2] - 4 * REG_MAX), 2)


def expected_sides(distributions):
    """Expected side lengths in cells, [batch, cells, 4], from raw distributions."""
    batch, cells, _ = distributions.shape
    bins = torch.arange(REG_MAX, dtype=torch.float32, device=distributions.device)
    return distributions.view(batch, cells, 4, REG_MAX).softmax(3) @ bins


class Loss:
    """Called with head maps and targets; returns the total per batch and the parts for the log."""

    def __init__(self, classes: int, teacher_gain: float = 1.0):
        self.classes, self.teacher_gain = classes, teacher_gain

    def __call__(self, maps, targets, teacher_maps=None):
        """targets: (objects [b, n, 4] in pixels, labels [b, n], valid [b, n])."""
        distributions, logits = flatten(maps)
        objects, labels, valid = targets
        cells, strides = cell_centres([m.shape[-2:] for m in maps], logits.device)
        sides = expected_sides(distributions)
        boxes = torch.cat((cells - sides[..., :2], cells + sides[..., 2:]), 2) * strides
        owner, taken, quality = assign(
            logits.detach().sigmoid(), boxes.detach(), cells * strides, objects, labels, valid
        )

        wanted = torch.zeros_like(logits)
        picked = taken.nonzero(as_tuple=True)
        classes = labels.gather(1, owner)[picked]
        wanted[picked[0], picked[1], classes] = quality[picked]
        total_quality = quality.sum().clamp(min=1.0)
        parts = {"cls": F.binary_cross_entropy_with_logits(logits, wanted, reduction="sum") / total_quality}

        if len(classes):
            goal = objects[picked[0], owner[picked]]
            weight = quality[picked] / total_quality
            parts["box"] = ((1 - complete_iou(boxes[picked], goal)) * weight).sum()
            goal_cells = goal / strides[picked[1]]
            centre = cells[picked[1]]
            goal_sides = torch.cat((centre - goal_cells[:, :2], goal_cells[:, 2:] - centre), 1)
            parts["dfl"] = (distribution_loss(distributions[picked], goal_sides) * weight).sum()
        else:
            parts["box"] = parts["dfl"] = distributions.sum() * 0
        total = sum(GAINS[name] * value for name, value in parts.items())
        if teacher_maps is not None:
            parts["teacher"] = distillation_loss(distributions, logits, *flatten(teacher_maps))
            total = total + self.teacher_gain * parts["teacher"]
        return total, {name: float(value.detach()) for name, value in parts.items()}


def distribution_loss(distributions, sides):
    """Distribution focal loss: cross entropy on the two bins beside each true side; [n], mean over the four sides."""
    sides = sides.clamp(0, REG_MAX - 1 - 0.01)
    left = sides.long()
    share = sides - left
    flat = distributions.reshape(-1, REG_MAX)
    below = F.cross_entropy(flat, left.reshape(-1), reduction="none").view(sides.shape)
    above = F.cross_entropy(flat, left.reshape(-1) + 1, reduction="none").view(sides.shape)
    return (below * (1 - share) + above * share).mean(1)


def distillation_loss(distributions, logits, teacher_distributions, teacher_logits):
    """Mimics a teacher (arXiv 1503.02531; localization distillation, arXiv 2102.12252).

    Class scores by BCE against the teacher's scores less its own entropy (so that a perfect copy costs nothing); the
    sides' distributions by KL divergence, both weighted by how sure the teacher is that something is there.
    """
    soft = teacher_logits.sigmoid()
    sure = soft.amax(2)
    mass = sure.sum().clamp(min=1.0)
    cross = F.binary_cross_entropy_with_logits(logits, soft, reduction="sum")
    entropy = F.binary_cross_entropy_with_logits(teacher_logits, soft, reduction="sum")
    shape = (*distributions.shape[:2], 4, REG_MAX)
    student, teacher = distributions.view(shape).log_softmax(3), teacher_distributions.view(shape).log_softmax(3)
    divergence = (teacher.exp() * (teacher - student)).sum(3).mean(2)
    return GAINS["cls"] * (cross - entropy) / mass + GAINS["dfl"] * (divergence * sure).sum() / mass
