"""Trains a detector on YOLO folders; interrupted at any moment, the same command goes on where it was.

python -m models.training.train --run RUN --data DIR[@WEIGHT] [--data …] [--minutes 90]
"""

import argparse
import json
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import torch

from .augment import Augmentation
from .checkpoint import MovingAverage, load, load_model, save
from .dataset import InputError, choose_imgsz, open_all
from .device import DEVICES, pick_device, use_bfloat16
from .evaluate import evaluate
from .loader import Loader
from .loss import Loss
from .network import Yolo, freeze
from .onnx_weights import MEASURED_BATCHES, named_model, start_from_onnx
from .parallel import Workers
from .predict import Runner
from .schedule import Schedule


@dataclass
class Config:
    """Defaults of a run; times in minutes or seconds as named."""

    run: str
    data: list
    val: list
    width: float = 0.25
    depth: float = 0.33
    crop: int = 320  # pixels; a multiple of 32
    imgsz: int = 0  # longer side of images before cropping, and the size of evaluation; 0: by the images, 320 to 640
    batch: int = 16
    steps: int = 12000
    minutes: float = 0.0  # 0: no limit; otherwise the schedule ends at whichever comes first
    lr: float = 2e-3
    final_lr: float = 0.02  # of lr, at the end of the cosine
    warmup: float = 0.03  # share of the run
    weight_decay: float = 0.02
    plain_tail: float = 0.1  # last share of the run without mosaic
    save_seconds: float = 180.0
    log_seconds: float = 20.0
    eval_minutes: float = 0.0  # 0: only at the end
    eval_limit: int = 200
    seed: int = 1
    threads: int = 2  # worker threads, one core each
    device: str = "auto"
    precision: str = "auto"
    cache_gb: float = 6.0
    init: str = ""
    freeze: int = 0  # first layers that stay as they are; 10 is the backbone
    teacher: str = ""
    teacher_gain: float = 1.0
    upright: bool = False


PAUSE_SECONDS = 60
"""A step that took longer was stopped from outside (a suspended process); the schedule does not count that."""


EXTENDED_RATE = 0.5
"""Share of the learning rate that a finished run is extended with: it has settled, and is only shaken a little."""


def check(config: Config) -> None:
    """Refuses values that cannot work, in one sentence."""
    rules = (
        ("--crop", config.crop, config.crop % 32 == 0 and 32 <= config.crop <= 1024, "a multiple of 32 up to 1024"),
        (
            "--imgsz",
            config.imgsz,
            config.imgsz % 32 == 0 and config.imgsz >= 0,
            "a multiple of 32, or 0 to go by the images",
        ),
        ("--width", config.width, 0 < config.width <= 2, "a number above 0 up to 2"),
        ("--depth", config.depth, 0 < config.depth <= 2, "a number above 0 up to 2"),
        ("--threads", config.threads, config.threads >= 1, "a number of at least 1"),
        ("--freeze", config.freeze, 0 <= config.freeze <= 22, "a number of layers from 0 to 22"),
        ("--batch", config.batch, config.batch >= config.threads, "at least one crop per thread"),
        ("--steps", config.steps, config.steps >= 1, "a number of at least 1"),
        ("--minutes", config.minutes, config.minutes >= 0, "a number of at least 0"),
        ("--lr", config.lr, 0 < config.lr < 1, "a number above 0 and below 1"),
        ("--warmup", config.warmup, 0 <= config.warmup < 1, "a share of the run from 0 to below 1"),
        ("--log-seconds", config.log_seconds, config.log_seconds >= 0, "a number of at least 0"),
        ("--device", config.device, config.device in DEVICES, "auto, cpu or cuda"),
        ("--precision", config.precision, config.precision in ("auto", "bf16", "fp32"), "auto, bf16 or fp32"),
    )
    for name, value, good, wanted in rules:
        if not good:
            raise InputError(f"Expected {wanted} for {name} but received {value}")


