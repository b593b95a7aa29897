"""Crops, mosaics and the changes of look that training images go through. All uint8; grey [h, w] or RGB [h, w, 3]."""

from dataclasses import dataclass

import cv2
import numpy as np

_NOISE = np.random.default_rng(0).standard_normal((1024, 1024), dtype=np.float32)
"""Normal noise to cut windows from: drawing fresh noise for every crop costs more than all the rest."""

FILL = 114
"""Grey of padding, as letterboxing uses it."""


@dataclass
class Augmentation:
    """How strongly. Probabilities 0..1; scale is the range of zoom of a crop."""

    scale: tuple[float, float] = (0.7, 1.4)
    mosaic: float = 0.25
    aim: float = 0.75  # crops that are aimed at an object rather than anywhere
    hard: float = 0.5  # crops of a folder with mined places that are aimed at one of them
    keep_visible: float = 0.4  # a cut object stays when this much of its area is seen
    rotate: bool = True  # quarter turns; only for scenes without an 'up'
    flip: float = 0.5
    flip_vertical: float = 0.5
    edges: float = 0.4  # binary images: redraw the edges (see rough_edges)
    light: float = 0.4
    hue: float = 0.3
    noise: float = 0.2
    blur: float = 0.15


def crop(rng, image, objects, size, aug: Augmentation, focus=None):
    """A window of the image, zoomed, turned and flipped to [size, size]; with the objects that stay visible in it.

    It is aimed at one of the `focus` boxes [n, 4] where given, otherwise mostly at an object.
    """
    zoom = float(np.exp(rng.uniform(*np.log(aug.scale))))
    height, width = image.shape[:2]
    window = size / zoom
    target = None
    if focus is not None:
        target = focus[rng.integers(len(focus))]
    elif len(objects) and rng.random() < aug.aim:
        target = objects[rng.integers(len(objects)), 1:]
    left = _place(rng, width, window, None if target is None else target[[0, 2]])
    top = _place(rng, height, window, None if target is None else target[[1, 3]])
    # Pixel centres lie at half integers, hence the halves.
    matrix = np.array([[zoom, 0, (0.5 - left) * zoom - 0.5], [0, zoom, (0.5 - top) * zoom - 0.5]], np.float64)
    out = cv2.warpAffine(image, matrix, (size, size), flags=cv2.INTER_LINEAR, borderValue=(FILL, FILL, FILL))
    boxes = objects.copy()
    boxes[:, 1:] = (boxes[:, 1:] - (left, top, left, top)) * zoom
    turns = int(rng.integers(4)) if aug.rotate else 0
    out, boxes = turn(out, boxes, turns, size)
    if rng.random() < aug.flip:
        out = out[:, ::-1]
        boxes[:, [1, 3]] = size - boxes[:, [3, 1]]
    if rng.random() < aug.flip_vertical:
        out = out[::-1]
        boxes[:, [2, 4]] = size - boxes[:, [4, 2]]
    return np.ascontiguousarray(out), clip(boxes, (0, 0, size, size), aug.keep_visible)


def _place(rng, length, window, target):
    """Start of a window on one axis: around the target where given, inside the image where it fits."""
    room = length - window
    if target is None:
        return rng.uniform(min(room, 0), max(room, 0))
    low, high = target[1] - window, target[0]  # the window holds the whole target
    if low > high:
        low, high = high, low
    low, high = max(low, min(room, 0)), min(high, max(room, 0))
    return rng.uniform(low, max(low, high))


def turn(image, boxes, turns, size):
    """Quarter turns counter-clockwise of a square image and its boxes."""
    boxes = boxes.copy()
    for _ in range(turns % 4):
        x1, y1, x2, y2 = boxes[:, 1:].T.copy()
        boxes[:, 1:] = np.stack((y1, size - x2, y2, size - x1), 1)
    return np.rot90(image, turns % 4), boxes


def clip(objects, window, keep_visible):
    """Objects cut to a window (x1, y1, x2, y2); those seen less than keep_visible are dropped."""
    area = (objects[:, 3] - objects[:, 1]) * (objects[:, 4] - objects[:, 2])
    cut = objects.copy()
    cut[:, [1, 3]] = cut[:, [1, 3]].clip(window[0], window[2])
    cut[:, [2, 4]] = cut[:, [2, 4]].clip(window[1], window[3])
    seen = (cut[:, 3] - cut[:, 1]) * (cut[:, 4] - cut[:, 2])
    return cut[(seen >= keep_visible * area) & (seen > 16)]


