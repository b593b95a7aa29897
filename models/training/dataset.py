"""Datasets in YOLO folders: DIR/images + DIR/labels, or DIR/train/… and DIR/val/…, with classes.txt beside or above."""

import math
import re
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

IMAGE_SUFFIXES = {".jpg", ".jpeg", ".png", ".bmp", ".webp"}
NAME_FILES = ("classes.txt", "class_names.txt")


class InputError(ValueError):
    """Input that cannot be used, told in one sentence."""


def split_folder(folder: Path, split: str) -> Path:
    """DIR/split where it exists, DIR itself where it holds images/."""
    for candidate in (folder / split, folder):
        if (candidate / "images").is_dir():
            return candidate
    raise InputError(f"Expected images/ or {split}/images/ for the dataset but received {folder}")


def read_class_names(folder: Path) -> list[str]:
    """Names from classes.txt (one a line) or the names of a data.yaml, in the folder or the two above it."""
    for place in (folder, *list(folder.resolve().parents)[:2]):
        for name in NAME_FILES:
            if (place / name).is_file():
                return [line.strip() for line in (place / name).read_text("utf-8").splitlines() if line.strip()]
        if (place / "data.yaml").is_file():
            return names_of_yaml((place / "data.yaml").read_text("utf-8"), place / "data.yaml")
    raise InputError(f"Expected classes.txt or data.yaml for the dataset but received {folder} without one")


def names_of_yaml(text: str, source: Path) -> list[str]:
    """The `names` of a data.yaml in its three usual forms: [a, b], a list of '- a' lines, or '0: a' lines."""
    inline = re.search(r"^names:\s*\[(.*?)\]", text, re.M | re.S)
    if inline:
        return [part.strip().strip("'\"") for part in inline.group(1).split(",") if part.strip()]
    block = re.search(r"^names:\s*\n((?:[ \t]*(?:-|\d+:)[^\n]*\n?)+)", text, re.M)
    if not block:
        raise InputError(f"Expected a list of names for `names` but received none in {source}")
    return [re.sub(r"^\s*(?:-|\d+:)\s*", "", line).strip().strip("'\"") for line in block.group(1).splitlines()]


def read_labels(path: Path, classes: int) -> np.ndarray:
    """Rows of class, cx, cy, w, h (normalised) as float32 [n, 5]; no file or an empty one means no object."""
    rows = []
    for number, line in enumerate(path.read_text("utf-8").splitlines() if path.is_file() else [], 1):
        if not line.strip():
            continue
        try:
            row = [float(part) for part in line.split()]
        except ValueError:
            row = []
        good = (
            len(row) == 5 and row[0] in range(classes) and all(-0.01 <= v <= 1.01 for v in row[1:]) and min(row[3:]) > 0
        )
        if not good:
            raise InputError(
                f"Expected 'class cx cy w h' with a class below {classes} and values 0 to 1 for {path}:{number}"
                f" but received '{line.strip()}'"
            )
        rows.append(row)
    return np.array(rows, np.float32).reshape(-1, 5)


def read_focus(path: Path) -> np.ndarray:
    """Rows of cx, cy, w, h (normalised) that `mine` wrote: places where a model was wrong. No file: none."""
    rows = [line.split() for line in path.read_text("utf-8").splitlines()] if path.is_file() else []
    return np.array(rows, np.float32).reshape(-1, 4)


