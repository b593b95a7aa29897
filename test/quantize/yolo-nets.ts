import { create } from '@bufbuild/protobuf';
import {
  DataType,
  floatTensor,
  int64Tensor,
  makeNode,
  makeValue,
  type ModelProto,
  type NodeProto,
} from '../../src/onnx';
import { ModelProtoSchema, type TensorProto } from '../../src/onnx/generated/onnx';

/** Input pixels per side of the nets here. */
export const NET_SIZE = 64;
const STRIDES = [8, 16, 32];
export const NET_CLASSES = ['scratch', 'dent'];
const CLASS_COUNT = NET_CLASSES.length;
const REG_MAX = 16;

/** YOLOv5's anchors for strides 8, 16, 32, pixels. */
export const V5_ANCHORS: [number, number][][] = [
  [
    [10, 13],
    [16, 30],
    [33, 23],
  ],
  [
    [30, 61],
    [62, 45],
    [59, 119],
  ],
  [
    [116, 90],
    [156, 198],
    [373, 326],
  ],
];

/** Numbers that look random but are the same on every machine: a linear congruential generator, −1 … 1. */
function noise(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  };
}

/** Collects nodes and constants of a net, with the blocks YOLOs are built of. */
class Net {
  readonly nodes: NodeProto[] = [];
  readonly constants: TensorProto[] = [];
  readonly #noise = noise(7);

  add(opType: string, inputs: string[], output: string | string[], attributes = {}): string {
    const outputs = typeof output === 'string' ? [output] : output;
    this.nodes.push(makeNode(opType, outputs[0]!, inputs, outputs, attributes));
    return outputs[0]!;
  }

  shape(name: string, dims: number[]): string {
    this.constants.push(int64Tensor(name, [dims.length], dims));
    return name;
  }

  floats(name: string, dims: number[], values: ArrayLike<number>): string {
    this.constants.push(floatTensor(name, dims, values));
    return name;
  }

