"""Starts training from an exported model: the shipped board model, or an earlier export of your own.

An export has its batch norms folded away. Training needs them back, so they are made anew such that the network answers
exactly as the export does: from a few batches of the new data each layer's mean m and variance v are measured, and the
norm gets m, v, the gain sqrt(v + eps) and the offset bias + m.
"""

from pathlib import Path

import onnx
import torch

from .dataset import InputError
from .network import Conv, Yolo

MEASURED_BATCHES = 16


def named_model(init: str) -> str:
    """The path of a shipped model called by its name (`pcb-defects`); anything else is a path already."""
    shipped = Path(__file__).resolve().parent.parent / init / "fp32" / "model.onnx"
    if init and not Path(init).exists() and Path(init).name == init and "." not in init:
        if shipped.exists():
            return str(shipped)
        raise InputError(f"Expected a checkpoint, an .onnx or a shipped model's name for --init but received {init}")
    return init


def read_weights(path: Path) -> dict[str, torch.Tensor]:
    """Initializers of an .onnx by name."""
    try:
        graph = onnx.load(str(path)).graph
    except Exception as error:  # protobuf's and onnx's own types, none of them public
        raise InputError(f"Expected a float32 .onnx export for --init but received {path}: {error}") from None
    return {t.name: torch.from_numpy(onnx.numpy_helper.to_array(t).copy()) for t in graph.initializer}


@torch.no_grad()
def start_from_onnx(yolo: Yolo, path: Path, batches) -> tuple[int, int]:
    """Loads an export into a network in training form.

    batches: uint8 tensors [b, 3, h, w] like those of the training to come.
    Returns how many tensors were taken and how many there are; class outputs of other classes stay as they were.
    """
    weights = read_weights(path)
    taken, total = 0, 0
    folded: list[Conv] = []

    def take(target: torch.Tensor, name: str) -> bool:
        nonlocal taken, total
        total += 1
        found = weights.get(name)
        if found is None or found.shape != target.shape:
            return False
        target.copy_(found)
        taken += 1
        return True

    for name, module in yolo.named_modules():
        if isinstance(module, Conv):
            if take(module.conv.weight, f"{name}.conv.weight") and take(module.bn.bias, f"{name}.conv.bias"):
                module.bn.running_mean.zero_()
                module.bn.running_var.fill_(1 - module.bn.eps)
                folded.append(module)
        elif isinstance(module, torch.nn.Conv2d) and module.bias is not None:
            take(module.weight, f"{name}.weight")
            take(module.bias, f"{name}.bias")
    if not folded:
        raise InputError(f"Expected an export of the same width for --init but received {path} without a fitting layer")
    restore_norms(yolo, folded, batches)
    return taken, total


def restore_norms(yolo: Yolo, folded: list[Conv], batches) -> None:
    """Gives folded layers the batch statistics of the data, without changing what the network answers."""
    sums = {layer: [0, 0.0, 0.0] for layer in folded}

    def watch(layer: Conv):
        def add(_module, _inputs, output):
            values = output.double()
            row = sums[layer]
            row[0] += values.numel() // values.shape[1]
            row[1] = row[1] + values.sum((0, 2, 3))
            row[2] = row[2] + values.square().sum((0, 2, 3))

        return layer.conv.register_forward_hook(add)

    hooks = [watch(layer) for layer in folded]
    yolo.eval()
    for images in batches:
        yolo(images.float().div(255))
    for hook in hooks:
        hook.remove()
    for layer, (count, total, squares) in sums.items():
        mean = total / count
        variance = (squares / count - mean.square()).clamp(min=1e-6)
        bn = layer.bn
        bn.running_mean.copy_(mean)
        bn.running_var.copy_(variance)
        bn.weight.copy_((variance + bn.eps).sqrt())
        bn.bias.add_(mean)