def decode(path: Path, size: int) -> np.ndarray:
    """An image as [h, w] (grey) or [h, w, 3] (RGB) uint8, its longer side scaled to `size` pixels."""
    image = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if image is None or image.dtype != np.uint8:
        raise InputError(f"Expected an 8-bit image for {path} but received one that cannot be decoded")
    if image.ndim == 3:
        image = np.ascontiguousarray(image[..., 2::-1])
        small = image[::16, ::16].astype(np.int16)
        if (
            (small == small[..., :1]).all()
            and (image[..., 0] == image[..., 1]).all()
            and (image[..., 0] == image[..., 2]).all()
        ):
            image = image[..., 0].copy()
    scale = size / max(image.shape[:2])
    if scale != 1:
        target = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
        image = cv2.resize(image, target, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    return image


AUTO_SIZES = (320, 640)
"""Smallest and largest size that is chosen by itself, pixels: below, a network has too few cells for small objects;
above, a board's processor is too slow."""
LOOKED_AT = 25


def choose_imgsz(sources: list[str], split: str) -> int:
    """Median longer side of a few images, up to a multiple of 32 within AUTO_SIZES; enlarging adds nothing."""
    sides = []
    for source in sources:
        place = split_folder(Path(parse_source(source)[0]), split)
        files = image_files(place)
        for file in files[:: max(1, len(files) // LOOKED_AT)]:
            image = cv2.imread(str(file), cv2.IMREAD_REDUCED_GRAYSCALE_2 | cv2.IMREAD_IGNORE_ORIENTATION)
            if image is not None:
                sides.append(2 * max(image.shape))
    side = float(np.median(sides)) if sides else AUTO_SIZES[1]
    return int(min(max(math.ceil(side / 32) * 32, AUTO_SIZES[0]), AUTO_SIZES[1]))


def image_files(place: Path) -> list[Path]:
    """The images of a split by name; refuses a folder without any."""
    files = sorted(f for f in (place / "images").iterdir() if f.suffix.lower() in IMAGE_SUFFIXES)
    if not files:
        raise InputError(f"Expected at least one image for the dataset but received none in {place / 'images'}")
    return files


@dataclass
class Dataset:
    """One split of one folder. Decoded images are kept in memory up to `cache_bytes`."""

    folder: Path
    names: list[str]
    size: int
    weight: float = 1.0
    cache_bytes: int = 4 << 30
    files: list[Path] = field(default_factory=list)
    labels: list[np.ndarray] = field(default_factory=list)
    focus: list[np.ndarray] = field(default_factory=list)
    hard: list[int] = field(default_factory=list)  # images with a place to focus on
    _cache: dict[int, np.ndarray] = field(default_factory=dict)
    _cached: int = 0

    @staticmethod
    def open(folder: str | Path, split: str, size: int, weight: float = 1.0, cache_bytes: int = 4 << 30) -> "Dataset":
        place = split_folder(Path(folder), split)
        names = read_class_names(place)
        files = image_files(place)
        labels = [read_labels(place / "labels" / f"{f.stem}.txt", len(names)) for f in files]
        focus = [read_focus(place / "focus" / f"{f.stem}.txt") for f in files]
        hard = [index for index, rows in enumerate(focus) if len(rows)]
        return Dataset(place, names, size, weight, cache_bytes, files, labels, focus, hard)

    def __len__(self) -> int:
        return len(self.files)

    def image(self, index: int) -> np.ndarray:
        """The decoded image; do not write into it."""
        found = self._cache.get(index)
        if found is None:
            found = decode(self.files[index], self.size)
            if self._cached + found.nbytes <= self.cache_bytes:
                self._cache[index] = found
                self._cached += found.nbytes
        return found

    def objects(self, index: int) -> np.ndarray:
        """[n, 5]: class, x1, y1, x2, y2 in pixels of image(index)."""
        rows = self.labels[index].copy()
        rows[:, 1:] = self._corners(index, rows[:, 1:])
        return rows

    def focus_boxes(self, index: int) -> np.ndarray:
        """[n, 4]: x1, y1, x2, y2 in pixels of image(index) where a model was wrong."""
        return self._corners(index, self.focus[index])

    def _corners(self, index: int, boxes: np.ndarray) -> np.ndarray:
        height, width = self.image(index).shape[:2]
        centre, half = boxes[:, :2], boxes[:, 2:] / 2
        return np.concatenate((centre - half, centre + half), 1) * np.float32((width, height, width, height))


def parse_source(text: str) -> tuple[str, float]:
    """'DIR' or 'DIR@WEIGHT': how often the folder is drawn from, relative to the others."""
    folder, _, weight = text.rpartition("@")
    if not folder:
        return text, 1.0
    try:
        value = float(weight)
    except ValueError:
        return text, 1.0
    if value <= 0:
        raise InputError(f"Expected a weight above 0 for --data but received {text}")
    return folder, value


def open_all(sources: list[str], split: str, size: int, cache_bytes: int) -> list[Dataset]:
    """Opens 'DIR@WEIGHT' sources; all must have the same classes in the same order."""
    found = []
    for source in sources:
        folder, weight = parse_source(source)
        found.append(Dataset.open(folder, split, size, weight, cache_bytes // len(sources)))
    for other in found[1:]:
        if other.names != found[0].names:
            raise InputError(f"Expected the classes {found[0].names} for {other.folder} but received {other.names}")
    return found
