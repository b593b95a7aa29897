import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { create } from '@bufbuild/protobuf';
import { InspectionError } from '../../../src/contract/errors';
import { Pipeline } from '../../../src/detect/pipeline';
import { DataType, encodeOnnx, floatTensor, makeNode, makeValue } from '../../../src/onnx';
import { ModelProtoSchema } from '../../../src/onnx/generated/onnx';

const SIZE = 64;
/** 8 × 8, 4 × 4 and 2 × 2 cells. */
const CELLS = 84;

/** A model that answers the same whatever it is shown. */
function answering(
  dims: number[],
  value: (index: number) => number,
  metadata: Record<string, string> = {},
): Uint8Array {
  const count = dims.reduce((product, dim) => product * dim, 1);
  return encodeOnnx(
    create(ModelProtoSchema, {
      irVersion: 8n,
      opsetImport: [{ domain: '', version: 13n }],
      metadataProps: Object.entries(metadata).map(([key, text]) => ({ key, value: text })),
      graph: {
        name: 'answering',
        node: [
          makeNode('ReduceMean', 'mean', ['images'], ['mean'], { keepdims: 0 }),
          makeNode('Mul', 'nothing', ['mean', 'zero'], ['nothing']),
          makeNode('Add', 'output0', ['answer', 'nothing'], ['output0']),
        ],
        initializer: [
          floatTensor('zero', [], [0]),
          floatTensor(
            'answer',
            dims,
            Array.from({ length: count }, (_, index) => value(index)),
          ),
        ],
        input: [makeValue('images', DataType.FLOAT, [1, 3, SIZE, SIZE])],
        output: [makeValue('output0', DataType.FLOAT, dims)],
      },
    }),
  );
}

/** Rows of six numbers: a box in pixels, a score, a class. */
const row = (numbers: number[]) => (index: number) => numbers[index % numbers.length]!;
/** Rows of one cell each: its centre in pixels, and these numbers. */
const cellRow = (numbers: number[]) => (index: number) => {
  const columns = 2 + numbers.length;
  const [at, cell] = [index % columns, Math.floor(index / columns)];
  const [first, side] = cell < 64 ? [0, 8] : cell < 80 ? [64, 4] : [80, 2];
  const centre = [((cell - first) % side) + 0.5, Math.floor((cell - first) / side) + 0.5];
  return at < 2 ? (centre[at]! * SIZE) / side : numbers[at - 2]!;
};
/** One row per output channel, as YOLOv8 has them. */
const channel = (numbers: number[]) => (index: number) => numbers[Math.floor(index / CELLS)]!;
const TWO = { names: "{0: 'a', 1: 'b'}" };

describe('exports', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'exports-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const open = async (bytes: Uint8Array): Promise<string> => {
    const file = join(folder, 'model.onnx');
    writeFileSync(file, bytes);
    const pipeline = await Pipeline.open(file);
    await pipeline.close();
    return pipeline.manifest.head.layout;
  };

  for (const [what, bytes, layout] of [
    ['YOLOv8', answering([1, 6, CELLS], channel([30, 30, 9, 9, 0.1, 0.2])), 'yolov8'],
    [
      'YOLOv8 of the task detect',
      answering([1, 6, CELLS], channel([30, 30, 9, 9, 0.1, 0.2]), { task: 'detect' }),
      'yolov8',
    ],
    ['YOLOv5', answering([1, 3 * CELLS, 7], row([30, 30, 9, 9, 0.1, 0.2, 0.3])), 'yolov5'],
    ['YOLOv10', answering([1, 300, 6], row([3, 4, 30, 40, 0.1, 1]), TWO), 'end-to-end'],
    ['RT-DETR', answering([1, 300, 7], row([0.5, 0.5, 0.1, 0.1, 0.1, 0.2, 0.3])), 'rt-detr'],
    ['RT-DETR with two classes', answering([1, 300, 6], row([0.5, 0.5, 0.1, 0.1, 0.03, 0.42]), TWO), 'rt-detr'],
    [
      'RT-DETR of newer exports',
      answering([1, 300, 6], row([0.5, 0.5, 0.1, 0.1, 0.42, 1]), { ...TWO, head: 'RTDETRDecoder' }),
      'rt-detr-list',
    ],
    ['YOLOv6 with one class', answering([1, CELLS, 6], cellRow([9, 9, 1, 0.2])), 'yolov5'],
    ['decoded YOLOX with two classes', answering([1, CELLS, 7], cellRow([9, 9, 0.1, 0.2, 0.3])), 'yolov5'],
    [
      'a tiny YOLOv3, two scales',
      answering([1, 6, 20], (i) => [30, 30, 9, 9, 0.1, 0.2][Math.floor(i / 20)]!),
      'yolov8',
    ],
    ['an export with NMS that found nothing', answering([1, 300, 6], () => 0), 'end-to-end'],
  ] as const) {
    it(`takes ${what}`, async () => {
      assert.equal(await open(bytes), layout);
    });
  }

  for (const [what, bytes, words] of [
    [
      'raw YOLOX whose picture input is not known',
      answering([1, CELLS, 7], row([0.4, 0.6, 1.2, 0.7, 0.1, 0.2, 0.3])),
      /distances from each cell/,
    ],
    ['RT-DETR with raw scores', answering([1, 300, 7], row([0.5, 0.5, 0.1, 0.1, -4, -3, 2])), /not between 0 and 1/],
    [
      'rows per query in pixels',
      answering([1, 300, 7], row([30, 30, 9, 9, 0.1, 0.2, 0.3])),
      /pixels instead of shares/,
    ],
    [
      'end-to-end with boxes as shares',
      answering([1, 300, 6], row([0.1, 0.2, 0.3, 0.4, 0.5, 1])),
      /boxes that reach 0\.4/,
    ],
    ['a class that the model has no name for', answering([1, 300, 6], row([1, 2, 3, 40, 0.5, 7]), TWO), /class 7 of 2/],
    [
      'YOLOv8 with boxes as shares',
      answering([1, 6, CELLS], channel([0.5, 0.5, 0.1, 0.1, 0.1, 0.2])),
      /shares of the picture/,
    ],
    ['oriented boxes without metadata', answering([1, 7, CELLS], channel([30, 30, 9, 9, 0.1, 0.2, -0.7])), /an angle/],
    ['key points without metadata', answering([1, 8, CELLS], channel([30, 30, 9, 9, 0.1, 31, 32, 0.9])), /a key point/],
    ['raw class scores', answering([1, 3 * CELLS, 7], row([30, 30, 9, 9, -4, -5, -6])), /not between 0 and 1/],
    [
      'a segmentation',
      answering([1, 6, CELLS], channel([30, 30, 9, 9, 0.1, 0.2]), { task: 'segment' }),
      /says "segment"/,
    ],
    ['a pose', answering([1, 6, CELLS], channel([30, 30, 9, 9, 0.1, 0.2]), { task: 'pose' }), /says "pose"/],
    ['oriented boxes', answering([1, 6, CELLS], channel([30, 30, 9, 9, 0.1, 0.2]), { task: 'obb' }), /says "obb"/],
  ] as const) {
    it(`refuses ${what}`, async () => {
      await assert.rejects(open(bytes), (error: unknown) => {
        assert.ok(error instanceof InspectionError, String(error));
        assert.equal(error.code, 'MODEL_UNSUPPORTED');
        assert.match(error.message, words);
        return true;
      });
    });
  }
});
