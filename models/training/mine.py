"""Looks for what a model gets wrong, so that training goes there: python -m models.training.mine --model M --data DIR

Writes DIR/focus/NAME.txt beside the labels: one `cx cy w h` line, normalised, per false alarm (above --confidence) and
per missed object. `train` aims half of the crops of such a folder at these places. Most useful on pictures of good
parts, where nothing else says which of a thousand places is worth looking at. Running it again replaces what it found
before.
"""

import argparse
import sys

import torch

from .dataset import Dataset, InputError
from .failures import FALSE, MISSED, sort_out
from .predict import Runner, predict_dataset

FOCUS_FOLDER = "focus"


def mine(runner: Runner, dataset: Dataset, confidence: float, limit: int | None = None) -> tuple[int, int]:
    """Writes the focus files of a dataset; returns the numbers of false alarms and of missed objects."""
    folder = dataset.folder / FOCUS_FOLDER
    folder.mkdir(exist_ok=True)
    for old in folder.glob("*.txt"):
        old.unlink()
    false = missed = 0
    for index, rows in predict_dataset(runner, dataset, confidence, 0.45, limit=limit):
        height, width = dataset.image(index).shape[:2]
        lines = []
        for kind, (x1, y1, x2, y2), *_ in sort_out(rows, dataset.objects(index)):
            if kind not in (FALSE, MISSED):
                continue
            false, missed = false + (kind == FALSE), missed + (kind == MISSED)
            box = ((x1 + x2) / 2 / width, (y1 + y2) / 2 / height, (x2 - x1) / width, (y2 - y1) / height)
            lines.append(" ".join(f"{value:.6f}" for value in box) + "\n")
        if lines:
            (folder / f"{dataset.files[index].stem}.txt").write_text("".join(lines), "utf-8")
    return false, missed


def main(argv=None) -> int:
    parser = argparse.ArgumentParser(prog="mine", description=__doc__)
    parser.add_argument("--model", required=True, help="checkpoint (.pt) or exported model (.onnx)")
    parser.add_argument("--data", required=True, action="append", help="folder; may be repeated")
    parser.add_argument("--split", default="train")
    parser.add_argument("--imgsz", type=int, default=0, help="0: what the model was made for")
    parser.add_argument("--confidence", type=float, default=0.2, help="least confidence of a false alarm")
    parser.add_argument("--limit", type=int, help="look at the first N images only")
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args(argv)
    torch.set_num_threads(args.threads)
    try:
        runner = Runner(args.model, args.threads)
        for folder in args.data:
            dataset = Dataset.open(folder, args.split, runner.size(args.imgsz), cache_bytes=0)
            false, missed = mine(runner, dataset, args.confidence, args.limit)
            print(f"{dataset.folder}: {false} false alarms, {missed} missed objects")
    except (InputError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
