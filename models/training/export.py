"""Exports a checkpoint to ONNX with the tensors and metadata of an Ultralytics detection export.

python -m models.training.export --checkpoint RUN/last.pt --out model.onnx [--imgsz 640] [--dynamic-batch]

Input `images` float32 [1, 3, imgsz, imgsz], RGB 0..1; output `output0` float32 [1, 4 + classes, cells]: cx, cy, w, h in
pixels, sigmoid scores. Opset 17, batch norms folded. Metadata: description, license, stride, task, batch, imgsz, names.
"""

import argparse
import sys
import warnings
from pathlib import Path

import numpy as np
import onnx
import torch

from .checkpoint import load_model
from .network import STRIDES

OPSET = 17


def metadata(names: list[str], imgsz: int, batch: str) -> dict[str, str]:
    """Key and value texts as Ultralytics writes them: names as a Python dict, imgsz as a Python list."""
    return {
        "description": "Detector trained with the recipe in models/training",
        "license": "Apache-2.0",
        "stride": str(max(STRIDES)),
        "task": "detect",
        "batch": batch,
        "imgsz": str([imgsz, imgsz]),
        "names": str(dict(enumerate(names))),
    }


def export(checkpoint: Path, out: Path, imgsz: int = 0, dynamic_batch: bool = False) -> dict:
    """Writes the model and checks it against PyTorch; returns what was written and the largest difference.

    imgsz: 0 for the size it was trained for.
    """
    yolo, state = load_model(checkpoint)
    imgsz = imgsz or state.get("imgsz", 640)
    if imgsz % max(STRIDES):
        raise ValueError(f"Expected a multiple of {max(STRIDES)} for --imgsz but received {imgsz}")
    yolo.deployed(imgsz)
    sample = torch.rand(1, 3, imgsz, imgsz, generator=torch.Generator().manual_seed(0))
    out.parent.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            yolo,
            (sample,),
            str(out),
            input_names=["images"],
            output_names=["output0"],
            opset_version=OPSET,
            dynamo=False,
            do_constant_folding=True,
        )
    model = onnx.load(str(out))
    if dynamic_batch:
        free_batch(model)
    onnx.helper.set_model_props(model, metadata(state["names"], imgsz, "dynamic" if dynamic_batch else "1"))
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, str(out))
    with torch.no_grad():
        difference = compare(out, sample, yolo(sample))
    return {"out": str(out), "bytes": out.stat().st_size, "names": state["names"], "largestDifference": difference}


def free_batch(model: onnx.ModelProto) -> None:
    """Makes the batch dimension free: 0 in a Reshape's shape copies the input's dimension."""
    for value in (*model.graph.input, *model.graph.output):
        value.type.tensor_type.shape.dim[0].dim_param = "batch"
    reshaped = {node.input[1] for node in model.graph.node if node.op_type == "Reshape"}
    tensors = {t.name: t for t in model.graph.initializer}
    tensors |= {n.output[0]: n.attribute[0].t for n in model.graph.node if n.op_type == "Constant"}
    for name in reshaped:
        shape = onnx.numpy_helper.to_array(tensors[name]).copy()
        shape[0] = 0
        tensors[name].CopyFrom(onnx.numpy_helper.from_array(shape, tensors[name].name))
    del model.graph.value_info[:]


def compare(path: Path, images: torch.Tensor, expected: torch.Tensor) -> float:
    """Largest absolute difference between the exported model and PyTorch on one input (pixels or score)."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    (found,) = session.run(None, {"images": images.numpy()})
    return float(np.abs(found - expected.numpy()).max())


def main(argv=None) -> int:
    parser = argparse.ArgumentParser(prog="export", description=__doc__)
    parser.add_argument("--checkpoint", required=True, type=Path)
    parser.add_argument("--out", required=True, type=Path)
    parser.add_argument("--imgsz", type=int, default=0, help="0: the size that it was trained for")
    parser.add_argument("--dynamic-batch", action="store_true")
    args = parser.parse_args(argv)
    try:
        print(export(args.checkpoint, args.out, args.imgsz, args.dynamic_batch))
        (args.out.parent / "class_names.txt").write_text(
            "".join(f"{name}\n" for name in load_model(args.checkpoint)[1]["names"]), "utf-8"
        )
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
