"""Measures a checkpoint or an .onnx on a labelled folder: mAP50, mAP50-95, and per class recall and precision.

python -m models.training.evaluate --model RUN/last.pt --data DIR [--json OUT.json]
"""

import argparse
import json
import sys
from pathlib import Path

import torch

from .dataset import Dataset, InputError
from .metrics import MeanAveragePrecision
from .predict import Runner, predict_dataset

RANKED_FROM = 0.001
"""mAP ranks nearly everything, whatever confidence recall and precision are asked at."""


def evaluate(runner: Runner, dataset: Dataset, confidence=0.25, iou=0.7, limit=None) -> dict:
    """Summary over a dataset: mAP over all confidences, recall and precision at `confidence`. 0.7 is usual for mAP."""
    score = MeanAveragePrecision(dataset.names, confidence)
    images = 0
    for index, rows in predict_dataset(runner, dataset, min(RANKED_FROM, confidence), iou, limit=limit):
        score.add(rows, dataset.objects(index))
        images += 1
    return {"images": images, **score.summary()}


def main(argv=None) -> int:
    parser = argparse.ArgumentParser(prog="evaluate", description=__doc__)
    parser.add_argument("--model", required=True, help="checkpoint (.pt) or exported model (.onnx)")
    parser.add_argument("--data", required=True, help="folder with images/ and labels/, or with --split below it")
    parser.add_argument("--split", default="val")
    parser.add_argument("--imgsz", type=int, default=0, help="0: what the model was made for")
    parser.add_argument("--confidence", type=float, default=0.25, help="of recall and precision; mAP ranks all")
    parser.add_argument("--iou", type=float, default=0.7)
    parser.add_argument("--limit", type=int, help="only the first N images")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--json", help="also write the result to this file")
    args = parser.parse_args(argv)
    torch.set_num_threads(args.threads)
    try:
        runner = Runner(args.model, args.threads)
        dataset = Dataset.open(args.data, args.split, runner.size(args.imgsz), cache_bytes=0)
        result = evaluate(runner, dataset, args.confidence, args.iou, args.limit)
    except (InputError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    text = json.dumps({"model": args.model, "data": args.data, **result}, indent=2)
    print(text)
    if args.json:
        Path(args.json).write_text(text + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
