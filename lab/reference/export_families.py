"""Exports detectors of many families by their own tool (Ultralytics), built from their definitions with random weights: nothing is
downloaded. BatchNorm is settled on pictures and the class branch is spread so that the nets report something. Material
for `npm run lab -- families`; no part of the product. Ultralytics is AGPL: keep it in an environment of its own.

Usage: export_families.py OUT_DIR PICTURES_DIR [NAME ...]
Needs: pip install ultralytics onnx onnxslim (a CPU build of torch is enough)
"""
import os
import sys
from pathlib import Path

os.environ["YOLO_AUTOINSTALL"] = "False"
os.environ["YOLO_OFFLINE"] = "True"

import numpy as np
import torch
from PIL import Image
from ultralytics import RTDETR, YOLO
from ultralytics.utils import SETTINGS

SETTINGS["sync"] = False

SIZE = 320
# name -> (definition, arguments of export)
FAMILIES = {
    "v3tiny": ("yolov3-tiny.yaml", {}),
    "v5n": ("yolov5n.yaml", {}),
    "v5n6": ("yolov5n6.yaml", {}),
    "v6n": ("yolov6n.yaml", {}),
    "v8n": ("yolov8n.yaml", {}),
    "v8n-p2": ("yolov8n-p2.yaml", {}),
    "v8n-half": ("yolov8n.yaml", {"half": True}),
    "v8n-batch4": ("yolov8n.yaml", {"batch": 4}),
    "v8n-dynamic": ("yolov8n.yaml", {"dynamic": True}),
    "v8n-nms": ("yolov8n.yaml", {"nms": True}),
    "v8n-opset12": ("yolov8n.yaml", {"opset": 12}),
    "v8n-seg": ("yolov8n-seg.yaml", {}),
    "v8n-pose": ("yolov8n-pose.yaml", {}),
    "v8n-obb": ("yolov8n-obb.yaml", {}),
    "v9t": ("yolov9t.yaml", {}),
    "v10n": ("yolov10n.yaml", {}),
    "v11n": ("yolo11n.yaml", {}),
    "v12n": ("yolo12n.yaml", {}),
    "v26n": ("yolo26n.yaml", {}),
    "v10n-end-to-end": ("yolov10n.yaml", {"end2end": True}),
    "v26n-end-to-end": ("yolo26n.yaml", {"end2end": True}),
    "v26n-half": ("yolo26n.yaml", {"half": True}),
    "rtdetr-l": ("rtdetr-l.yaml", {}),
}


def pictures(folder):
    for path in sorted(Path(folder).iterdir())[:8]:
        image = Image.open(path).convert("RGB").resize((SIZE, SIZE))
        yield torch.from_numpy(np.asarray(image, np.float32).transpose(2, 0, 1) / 255)


def settle(model, batch):
    """Runs pictures through in training mode, so that BatchNorm knows the activations of the random weights."""
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.momentum = 0.3
    model.train()
    with torch.no_grad():
        for _ in range(8):
            model.predict(batch)
    model.eval()


def spread(head, batch, model):
    """Scales the last class convolutions until their logits spread like a trained model's over the pictures."""
    branches = [getattr(head, name) for name in ("cv3", "one2one_cv3") if getattr(head, name, None) is not None]
    for branch in branches:
        for scale in branch:
            last = scale[-1]
            seen = []
            hook = last.register_forward_hook(lambda _m, _i, out: seen.append(out.detach()))
            with torch.no_grad():
                model(batch)
            hook.remove()
            if not seen:
                continue
            with torch.no_grad():
                plain = seen[0] - last.bias.view(1, -1, 1, 1)
                factor = 1.6 / max(plain.std().item(), 1e-6)
                last.weight *= factor
                # one logit in 5000 is above 0: some things per picture, as of a trained model
                numbers = (plain * factor).flatten()
                last.bias.fill_(-numbers.kthvalue(int(numbers.numel() * 0.9998)).values.item())


def main(out, folder, *names):
    Path(out).mkdir(parents=True, exist_ok=True)
    batch = torch.stack(list(pictures(folder)))
    for name in names or FAMILIES:
        definition, arguments = FAMILIES[name]
        torch.manual_seed(1)
        try:
            yolo = (RTDETR if name.startswith("rtdetr") else YOLO)(definition)
            net = yolo.model.float()
            settle(net, batch)
            spread(net.model[-1], batch, net)
            path = yolo.export(format="onnx", imgsz=SIZE, **{"opset": 17, **arguments})
            Path(path).rename(Path(out) / f"{name}.onnx")
            print(name, "exported", flush=True)
        except Exception as error:  # one family that cannot be exported must not hide the others
            print(name, "failed:", repr(error)[:300], flush=True)


main(*sys.argv[1:])
