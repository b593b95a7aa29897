"""Checkpoints that survive being killed: written beside, flushed to disk, then renamed over the old one."""

import math
import os
from pathlib import Path

import torch

from .network import Yolo


def save(path: Path, state: dict) -> None:
    """Writes atomically: after a crash at any moment `path` holds either the old or the new state, whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".tmp")
    with open(beside, "wb") as file:
        torch.save(state, file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(beside, path)


def load(path: Path) -> dict:
    """Reads a checkpoint without running any code in it (tensors and plain values only)."""
    return torch.load(path, map_location="cpu", weights_only=True)


def load_model(path: Path, averaged: bool = True) -> tuple[Yolo, dict]:
    """The network of a checkpoint (its averaged weights unless told otherwise) and the checkpoint itself."""
    state = load(path)
    yolo = Yolo(len(state["names"]), state["width"], state["depth"])
    yolo.load_state_dict(state["ema" if averaged else "model"])
    return yolo.eval(), state


class MovingAverage:
    """Exponential moving average of all weights and statistics: over the last 1,000 steps, or a tenth of a shorter run.

    Short at first, so that early noise is forgotten.
    """

    def __init__(self, model: Yolo, decay: float = 0.999, ramp: float = 100):
        self.model = Yolo(model.classes, model.width, model.depth).eval()
        self.model.load_state_dict(model.state_dict())
        self.decay, self.ramp = decay, ramp

    @torch.no_grad()
    def update(self, model: Yolo, step: int, steps: float) -> None:
        """After a step; `steps` is how many the run will have."""
        decay = min(self.decay, 1 - 1 / max(10.0, 0.1 * steps))
        keep = decay * (1 - math.exp(-step / self.ramp))
        pairs = zip(self.model.state_dict().values(), model.state_dict().values())
        mine, new = zip(*((a, b) for a, b in pairs if a.is_floating_point()))
        torch._foreach_lerp_(list(mine), list(new), 1 - keep)
