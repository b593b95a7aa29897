"""Proves the recipe on drawn shapes in about a minute, with nothing to download: python -m models.training.selfcheck

Boxes, assignment and metrics against hand-computed values; then a small network learns squares, discs and crosses, is
interrupted and resumed, distilled into a narrower student, exported, and read back with ONNX Runtime.
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np
import onnx
import torch

from .assign import assign
from .augment import as_rgb, turn
from .boxes import complete_iou, iou_pairs, suppress
from .dataset import Dataset, InputError, names_of_yaml, read_labels
from .evaluate import evaluate
from .export import export
from .metrics import MeanAveragePrecision
from .network import Yolo
from .onnx_weights import start_from_onnx
from .predict import Runner

NAMES = ["square", "disc", "cross"]


def draw(folder: Path, count: int, seed: int) -> None:
    """A YOLO folder of grey images with one to four shapes each."""
    rng = np.random.default_rng(seed)
    for part in ("images", "labels"):
        (folder / part).mkdir(parents=True)
    (folder / "classes.txt").write_text("\n".join(NAMES))
    for index in range(count):
        image = np.full((128, 128), rng.integers(150, 255), np.uint8)
        rows = []
        for quarter in rng.permutation(4)[: rng.integers(1, 5)]:
            kind, half = int(rng.integers(3)), int(rng.integers(8, 15))
            x = int(quarter % 2 * 64 + rng.integers(half + 1, 63 - half))
            y = int(quarter // 2 * 64 + rng.integers(half + 1, 63 - half))
            ink = int(rng.integers(0, 80))
            if kind == 0:
                cv2.rectangle(image, (x - half, y - half), (x + half, y + half), ink, -1)
            elif kind == 1:
                cv2.circle(image, (x, y), half, ink, -1)
            else:
                cv2.line(image, (x - half, y - half), (x + half, y + half), ink, 3)
                cv2.line(image, (x - half, y + half), (x + half, y - half), ink, 3)
            side = (2 * half + 1) / 128
            rows.append(f"{kind} {(x + 0.5) / 128:.6f} {(y + 0.5) / 128:.6f} {side:.6f} {side:.6f}")
        cv2.imwrite(str(folder / "images" / f"{index:04}.png"), image)
        (folder / "labels" / f"{index:04}.txt").write_text("\n".join(rows))


def check(name: str, good: bool, seen=None) -> None:
    print(f"{'ok  ' if good else 'FAIL'} {name}" + ("" if seen is None else f" ({seen})"), flush=True)
    if not good:
        sys.exit(1)


def check_parts(folder: Path) -> None:
    """Pieces with answers known by hand."""
    a, b = np.array([[0.0, 0, 10, 10]]), np.array([[5.0, 0, 15, 10], [20, 20, 30, 30]])
    check("IoU of half-shifted and of disjoint boxes", np.allclose(iou_pairs(a, b), [[1 / 3, 0]], atol=1e-6))
    same = torch.tensor([[2.0, 3, 9, 12]])
    check("complete IoU of a box with itself is 1", abs(float(complete_iou(same, same)) - 1) < 1e-5)
    kept = suppress(np.array([[0.0, 0, 10, 10], [1, 0, 11, 10], [30, 0, 40, 10]]), np.array([0.5, 0.9, 0.1]), 0.5, 9)
    check("suppression keeps the better of two and the far one", kept == [1, 2], kept)

    square = np.zeros((4, 4), np.uint8)
    square[0, 1] = 9  # the pixel [1, 2) x [0, 1)
    for turns in range(4):
        image, boxes = turn(square, np.array([[0, 1.0, 0, 2, 1]]), turns, 4)
        x, y = boxes[0, 1:3].astype(int)
        check(f"box follows {turns} quarter turns", image[y, x] == 9 and image.sum() == 9)

    score = MeanAveragePrecision(["a"])
    truth = np.array([[0, 0, 0, 10, 10], [0, 50, 50, 60, 60.0]])
    score.add(np.array([[0, 0, 10, 10, 0.9, 0], [80, 80, 90, 90, 0.8, 0], [50, 50, 60, 60, 0.7, 0.0]]), truth)
    # precision 1 up to recall 0.5 (51 points), 2/3 from there to 1 (50 points)
    wanted = (51 + 50 * 2 / 3) / 101
    check("AP of hit, false alarm, hit", abs(score.summary()["map50"] - wanted) < 1e-3, score.summary()["map50"])

    boxes = torch.tensor([[[0.0, 0, 16, 16], [16, 0, 32, 16]]])
    centres = torch.tensor([[8.0, 8], [24, 8]])
    owner, taken, quality = assign(
        torch.full((1, 2, 1), 0.5),
        boxes,
        centres,
        boxes[:, 1:],
        torch.zeros(1, 1, dtype=torch.long),
        torch.ones(1, 1).bool(),
    )
    check("only the cell inside the object is assigned", taken.tolist() == [[False, True]] and quality[0, 1] > 0.99)

    check("parameters of the n size with 80 classes", sum(p.numel() for p in Yolo(80).parameters()) == 3_157_200)
    check("names of a data.yaml", names_of_yaml("path: x\nnames:\n  0: a b\n  1: 'c'\nnc: 2\n", folder) == ["a b", "c"])
    bad = folder / "bad.txt"
    bad.write_text("0 0.5 0.5 0.1 0.1\n7 0.5 0.5 0.1 0.1\n")
    try:
        read_labels(bad, 3)
        message = ""
    except InputError as error:
        message = str(error)
    check("a class out of range is refused with its line", "bad.txt:2" in message, message)


def train(*options: str, seconds: float | None = None) -> None:
    """The real command, as a process; with `seconds` it is killed outright after that time."""
    process = subprocess.Popen([sys.executable, "-m", "models.training.train", *options])
    try:
        code = process.wait(seconds)
        check("training ended by itself", code == 0, f"exit {code}")
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def main() -> int:
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        check_parts(root)
        draw(root / "data" / "train", 120, seed=1)
        draw(root / "data" / "val", 40, seed=2)
        common = [
            "--data",
            f"{root / 'data'}@2",
            "--data",
            str(root / "data" / "train"),
            "--imgsz",
            "128",
            "--crop",
            "128",
        ]
        common += ["--batch", "8", "--warmup", "0.1", "--log-seconds", "2", "--width", "0.125"]
        teacher = ["--run", str(root / "teacher"), *common, "--steps", "220", "--save-seconds", "1"]
        train(*teacher, seconds=25)
        check("a killed run leaves a whole checkpoint", (root / "teacher" / "last.pt").exists())
        train(*teacher)
        log = (root / "teacher" / "log.jsonl").read_text()
        check("it resumed", "resumed at step" in log and "finished" in log)
        val = Dataset.open(root / "data", "val", 128)
        result = evaluate(Runner(root / "teacher" / "last.pt"), val)
        check("mAP50 on held-out shapes is above 0.7", result["map50"] > 0.7, result["map50"])

        student = [
            "--run",
            str(root / "student"),
            *common[:-1],
            "0.0625",
            "--teacher",
            str(root / "teacher" / "last.pt"),
        ]
        train(*student, "--steps", "60")
        check("a student learns from a teacher", '"teacher"' in (root / "student" / "log.jsonl").read_text())

        for free in (False, True):
            out = root / "model.onnx"
            report = export(root / "teacher" / "last.pt", out, 128, dynamic_batch=free)
            check("ONNX Runtime and PyTorch agree", report["largestDifference"] < 0.02, report["largestDifference"])
            model = onnx.load(str(out))
            props = {p.key: p.value for p in model.metadata_props}
            check("names in the metadata", props["names"] == "{0: 'square', 1: 'disc', 2: 'cross'}", props["names"])
            shape = [d.dim_value or d.dim_param for d in model.graph.output[0].type.tensor_type.shape.dim]
            check("output layout", shape == ["batch" if free else 1, 7, 336], shape)
            again = evaluate(Runner(out), val)
            check("the exported model scores the same", abs(again["map50"] - result["map50"]) < 0.01, again["map50"])

            check("an export knows its size", Runner(out).size() == 128)
        try:
            Runner(out).size(640)
            message = ""
        except InputError as error:
            message = str(error)
        check("another size than the export's is refused", "Expected 128 for --imgsz" in message, message)

        train(*student, "--steps", "64")
        log = (root / "student" / "log.jsonl").read_text()
        check("a finished run can be extended", "is extended" in log and log.count("finished") >= 2)

        fresh = Yolo(len(NAMES), 0.125)
        pictures = torch.from_numpy(np.stack([as_rgb(val.image(index)) for index in range(8)])).permute(0, 3, 1, 2)
        taken, total = start_from_onnx(fresh, root / "model.onnx", [pictures])
        check("every tensor of an export is taken as a start", taken == total, f"{taken} of {total}")
        again = evaluate(Runner(fresh), val)
        check("a start from an export scores the same", abs(again["map50"] - result["map50"]) < 0.01, again["map50"])
        other = Yolo(len(NAMES) + 2, 0.125)
        taken, total = start_from_onnx(other, root / "model.onnx", [pictures])
        check("with other classes only the class outputs begin anew", total - taken == 6, f"{taken} of {total}")
        train("--run", str(root / "further"), *common, "--init", str(root / "model.onnx"), "--steps", "2")
        check("training begins from an export", "started from" in (root / "further" / "log.jsonl").read_text())
    print(f"all good in {time.monotonic() - began:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