def as_rgb(image):
    return image if image.ndim == 3 else np.repeat(image[..., None], 3, 2)


def mosaic(rng, draw, size, aug: Augmentation):
    """Four crops around a random centre. draw() gives an image, its objects, and focus boxes or None."""
    centre_x, centre_y = rng.integers(size // 4, size * 3 // 4, 2)
    canvas, found = np.empty((size, size, 3), np.uint8), []
    for x1, y1, x2, y2 in (
        (0, 0, centre_x, centre_y),
        (centre_x, 0, size, centre_y),
        (0, centre_y, centre_x, size),
        (centre_x, centre_y, size, size),
    ):
        part, objects = finished_crop(rng, *draw(), size, aug)
        side_x, side_y = x2 - x1, y2 - y1
        left, top = rng.integers(0, size - side_x + 1), rng.integers(0, size - side_y + 1)
        canvas[y1:y2, x1:x2] = as_rgb(part[top : top + side_y, left : left + side_x])
        objects = clip(objects, (left, top, left + side_x, top + side_y), aug.keep_visible)
        objects[:, 1:] += (x1 - left, y1 - top, x1 - left, y1 - top)
        found.append(objects)
    return canvas, np.concatenate(found)


def finished_crop(rng, image, objects, focus, size, aug: Augmentation):
    """A crop with its changes of look: of edges for two-level images, of light, colour, noise and blur for all."""
    image, objects = crop(rng, image, objects, size, aug, focus)
    if image.ndim == 2 and is_binary(image) and rng.random() < aug.edges:
        image = rough_edges(rng, image)
    return change_look(rng, image, aug), objects


def is_binary(image) -> bool:
    """Whether nearly all pixels are near black or near white (thresholded by the camera)."""
    sample = image[::4, ::4]
    return float(((sample > 48) & (sample < 207)).mean()) < 0.08


def noise_like(rng, shape):
    """Normal noise [h, w] or [h, w, 3] (the same in all channels), a random window of a fixed field."""
    height, width = shape[:2]
    y, x = rng.integers(1024 - height + 1), rng.integers(1024 - width + 1)
    window = _NOISE[y : y + height, x : x + width]
    return window if len(shape) == 2 else np.repeat(window[..., None], 3, 2)


def rough_edges(rng, image):
    """Redraws a two-level image as another camera would have thresholded it.

    Blur and a threshold off the middle make lines thicker or thinner; noise of a few pixels' grain before the threshold
    makes edges ragged. What stays is the shape: no defect of more than about three pixels is lost.
    """
    field = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.6, 1.6))
    grain = rng.uniform(0.8, 3.0)
    noise = cv2.GaussianBlur(noise_like(rng, image.shape), (0, 0), grain)
    noise *= (
        rng.uniform(0, 55) * 2 * np.sqrt(np.pi) * grain
    )  # a blur by sigma leaves 1 / (2 sqrt(pi) sigma) of the spread
    # 128 +- 45 +- 60 never reaches 0 or 255: areas away from an edge keep their colour.
    out = (field > 128 + rng.uniform(-45, 45) + noise.clip(-60, 60)).astype(np.uint8) * 255
    if rng.random() < 0.5:
        out = cv2.GaussianBlur(out, (0, 0), rng.uniform(0.3, 0.8))
    return out


def change_look(rng, image, aug: Augmentation):
    """Gain, offset and gamma, tint, sensor noise, blur."""
    if rng.random() < aug.light:
        levels = np.arange(256, dtype=np.float32) / 255
        curve = levels ** rng.uniform(0.7, 1.4) * rng.uniform(0.75, 1.15) + rng.uniform(-0.05, 0.12)
        image = cv2.LUT(image, (curve * 255).clip(0, 255).astype(np.uint8))
    if image.ndim == 3 and rng.random() < aug.hue:
        gains = rng.uniform(0.85, 1.18, 3).astype(np.float32)
        table = (np.arange(256, dtype=np.float32)[None, :, None] * gains).clip(0, 255).astype(np.uint8)
        image = cv2.LUT(image, table)
    if rng.random() < aug.blur:
        image = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.4, 1.2))
    if rng.random() < aug.noise:
        noise = noise_like(rng, image.shape) * rng.uniform(1, 10)
        image = cv2.add(image, noise.astype(np.int16), dtype=cv2.CV_8U)
    return image
