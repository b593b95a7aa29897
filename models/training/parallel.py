"""Data-parallel steps inside one process: each worker thread computes its share of the batch on one core.

Threads inside an operator meet at a barrier hundreds of times a step; on a machine with other work to do every barrier
waits for a core that something else holds (measured with 2 cores and a load of 10: 0.5 s of work took 10 to 30 s).
Workers that meet once a step lose little, and on an idle machine they are as fast.
"""

from concurrent.futures import ThreadPoolExecutor

import torch

from .loss import Loss
from .network import Yolo


class Workers:
    """Runs forward and backward of one batch on `count` threads; gradients end up, averaged, in the model."""

    def __init__(
        self,
        model: Yolo,
        teacher: Yolo | None,
        loss: Loss,
        count: int,
        bf16: bool,
        device: torch.device = torch.device("cpu"),
    ):
        torch.set_num_threads(1)
        self.model, self.teacher, self.loss, self.bf16, self.device = model, teacher, loss, bf16, device
        self.replicas = [model] + [self._replica() for _ in range(count - 1)]
        self._pool = ThreadPoolExecutor(count)

    def _replica(self) -> Yolo:
        """A second network over the same weights, with gradients and batch statistics of its own."""
        copy = Yolo(self.model.classes, self.model.width, self.model.depth)
        copy.to(memory_format=torch.channels_last).load_state_dict(self.model.state_dict())
        for mine, shared in zip(copy.parameters(), self.model.parameters()):
            mine.data = shared.data
        for mine, shared in zip(copy.parameters(), self.model.parameters()):
            mine.requires_grad = shared.requires_grad
        copy.train()
        for mine, shared in zip(copy.modules(), self.model.modules()):
            mine.training = shared.training  # frozen layers keep their batch statistics
        return copy

    def _share(self, replica: Yolo, images, targets) -> dict:
        replica.zero_grad(set_to_none=True)
        images = images.to(self.device, torch.float32).div_(255).contiguous(memory_format=torch.channels_last)
        targets = [part.to(self.device) for part in targets]
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.bf16):
            maps = replica(images)
            with torch.no_grad():
                teacher_maps = self.teacher(images) if self.teacher else None
        total, parts = self.loss(maps, targets, teacher_maps)
        total.backward()
        return parts

    def step(self, images, targets) -> dict:
        """Gradients for a uint8 batch; returns the parts of the loss, averaged."""
        count = len(self.replicas)
        shares = zip(images.chunk(count), zip(*(part.chunk(count) for part in targets)))
        jobs = [self._pool.submit(self._share, replica, *share) for replica, share in zip(self.replicas, shares)]
        parts = [job.result() for job in jobs]
        for copies in zip(*(replica.parameters() for replica in self.replicas)):
            if copies[0].grad is not None:
                for other in copies[1:]:
                    copies[0].grad.add_(other.grad)
                copies[0].grad.div_(count)
        for copies in zip(*(replica.buffers() for replica in self.replicas)):
            if copies[0].is_floating_point():
                copies[0].copy_(sum(copies) / count)
                for other in copies[1:]:
                    other.copy_(copies[0])
        return {name: sum(part[name] for part in parts) / count for name in parts[0]}

    def close(self) -> None:
        self._pool.shutdown()