  conv(input: string, name: string, from: number, to: number, kernel: number, stride: number, spread = 1.5): string {
    const size = from * kernel * kernel;
    const values = Array.from({ length: to * size }, () => (this.#noise() * spread * 1.7) / Math.sqrt(size));
    this.floats(`${name}.weight`, [to, from, kernel, kernel], values);
    this.floats(
      `${name}.bias`,
      [to],
      Array.from({ length: to }, () => this.#noise() * 0.3),
    );
    const pad = kernel >> 1;
    return this.add('Conv', [input, `${name}.weight`, `${name}.bias`], name, {
      kernel_shape: [kernel, kernel],
      strides: [stride, stride],
      pads: [pad, pad, pad, pad],
    });
  }

  silu(value: string): string {
    this.add('Sigmoid', [value], `${value}/sigmoid`);
    return this.add('Mul', [value, `${value}/sigmoid`], `${value}/silu`);
  }

  /** Backbone and neck in small: convolutions with SiLU, a C2f split, an upsampling; one map per stride. */
  body(): string[] {
    return this.rest(this.silu(this.conv('images', 'stem', 3, 8, 3, 2)));
  }

  /** What comes behind a stem of 8 channels at stride 2. */
  rest(stem: string): string[] {
    const p2 = this.silu(this.conv(stem, 'p2', 8, 16, 3, 2));
    const p3 = this.silu(this.conv(p2, 'p3', 16, 16, 3, 2));
    this.add('Split', [p3, this.shape('halves', [8, 8])], ['p3/a', 'p3/b'], { axis: 1 });
    const inner = this.silu(this.conv('p3/b', 'p3/inner', 8, 8, 3, 1));
    this.add('Add', ['p3/b', inner], 'p3/sum');
    const joined = this.add('Concat', ['p3/a', 'p3/b', 'p3/sum'], 'p3/joined', { axis: 1 });
    const fine = this.silu(this.conv(joined, 'p3/out', 24, 16, 1, 1));
    const p4 = this.silu(this.conv(fine, 'p4', 16, 16, 3, 2));
    const pooled = this.add('MaxPool', [p4], 'pool', { kernel_shape: [5, 5], pads: [2, 2, 2, 2], strides: [1, 1] });
    const p5 = this.silu(this.conv(pooled, 'p5', 16, 16, 3, 2));
    this.floats('double', [4], [1, 1, 2, 2]);
    const up = this.add('Resize', [p5, '', 'double'], 'up', {
      mode: 'nearest',
      coordinate_transformation_mode: 'asymmetric',
      nearest_mode: 'floor',
    });
    const middle = this.silu(this.conv(this.add('Concat', [up, p4], 'cat', { axis: 1 }), 'p4/out', 32, 16, 3, 1));
    return [fine, middle, p5];
  }

  model(outputShape: number[]): ModelProto {
    return create(ModelProtoSchema, {
      irVersion: 8n,
      opsetImport: [{ domain: '', version: 17n }],
      metadataProps: [
        { key: 'names', value: `{${NET_CLASSES.map((name, index) => `${index}: '${name}'`).join(', ')}}` },
        { key: 'imgsz', value: `[${NET_SIZE}, ${NET_SIZE}]` },
        { key: 'stride', value: '32' },
      ],
      graph: {
        name: 'net',
        node: this.nodes,
        initializer: this.constants,
        input: [makeValue('images', DataType.FLOAT, [1, 3, NET_SIZE, NET_SIZE])],
        output: [makeValue('output0', DataType.FLOAT, outputShape)],
      },
    });
  }
}

const cellsOf = (stride: number): number => (NET_SIZE / stride) ** 2;
const CELLS = STRIDES.reduce((sum, stride) => sum + cellsOf(stride), 0);

/** A small net with random weights and the whole YOLOv8 head, as Ultralytics exports it. */
export function yolov8Net(): ModelProto {
  return netWithHead(REG_MAX, 'grid');
}

/** The same with YOLO26's head: four distances per cell instead of bins, and as asked behind an end-to-end tail. */
export function yolo26Net(tail: Tail): ModelProto {
  return netWithHead(1, tail);
}

/** YOLOv10's: bins, and behind them the model's own choice of the best cells. */
export function yolov10Net(): ModelProto {
  return netWithHead(REG_MAX, 'end-to-end');
}

/** `grid`: one column per cell. `end-to-end`: rows of corners, score and class of the best cells. */
export type Tail = 'grid' | 'end-to-end';

/** Best cells that an end-to-end tail gives. */
const BEST = 30;

function netWithHead(regMax: number, tail: Tail): ModelProto {
  const net = new Net();
  const perScale = net.body().map((map, scale) => {
    const box = net.conv(net.silu(net.conv(map, `box${scale}.0`, 16, 16, 3, 1)), `box${scale}.1`, 16, 4 * regMax, 1, 1);
    const classes = net.conv(
      net.silu(net.conv(map, `class${scale}.0`, 16, 16, 3, 1)),
      `class${scale}.1`,
      16,
      CLASS_COUNT,
      1,
      1,
      4,
    );
    const joined = net.add('Concat', [box, classes], `scale${scale}`, { axis: 1 });
    const rows = 4 * regMax + CLASS_COUNT;
    return net.add('Reshape', [joined, net.shape(`rows${scale}`, [1, rows, cellsOf(STRIDES[scale]!)])], `flat${scale}`);
  });
  net.add('Concat', perScale, 'all', { axis: 2 });
  net.add('Split', ['all', net.shape('parts', [4 * regMax, CLASS_COUNT])], ['bins', 'logits'], { axis: 1 });
  if (regMax > 1) {
    net.add('Reshape', ['bins', net.shape('sides', [1, 4, REG_MAX, CELLS])], 'bins/sides');
    net.add('Transpose', ['bins/sides'], 'bins/first', { perm: [0, 2, 1, 3] });
    net.add('Softmax', ['bins/first'], 'bins/softmax', { axis: 1 });
    net.floats(
      'dfl.weight',
      [1, REG_MAX, 1, 1],
      Array.from({ length: REG_MAX }, (_, bin) => bin),
    );
    net.add('Conv', ['bins/softmax', 'dfl.weight'], 'dfl', { kernel_shape: [1, 1] });
  } else net.add('Identity', ['bins'], 'dfl');
  net.add('Reshape', ['dfl', net.shape('distances', [1, 4, CELLS])], 'ltrb');
  net.add('Split', ['ltrb', net.shape('pairs', [2, 2])], ['lt', 'rb'], { axis: 1 });
  const centres = STRIDES.flatMap((stride) => {
    const columns = NET_SIZE / stride;
    return Array.from(
      { length: columns ** 2 },
      (_, i) => [(i % columns) + 0.5, Math.floor(i / columns) + 0.5] as const,
    );
  });
  net.floats('anchors', [1, 2, CELLS], [...centres.map(([x]) => x), ...centres.map(([, y]) => y)]);
  net.add('Sub', ['anchors', 'lt'], 'x1y1');
  net.add('Add', ['anchors', 'rb'], 'x2y2');
  net.add('Add', ['x1y1', 'x2y2'], 'double centre');
  net.add('Div', ['double centre', net.floats('two', [], [2])], 'centre');
  net.add('Sub', ['x2y2', 'x1y1'], 'extent');
  net.add('Concat', ['centre', 'extent'], 'xywh', { axis: 1 });
  net.floats(
    'strides',
    [1, CELLS],
    STRIDES.flatMap((stride) => new Array<number>(cellsOf(stride)).fill(stride)),
  );
  net.add('Sigmoid', ['logits'], 'scores');
  if (tail === 'end-to-end') return endToEnd(net);
  net.add('Mul', ['xywh', 'strides'], 'pixels xywh');
  net.add('Concat', ['pixels xywh', 'scores'], 'output0', { axis: 1 });
  return net.model([1, 4 + CLASS_COUNT, CELLS]);
}

/** Corners, score and class of the cells with the best class. */
function endToEnd(net: Net): ModelProto {
  net.add('Concat', ['x1y1', 'x2y2'], 'corners/cells', { axis: 1 });
  net.add('Mul', ['corners/cells', 'strides'], 'corners');
  net.add('Transpose', ['corners'], 'corners/rows', { perm: [0, 2, 1] });
  net.add('Transpose', ['scores'], 'scores/rows', { perm: [0, 2, 1] });
  net.add('ReduceMax', ['scores/rows'], 'best', { axes: [2], keepdims: 0 });
  net.add('TopK', ['best', net.shape('many', [BEST])], ['top', 'where'], { axis: 1 });
  net.add('Squeeze', ['where', net.shape('first', [0])], 'cells');
  net.add('Gather', ['corners/rows', 'cells'], 'corners/top', { axis: 1 });
  net.add('Gather', ['scores/rows', 'cells'], 'scores/top', { axis: 1 });
  net.add('ArgMax', ['scores/top'], 'class', { axis: 2, keepdims: 1 });
  net.add('Cast', ['class'], 'class/float', { to: DataType.FLOAT });
  net.add('Unsqueeze', ['top', net.shape('last', [2])], 'top/column');
  net.add('Concat', ['corners/top', 'top/column', 'class/float'], 'output0', { axis: 2 });
  return net.model([1, BEST, 6]);
}

/** A small YOLOX: Focus stem, three branches per scale, rows of raw numbers per cell. Takes BGR from 0 to 255. */
export function yoloxNet(): ModelProto {
  const net = new Net();
  const slice = (name: string, row: number, column: number): string => {
    const [starts, ends] = [
      net.shape(`${name}/starts`, [row, column]),
      net.shape(`${name}/ends`, [NET_SIZE, NET_SIZE]),
    ];
    const [axes, steps] = [net.shape(`${name}/axes`, [2, 3]), net.shape(`${name}/steps`, [2, 2])];
    return net.add('Slice', ['images', starts, ends, axes, steps], name);
  };
  const corners = [slice('tl', 0, 0), slice('bl', 1, 0), slice('tr', 0, 1), slice('br', 1, 1)];
  const focus = net.add('Concat', corners, 'focus', { axis: 1 });
  const stem = net.silu(net.conv(focus, 'stem', 12, 8, 3, 1, 1.5 / 255));
  const perScale = net.rest(stem).map((map, scale) => {
    const stride = STRIDES[scale]!;
    const name = (part: string): string => `${part}${scale}`;
    const box = net.conv(map, name('reg'), 16, 4, 1, 1, 0.5);
    const objectness = net.add('Sigmoid', [net.conv(map, name('obj'), 16, 1, 1, 1, 4)], name('obj/score'));
    const classes = net.add('Sigmoid', [net.conv(map, name('cls'), 16, CLASS_COUNT, 1, 1, 4)], name('cls/score'));
    const joined = net.add('Concat', [box, objectness, classes], name('joined'), { axis: 1 });
    return net.add('Reshape', [joined, net.shape(name('flat'), [1, 5 + CLASS_COUNT, cellsOf(stride)])], name('rows'));
  });
  net.add('Concat', perScale, 'all', { axis: 2 });
  net.add('Transpose', ['all'], 'output0', { perm: [0, 2, 1] });
  return net.model([1, CELLS, 5 + CLASS_COUNT]);
}

/** A small net with random weights and the whole YOLOv5 head. */
export function yolov5Net(): ModelProto {
  const net = new Net();
  const perAnchor = 5 + CLASS_COUNT;
  const perScale = net.body().map((map, scale) => {
    const stride = STRIDES[scale]!;
    const side = NET_SIZE / stride;
    const name = (part: string): string => `${part}${scale}`;
    const raw = net.conv(map, name('raw'), 16, 3 * perAnchor, 1, 1, 3);
    net.add('Reshape', [raw, net.shape(name('split'), [1, 3, perAnchor, side, side])], name('anchored'));
    net.add('Transpose', [name('anchored')], name('last'), { perm: [0, 1, 3, 4, 2] });
    net.add('Sigmoid', [name('last')], name('sigmoid'));
    const parts = net.shape(name('parts'), [2, 2, 1 + CLASS_COUNT]);
    net.add('Split', [name('sigmoid'), parts], [name('xy'), name('wh'), name('conf')], { axis: 4 });
    net.add('Mul', [name('xy'), net.floats(name('two'), [], [2])], name('xy2'));
    const grid = Array.from({ length: 3 * side * side }, (_, i) => i % (side * side)).flatMap((cell) => [
      (cell % side) - 0.5,
      Math.floor(cell / side) - 0.5,
    ]);
    net.add('Add', [name('xy2'), net.floats(name('grid'), [1, 3, side, side, 2], grid)], name('cells'));
    net.add('Mul', [name('cells'), net.floats(name('stride'), [], [stride])], name('centre'));
    net.add('Mul', [name('wh'), net.floats(name('twice'), [], [2])], name('wh2'));
    net.add('Pow', [name('wh2'), net.floats(name('square'), [], [2])], name('wh4'));
    const anchors = V5_ANCHORS[scale]!.flatMap((pair) => new Array<[number, number]>(side * side).fill(pair)).flat();
    net.add('Mul', [name('wh4'), net.floats(name('anchors'), [1, 3, side, side, 2], anchors)], name('extent'));
    net.add('Concat', [name('centre'), name('extent'), name('conf')], name('joined'), { axis: 4 });
    const rows = net.shape(name('rows'), [1, 3 * side * side, perAnchor]);
    return net.add('Reshape', [name('joined'), rows], name('flat'));
  });
  net.add('Concat', perScale, 'output0', { axis: 1 });
  return net.model([1, 3 * CELLS, perAnchor]);
}
