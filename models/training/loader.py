"""Batches for training, made by one background thread so that the cores stay with the network."""

import queue
import threading

import cv2
import numpy as np
import torch

from .augment import Augmentation, as_rgb, finished_crop, mosaic
from .dataset import Dataset


class Loader:
    """Endless batches: (uint8 images [b, 3, size, size] channels-last, (objects, labels, valid)).

    The stream depends on `seed` alone; a resumed run passes another one, so that it goes on with new crops.
    """

    def __init__(self, datasets: list[Dataset], size: int, batch: int, aug: Augmentation, seed: int, ahead: int = 4):
        self.datasets, self.size, self.batch, self.aug = datasets, size, batch, aug
        weights = np.array([d.weight for d in datasets])
        self._odds = weights / weights.sum()
        self._rng = np.random.default_rng(seed)
        self._queue: queue.Queue = queue.Queue(ahead)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def _draw(self):
        dataset = self.datasets[self._rng.choice(len(self.datasets), p=self._odds)]
        if dataset.hard and self._rng.random() < self.aug.hard:
            index = int(self._rng.choice(dataset.hard))
            return dataset.image(index), dataset.objects(index), dataset.focus_boxes(index)
        index = int(self._rng.integers(len(dataset)))
        return dataset.image(index), dataset.objects(index), None

    def _sample(self):
        if self._rng.random() < self.aug.mosaic:
            return mosaic(self._rng, self._draw, self.size, self.aug)
        return finished_crop(self._rng, *self._draw(), self.size, self.aug)

    def _work(self):
        cv2.setNumThreads(1)
        try:
            while not self._stop.is_set():
                self._put(collate([self._sample() for _ in range(self.batch)]))
        except Exception as error:  # handed to the training thread, which raises it
            self._put(error)

    def _put(self, item):
        while not self._stop.is_set():
            try:
                return self._queue.put(item, timeout=0.5)
            except queue.Full:
                continue

    def __iter__(self):
        return self

    def __next__(self):
        item = self._queue.get()
        if isinstance(item, Exception):
            raise item
        return item

    def close(self):
        self._stop.set()
        self._thread.join()


def collate(samples):
    """Stacks samples; objects are padded to the longest list of the batch."""
    images = np.stack([as_rgb(image) for image, _ in samples])
    longest = max(len(objects) for _, objects in samples)
    boxes = np.zeros((len(samples), longest, 4), np.float32)
    labels = np.zeros((len(samples), longest), np.int64)
    valid = np.zeros((len(samples), longest), bool)
    for row, (_, objects) in enumerate(samples):
        count = len(objects)
        boxes[row, :count], labels[row, :count], valid[row, :count] = objects[:, 1:], objects[:, 0], True
    targets = tuple(torch.from_numpy(part) for part in (boxes, labels, valid))
    return torch.from_numpy(images).permute(0, 3, 1, 2), targets
