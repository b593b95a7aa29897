"""The YOLOv8 detector as published: C2f backbone, SPPF, PAN neck, decoupled anchor-free head with DFL.

Written from the published architecture (layer table and figures of the YOLOv8 documentation; CSP: arXiv 1911.11929,
SPP: arXiv 1406.4729, PAN: arXiv 1803.01534, DFL: arXiv 2006.04388). Rows of `model` keep the published numbering 0..22,
so that exported tensors carry the names other tools expect.
"""

import math

import torch
from torch import nn

STRIDES = (8, 16, 32)
REG_MAX = 16
"""Bins of each side's distance distribution; a side is at most REG_MAX - 1 cells long."""


def channels(full: int, width: float, limit: int = 1024) -> int:
    """Channels of a layer for a width multiplier, rounded up to a multiple of 8 (SIMD lanes)."""
    return math.ceil(min(full, limit) * width / 8) * 8


class Conv(nn.Module):
    """Convolution without bias, batch norm, SiLU; 'same' padding."""

    def __init__(self, c_in: int, c_out: int, kernel: int = 1, stride: int = 1):
        super().__init__()
        self.conv = nn.Conv2d(c_in, c_out, kernel, stride, kernel // 2, bias=False)
        self.bn = nn.BatchNorm2d(c_out, eps=1e-3, momentum=0.03)
        self.act = nn.SiLU(inplace=True)

    def forward(self, x):
        return self.act(self.bn(self.conv(x)))

    def fuse(self) -> None:
        """Folds the batch norm's running statistics into the convolution (inference only)."""
        if isinstance(self.bn, nn.Identity):
            return
        gain = self.bn.weight / torch.sqrt(self.bn.running_var + self.bn.eps)
        fused = nn.Conv2d(
            self.conv.in_channels,
            self.conv.out_channels,
            self.conv.kernel_size,
            self.conv.stride,
            self.conv.padding,
            bias=True,
        )
        fused.weight.data = self.conv.weight.data * gain.data[:, None, None, None]
        fused.bias.data = self.bn.bias.data - self.bn.running_mean * gain.data
        self.conv, self.bn = fused, nn.Identity()


class Bottleneck(nn.Module):
    """Two 3x3 convolutions, with a residual path in the backbone."""

    def __init__(self, c: int, shortcut: bool):
        super().__init__()
        self.cv1 = Conv(c, c, 3)
        self.cv2 = Conv(c, c, 3)
        self.shortcut = shortcut

    def forward(self, x):
        y = self.cv2(self.cv1(x))
        return x + y if self.shortcut else y


class C2f(nn.Module):
    """Cross-stage partial block: half the channels pass by, every bottleneck's output is kept for the last 1x1."""

    def __init__(self, c_in: int, c_out: int, repeats: int, shortcut: bool):
        super().__init__()
        half = c_out // 2
        self.half = half
        self.cv1 = Conv(c_in, 2 * half)
        self.cv2 = Conv((2 + repeats) * half, c_out)
        self.m = nn.ModuleList(Bottleneck(half, shortcut) for _ in range(repeats))

    def forward(self, x):
        parts = list(self.cv1(x).split((self.half, self.half), 1))
        for block in self.m:
            parts.append(block(parts[-1]))
        return self.cv2(torch.cat(parts, 1))


class SPPF(nn.Module):
    """Spatial pyramid pooling by three chained 5x5 max pools (fields of 5, 9 and 13 cells)."""

    def __init__(self, c_in: int, c_out: int):
        super().__init__()
        half = c_in // 2
        self.cv1 = Conv(c_in, half)
        self.cv2 = Conv(half * 4, c_out)
        self.m = nn.MaxPool2d(5, 1, 2)

    def forward(self, x):
        fields = [self.cv1(x)]
        for _ in range(3):
            fields.append(self.m(fields[-1]))
        return self.cv2(torch.cat(fields, 1))


class Dfl(nn.Module):
    """Expected distance of each side: softmax over its bins, then a fixed 1x1 convolution with 0..REG_MAX-1."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(REG_MAX, 1, 1, bias=False).requires_grad_(False)
        self.conv.weight.data[:] = torch.arange(REG_MAX, dtype=torch.float32).view(1, REG_MAX, 1, 1)

    def forward(self, x):
        batch, _, cells = map(int, x.shape)
        return self.conv(x.view(batch, 4, REG_MAX, cells).transpose(2, 1).softmax(1)).view(batch, 4, cells)


def freeze(model: "Yolo", layers: int) -> None:
    """Keeps the first layers (10: all of the backbone) and their batch statistics as they are; call after train()."""
    for layer in model.model[:layers]:
        layer.eval()
        for parameter in layer.parameters():
            parameter.requires_grad = False


def cell_centres(heights_widths, device=None):
    """Centres of all cells, in cells of their own scale, and strides in pixels: [cells, 2] and [cells, 1]."""
    centres, strides = [], []
    for (height, width), stride in zip(heights_widths, STRIDES):
        y, x = torch.meshgrid(
            torch.arange(height, device=device) + 0.5, torch.arange(width, device=device) + 0.5, indexing="ij"
        )
        centres.append(torch.stack((x, y), -1).view(-1, 2))
        strides.append(torch.full((height * width, 1), float(stride), device=device))
    return torch.cat(centres), torch.cat(strides)


def grid_of(heights_widths, device=None):
    """cell_centres() as decoding wants them: [1, 2, cells] and [1, cells]."""
    centres, strides = cell_centres(heights_widths, device)
    return centres.t()[None].contiguous(), strides.t().contiguous()


class Join(nn.Module):
    """Concatenation of feature maps, a layer of its own so that it has a number."""

    def forward(self, *maps):
        return torch.cat(maps, 1)


class Detect(nn.Module):
    """Decoupled head: one branch for the sides' distributions, one for the class logits, per scale."""

    def __init__(self, classes: int, inputs):
        super().__init__()
        self.classes = classes
        self.grid = None  # fixed (centres, strides): forward() ends in decode(), as a deployed model wants it
        c_box = max(16, inputs[0] // 4, REG_MAX * 4)
        c_class = max(inputs[0], min(classes, 100))
        self.cv2 = nn.ModuleList(
            nn.Sequential(Conv(c, c_box, 3), Conv(c_box, c_box, 3), nn.Conv2d(c_box, 4 * REG_MAX, 1)) for c in inputs
        )
        self.cv3 = nn.ModuleList(
            nn.Sequential(Conv(c, c_class, 3), Conv(c_class, c_class, 3), nn.Conv2d(c_class, classes, 1))
            for c in inputs
        )
        self.dfl = Dfl()
        self._start_rare()

    def _start_rare(self) -> None:
        """Starts every class logit at the odds of a few objects per 640 px image, so that the first steps are not spent
        on unlearning millions of false alarms (prior of arXiv 1708.02002)."""
        for box, cls, stride in zip(self.cv2, self.cv3, STRIDES):
            box[-1].bias.data.fill_(1.0)
            prior = 5 / self.classes / (640 / stride) ** 2
            cls[-1].bias.data.fill_(math.log(prior / (1 - prior)))

    def forward(self, features):
        """Raw maps per scale, [batch, 4 * REG_MAX + classes, height, width], or decode() of them."""
        maps = [torch.cat((b(f), c(f)), 1) for f, b, c in zip(features, self.cv2, self.cv3)]
        return maps if self.grid is None else self.decode(maps)

    def decode(self, maps):
        """[batch, 4 + classes, cells]: cx, cy, w, h in pixels, then sigmoid scores."""
        batch = int(maps[0].shape[0])  # int(): constants, not shape arithmetic, in an exported graph
        flat = torch.cat([m.view(batch, 4 * REG_MAX + self.classes, -1) for m in maps], 2)
        sides, logits = flat.split((4 * REG_MAX, self.classes), 1)
        centres, strides = self.grid or grid_of([m.shape[-2:] for m in maps], flat.device)
        left_top, right_bottom = self.dfl(sides).split((2, 2), 1)
        low, high = centres - left_top, centres + right_bottom
        boxes = torch.cat(((low + high) / 2, high - low), 1) * strides
        return torch.cat((boxes, logits.sigmoid()), 1)


class Yolo(nn.Module):
    """The whole detector. width 0.25 with depth 0.33 is the 'n' size (3.0 M parameters), 0.125 a third of it."""

    def __init__(self, classes: int, width: float = 0.25, depth: float = 0.33):
        super().__init__()
        self.classes, self.width, self.depth = classes, width, depth
        c64, c128, c256, c512, c1024 = (channels(c, width) for c in (64, 128, 256, 512, 1024))
        three, six = max(round(3 * depth), 1), max(round(6 * depth), 1)
        self.model = nn.ModuleList(
            [
                Conv(3, c64, 3, 2),  # 0: 1/2
                Conv(c64, c128, 3, 2),  # 1: 1/4
                C2f(c128, c128, three, True),
                Conv(c128, c256, 3, 2),  # 3: 1/8
                C2f(c256, c256, six, True),
                Conv(c256, c512, 3, 2),  # 5: 1/16
                C2f(c512, c512, six, True),
                Conv(c512, c1024, 3, 2),  # 7: 1/32
                C2f(c1024, c1024, three, True),
                SPPF(c1024, c1024),
                nn.Upsample(scale_factor=2, mode="nearest"),  # 10
                Join(),
                C2f(c1024 + c512, c512, three, False),
                nn.Upsample(scale_factor=2, mode="nearest"),
                Join(),
                C2f(c512 + c256, c256, three, False),  # 15: head, stride 8
                Conv(c256, c256, 3, 2),
                Join(),
                C2f(c256 + c512, c512, three, False),  # 18: head, stride 16
                Conv(c512, c512, 3, 2),
                Join(),
                C2f(c512 + c1024, c1024, three, False),  # 21: head, stride 32
                Detect(classes, (c256, c512, c1024)),
            ]
        )

    def features(self, x):
        """Feature maps at strides 8, 16 and 32 for an image batch [batch, 3, height, width], RGB 0..1."""
        m = self.model
        for layer in m[:5]:
            x = layer(x)
        eighth = x
        sixteenth = m[6](m[5](eighth))
        last = m[9](m[8](m[7](sixteenth)))
        middle = m[12](m[11](m[10](last), sixteenth))
        small = m[15](m[14](m[13](middle), eighth))
        medium = m[18](m[17](m[16](small), middle))
        large = m[21](m[20](m[19](medium), last))
        return small, medium, large

    def forward(self, x):
        """Detect.forward of the features."""
        return self.model[22](self.features(x))

    def deployed(self, imgsz: int):
        """Fixes the input size, folds all batch norms and decodes (see Detect.decode); final."""
        for module in self.modules():
            if isinstance(module, Conv):
                module.fuse()
        self.model[22].grid = grid_of([(imgsz // stride, imgsz // stride) for stride in STRIDES])
        return self.eval()
