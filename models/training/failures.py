"""Draws what a model got wrong: python -m models.training.failures --model M --data DIR --out DIR [--count 20]

Worst images first. Red: a real object that was missed; magenta: found, with another class; orange: a false alarm;
thin grey: right. Prints a table of the classes that are taken for each other.
"""

import argparse
import sys
from collections import Counter
from pathlib import Path

import cv2
import numpy as np
import torch

from .augment import as_rgb
from .boxes import iou_pairs
from .dataset import Dataset, InputError
from .predict import Runner, predict_dataset

MISSED, CONFUSED, FALSE, RIGHT = (0, 0, 255), (255, 0, 255), (0, 140, 255), (150, 150, 150)


def sort_out(rows: np.ndarray, truth: np.ndarray, iou: float = 0.5):
    """Pairs (kind, box, true class or None, found class or None, score) of one image, each object matched once."""
    overlaps = iou_pairs(truth[:, 1:], rows[:, :4])
    free_truth, free_rows, found = set(range(len(truth))), set(range(len(rows))), []
    same = truth[:, None, 0] == rows[None, :, 5]
    for mask, kind in ((same, RIGHT), (~same, CONFUSED)):
        pairs = np.argwhere(mask & (overlaps >= iou))
        for t, r in sorted(map(tuple, pairs), key=lambda pair: -rows[pair[1], 4]):
            if t in free_truth and r in free_rows:
                free_truth.remove(t)
                free_rows.remove(r)
                found.append((kind, truth[t, 1:], int(truth[t, 0]), int(rows[r, 5]), float(rows[r, 4])))
    found += [(MISSED, truth[t, 1:], int(truth[t, 0]), None, 0.0) for t in sorted(free_truth)]
    found += [(FALSE, rows[r, :4], None, int(rows[r, 5]), float(rows[r, 4])) for r in sorted(free_rows)]
    return found


def draw(image: np.ndarray, found, names: list[str]) -> np.ndarray:
    """The image in BGR with the sorted-out boxes and their names."""
    canvas = as_rgb(image)[..., ::-1].copy()
    for kind, box, real, seen, score in found:
        x1, y1, x2, y2 = (int(round(v)) for v in box)
        cv2.rectangle(canvas, (x1, y1), (x2, y2), kind, 1 if kind == RIGHT else 2)
        if kind != RIGHT:
            text = "/".join(names[label] for label in (real, seen) if label is not None)
            text += f" {score:.2f}" if seen is not None else ""
            cv2.putText(canvas, text, (x1, max(y1 - 3, 10)), cv2.FONT_HERSHEY_SIMPLEX, 0.4, kind, 1, cv2.LINE_AA)
    return canvas


def main(argv=None) -> int:
    parser = argparse.ArgumentParser(prog="failures", description=__doc__)
    parser.add_argument("--model", required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--split", default="val")
    parser.add_argument("--out", required=True, type=Path)
    parser.add_argument("--count", type=int, default=20, help="how many images to draw")
    parser.add_argument("--limit", type=int, help="look at the first N images only")
    parser.add_argument("--imgsz", type=int, default=0, help="0: what the model was made for")
    parser.add_argument("--confidence", type=float, default=0.25)
    parser.add_argument("--iou", type=float, default=0.45)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args(argv)
    torch.set_num_threads(args.threads)
    try:
        runner = Runner(args.model, args.threads)
        dataset = Dataset.open(args.data, args.split, runner.size(args.imgsz), cache_bytes=0)
        args.out.mkdir(parents=True, exist_ok=True)
    except (InputError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    images, table = [], Counter()
    for index, rows in predict_dataset(runner, dataset, args.confidence, args.iou, limit=args.limit):
        found = sort_out(rows, dataset.objects(index))
        table.update((real, seen) for _, _, real, seen, _ in found)
        images.append((sum(kind != RIGHT for kind, *_ in found), index, found))
    for _, index, found in sorted(images, key=lambda row: (-row[0], row[1]))[: args.count]:
        picture = draw(dataset.image(index), found, dataset.names)
        cv2.imwrite(str(args.out / f"{dataset.files[index].stem}.png"), picture)
    columns = [*range(len(dataset.names)), None]
    label = lambda index, other: other if index is None else dataset.names[index]  # noqa: E731
    print("real \\ found".ljust(14) + "".join(label(c, "missed")[:9].rjust(10) for c in columns))
    for real in columns:
        print(label(real, "nothing").ljust(14) + "".join(str(table[real, seen]).rjust(10) for seen in columns))
    return 0


if __name__ == "__main__":
    sys.exit(main())