def make_optimizer(model: Yolo, config: Config):
    """AdamW; weight decay on convolution kernels only."""
    decayed = [p for p in model.parameters() if p.requires_grad and p.ndim > 1]
    plain = [p for p in model.parameters() if p.requires_grad and p.ndim <= 1]
    groups = [{"params": decayed, "weight_decay": config.weight_decay}, {"params": plain, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=config.lr, betas=(0.9, 0.999), fused=True)


class Run:
    """One training run in a folder: last.pt (for resuming), best.pt (best on --val), log.jsonl."""

    def __init__(self, config: Config):
        check(config)
        self.config = config
        self.folder = Path(config.run)
        self.step, self.elapsed, self.best = 0, 0.0, -1.0
        self.device = pick_device(config.device)
        self.note(f"reading {', '.join(config.data)}; computing on {self.device.type}")
        config.imgsz = config.imgsz or choose_imgsz(config.data, "train")
        config.crop = min(config.crop, config.imgsz)
        cache = int(config.cache_gb * (1 << 30))
        self.datasets = open_all(config.data, "train", config.imgsz, cache)
        self.names = self.datasets[0].names
        self.vals = open_all(config.val, "val", config.imgsz, 0) if config.val else []
        self.schedule = Schedule(config.steps, config.minutes, config.warmup, config.final_lr)
        torch.manual_seed(config.seed)
        self.model = Yolo(len(self.names), config.width, config.depth)
        self.ema = MovingAverage(self.model)
        freeze(self.model, config.freeze)
        self.optimizer = make_optimizer(self.model, config)
        self.stop = False
        self.peak = config.lr
        self._resume_or_init()
        self.model.to(self.device, memory_format=torch.channels_last).train()
        self.ema.model.to(self.device)
        freeze(self.model, config.freeze)
        self.teacher = None
        if config.teacher:
            self.teacher, state = load_model(Path(config.teacher))
            if state["names"] != self.names:
                raise InputError(f"Expected the classes {self.names} for --teacher but received {state['names']}")
            self.teacher.to(self.device, memory_format=torch.channels_last)

    def _resume_or_init(self):
        last = self.folder / "last.pt"
        if last.exists():
            state = load(last)
            if (state["names"], state["width"], state["depth"]) != (self.names, self.config.width, self.config.depth):
                raise InputError(f"Expected the same classes and width for resuming {last} but received other ones")
            self.model.load_state_dict(state["model"])
            self.ema.model.load_state_dict(state["ema"])
            self.model.to(self.device)  # before the optimiser's state, which follows its weights
            self.optimizer.load_state_dict(state["optimizer"])
            for group in self.optimizer.param_groups:
                group["fused"] = True
            self.step, self.elapsed, self.best = state["step"], state["elapsed"], state["best"]
            self.schedule.progress = state.get("progress", 0.0)
            self.peak = state.get("peak", self.config.lr)
            self.note(f"resumed at step {self.step}, {self.elapsed / 60:.1f} min")
            if self.schedule.progress >= 1 and not self.schedule.done(self.step, self.elapsed):
                self.schedule.progress, self.peak = 0.0, self.config.lr * EXTENDED_RATE
                self.note("the run was finished and is extended: a new schedule, at half the rate")
            return
        init = named_model(self.config.init)
        if init.endswith(".onnx"):
            loader = self._loader(False)
            batches = [next(loader)[0] for _ in range(MEASURED_BATCHES)]
            loader.close()
            taken, total = start_from_onnx(self.model, Path(init), batches)
            self.ema.model.load_state_dict(self.model.state_dict())
            self.note(f"started from {init}: {taken} of {total} tensors")
        elif init:
            weights = load(Path(init))["ema"]
            mine = self.model.state_dict()
            fitting = {k: v for k, v in weights.items() if k in mine and v.shape == mine[k].shape}
            self.model.load_state_dict(fitting, strict=False)
            self.ema.model.load_state_dict(self.model.state_dict())
            self.note(f"started from {init}: {len(fitting)} of {len(mine)} tensors")

    def note(self, text: str, **values):
        """One line for people on stderr, one for programs in log.jsonl."""
        print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)
        self.folder.mkdir(parents=True, exist_ok=True)
        with open(self.folder / "log.jsonl", "a", encoding="utf-8") as log:
            log.write(
                json.dumps({"step": self.step, "minutes": round(self.elapsed / 60, 2), "text": text, **values}) + "\n"
            )

    def state(self) -> dict:
        return {
            "model": self.model.state_dict(),
            "ema": self.ema.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "names": self.names,
            "width": self.config.width,
            "depth": self.config.depth,
            "imgsz": self.config.imgsz,
            "step": self.step,
            "elapsed": self.elapsed,
            "best": self.best,
            "progress": self.schedule.progress,
            "peak": self.peak,
        }

    def set_rate(self) -> None:
        for group in self.optimizer.param_groups:
            group["lr"] = self.peak * self.schedule.rate()

    def score(self, limit: int | None) -> float:
        """Mean mAP50 over the --val folders; keeps the best weights."""
        model = self.ema.model.eval()
        total = 0.0
        for dataset in self.vals:
            result = evaluate(Runner(model), dataset, limit=limit)
            total += result["map50"] / len(self.vals)
            per_class = " ".join(f"{row['label']} {row['ap50']:.3f}" for row in result["perClass"])
            self.note(f"val {dataset.folder}: mAP50 {result['map50']:.4f} ({per_class})", val=result)
        if total > self.best:
            self.best = total
            save(self.folder / "best.pt", {k: v for k, v in self.state().items() if k != "optimizer"})
        return total

    def train(self) -> None:
        """Steps until the schedule ends or a signal asks to stop; saves, logs and evaluates on the way."""
        c, schedule = self.config, self.schedule
        bf16 = use_bfloat16(c.precision, self.device)
        threads = 1 if self.device.type == "cuda" else c.threads
        workers = Workers(self.model, self.teacher, Loss(len(self.names), c.teacher_gain), threads, bf16, self.device)
        tail = schedule.progress >= 1 - c.plain_tail
        loader = self._loader(tail)
        size = sum(p.numel() for p in self.model.parameters())
        self.note(
            f"{size / 1e6:.2f} M parameters, {'bf16' if bf16 else 'fp32'}, {sum(map(len, self.datasets))} images"
            f" at {c.imgsz} px, crops of {c.crop} px"
        )
        mean: dict[str, float] = {}
        saved = scored = logged = before = time.monotonic()
        logged_step = first_step = self.step
        while not self.stop and not schedule.done(self.step, self.elapsed):
            if not tail and schedule.progress >= 1 - c.plain_tail:
                tail = True
                loader.close()
                loader = self._loader(tail)
            self.set_rate()
            parts = workers.step(*next(loader))
            norm = torch.nn.utils.clip_grad_norm_(self.model.parameters(), 10.0)
            if torch.isfinite(norm):  # one bad batch must not end a run of hours
                self.optimizer.step()
            self.step += 1
            now = time.monotonic()
            took = min(now - before, PAUSE_SECONDS)
            self.elapsed += took
            before = now
            schedule.advance(self.step, self.elapsed, took)
            self.ema.update(self.model, self.step, self.step + schedule.steps_left(self.step, self.elapsed))
            mean = {name: mean.get(name, value) * 0.98 + value * 0.02 for name, value in parts.items()}
            if self.step == first_step + 1 or now - logged > c.log_seconds:
                losses = " ".join(f"{name} {value:.3f}" for name, value in mean.items())
                share = 100 * schedule.progress
                rate = (self.step - logged_step) * c.batch / max(now - logged, 1e-6)
                left = schedule.steps_left(self.step, self.elapsed) * schedule.step_seconds / 60
                self.note(
                    f"step {self.step} {share:.1f} % {losses} {rate:.1f} crops/s, {left:.0f} min left",
                    loss=mean,
                )
                logged, logged_step = now, self.step
            if now - saved > c.save_seconds:
                save(self.folder / "last.pt", self.state())
                saved = now
            if c.eval_minutes and self.vals and now - scored > c.eval_minutes * 60:
                self.score(c.eval_limit)
                scored = now
        loader.close()
        workers.close()
        save(self.folder / "last.pt", self.state())
        if not self.stop and self.vals:
            self.score(None)
        self.note("stopped; the same command resumes" if self.stop else "finished")

    def _loader(self, tail: bool) -> Loader:
        aug = Augmentation(mosaic=0.0) if tail else Augmentation()
        if self.config.upright:
            aug.rotate, aug.flip_vertical = False, 0.0
        return Loader(self.datasets, self.config.crop, self.config.batch, aug, self.config.seed + self.step)


def parse(argv) -> Config:
    defaults = Config("", [], [])
    parser = argparse.ArgumentParser(prog="train", description=__doc__)
    parser.add_argument("--run", required=True, help="folder of the run; an interrupted run in it is resumed")
    parser.add_argument("--data", required=True, action="append", help="DIR or DIR@WEIGHT; may be repeated")
    parser.add_argument(
        "--val", action="append", default=[], help="labelled folder to choose best.pt by; may be repeated"
    )
    parser.add_argument("--upright", action="store_true", help="no quarter turns and no vertical flips")
    for name, value in vars(defaults).items():
        if name not in ("run", "data", "val", "upright"):
            parser.add_argument(
                "--" + name.replace("_", "-"), type=type(value), default=value, help=f"(default {value})"
            )
    return Config(**vars(parser.parse_args(argv)))


def main(argv=None) -> int:
    config = parse(argv)
    try:
        run = Run(config)
        for name in (signal.SIGINT, signal.SIGTERM):
            signal.signal(name, lambda *_: setattr(run, "stop", True))
        run.train()
    except (InputError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
