import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CandidateList } from '../../../src/detect/candidates';
import { HEADS, headOf, recogniseHead } from '../../../src/detect/heads';
import { logit, sigmoid } from '../../../src/detect/heads/cut';
import type { DecodeOptions, HeadContext } from '../../../src/detect/heads/head';
import type { HeadLayout } from '../../../src/contract/manifest';
import { Tensor } from '../../../src/model/session';

const INPUT = { width: 64, height: 64 };
/** 8² + 4² + 2² cells at 64 × 64 */
const CELLS = 84;
const CLASSES = ['open', 'short', 'spur'];
const OPTIONS: DecodeOptions = { confidence: 0.25, multiLabel: false };

function decode(
  layout: HeadLayout,
  outputs: Record<string, Tensor>,
  options = OPTIONS,
  head: object = {},
): CandidateList {
  const context: HeadContext = {
    input: { ...INPUT, layout: 'nchw', type: 'float32' },
    head: { layout, ...head },
    classNames: CLASSES,
  };
  const found = new CandidateList();
  headOf(layout).decode(outputs, context, options, found);
  return found;
}

describe('recogniseHead', () => {
  const fits: [number[], number | undefined, HeadLayout, number][] = [
    [[1, 7, CELLS], 3, 'yolov8', 3],
    [[1, 7, CELLS], undefined, 'yolov8', 3],
    [[1, CELLS * 3, 8], 3, 'yolov5', 3],
    [[1, 300, 6], 3, 'end-to-end', 3],
    [[1, 300, 6], undefined, 'end-to-end', 0],
    // one class: five plus one columns look like an end-to-end row, the number of rows tells
    [[1, CELLS * 3, 6], 1, 'yolov5', 1],
    // as many columns as cells would be ambiguous by size alone
    [[1, 84, CELLS], 80, 'yolov8', 80],
  ];
  for (const [dims, classCount, layout, classes] of fits) {
    it(`[${dims.join(', ')}] with ${classCount ?? 'no'} names is ${layout}`, () => {
      const found = recogniseHead([{ name: 'output0', dims }], classCount, INPUT);
      assert.equal(found.head.layout, layout);
      assert.equal(found.classCount, classes);
    });
  }

  const misfits: [string, number[][], number | undefined][] = [
    ['a classifier', [[1, 1000]], 1000],
    ['a class count that does not fit', [[1, 7, CELLS]], 80],
    [
      'a segmentation model',
      [
        [1, 39, CELLS],
        [1, 32, 16, 16],
      ],
      3,
    ],
    ['a batch of four', [[4, 7, CELLS]], 3],
    ['cells of another input size', [[1, 7, 8400]], 3],
    ['no outputs', [], 3],
  ];
  for (const [name, shapes, classCount] of misfits) {
    it(`refuses ${name} and says what was found and what is supported`, () => {
      const outputs = shapes.map((dims, index) => ({ name: `output${index}`, dims }));
      assert.throws(() => recogniseHead(outputs, classCount, INPUT), {
        code: 'MODEL_UNSUPPORTED',
        message: /^Expected a detection model \(YOLOv8.*YOLOv5.*end-to-end.*\) but found .* at 64x64 input$/,
      });
    });
  }

  it('cut heads are never guessed', () => {
    for (const head of HEADS.filter(({ layout }) => layout.startsWith('cut-'))) {
      assert.equal(head.fit([{ name: 'x', dims: [1, 7, CELLS] }], 3, INPUT), undefined);
    }
  });
});

describe('yolov8', () => {
  const data = new Float32Array(7 * CELLS);
  const set = (cell: number, values: number[]): void =>
    values.forEach((value, row) => (data[row * CELLS + cell] = value));
  set(5, [32, 16, 8, 4, 0.1, 0.9, 0.4]);
  set(83, [10, 10, 2, 2, 0.2, 0.25, 0.1]);
  const outputs = { output0: new Tensor('float32', data, [1, 7, CELLS]) };

  it('gives the best class of each cell above the threshold', () => {
    const found = decode('yolov8', outputs);
    assert.deepEqual(found.corners, [28, 14, 36, 18]);
    assert.deepEqual(found.classIds, [1]);
    assert.ok(Math.abs((found.scores[0] as number) - 0.9) < 1e-6);
  });

  it('gives every class above the threshold with multiLabel', () => {
    assert.deepEqual(decode('yolov8', outputs, { ...OPTIONS, multiLabel: true }).classIds, [1, 2]);
  });
});

describe('yolov5', () => {
  const data = new Float32Array(CELLS * 3 * 8);
  data.set([32, 16, 8, 4, 0.5, 0.1, 0.8, 0.6], 17 * 8);
  data.set([32, 16, 8, 4, 0.2, 1, 1, 1], 18 * 8);
  const outputs = { output0: new Tensor('float32', data, [1, CELLS * 3, 8]) };

  it('multiplies objectness and class score', () => {
    const found = decode('yolov5', outputs);
    assert.deepEqual(found.corners, [28, 14, 36, 18]);
    assert.deepEqual(found.classIds, [1]);
    assert.ok(Math.abs((found.scores[0] as number) - 0.4) < 1e-6);
    assert.deepEqual(decode('yolov5', outputs, { ...OPTIONS, multiLabel: true }).classIds, [1, 2]);
  });
});

describe('end-to-end', () => {
  it('takes rows as they are and skips unused ones', () => {
    const data = new Float32Array(300 * 6);
    data.set([1, 2, 3, 4, 0.9, 2], 0);
    const found = decode('end-to-end', { output0: new Tensor('float32', data, [1, 300, 6]) });
    assert.deepEqual(found.corners, [1, 2, 3, 4]);
    assert.deepEqual(found.classIds, [2]);
  });
});

describe('cut-yolov8', () => {
  // one scale of 2 × 2 cells, stride 32, 4 bins: cell 3 sees class 2 with distances 1, 0, 2, 3 cells
  const regMax = 4;
  const distances = [1, 0, 2, 3];
  for (const layout of ['nchw', 'nhwc'] as const) {
    it(`decodes uint8 ${layout}: distances by expectation over bins, logits by scale and zero point`, () => {
      const index = (cell: number, channel: number, channels: number): number =>
        layout === 'nchw' ? channel * 4 + cell : cell * channels + channel;
      const box = new Uint8Array(4 * 4 * regMax);
      distances.forEach((distance, side) => (box[index(3, side * regMax + distance, 4 * regMax)] = 200));
      const classes = new Uint8Array(4 * 3);
      classes[index(3, 2, 3)] = 140;
      classes[index(3, 1, 3)] = 130;
      const dims = (channels: number): number[] => (layout === 'nchw' ? [1, channels, 2, 2] : [1, 2, 2, channels]);
      const found = decode(
        'cut-yolov8',
        { b: new Tensor('uint8', box, dims(4 * regMax)), c: new Tensor('uint8', classes, dims(3)) },
        OPTIONS,
        {
          regMax,
          outputs: [
            {
              stride: 32,
              box: { name: 'b', layout, type: 'uint8', scale: 0.5, zeroPoint: 0 },
              classes: { name: 'c', layout, type: 'uint8', scale: 0.1, zeroPoint: 120 },
            },
          ],
        },
      );
      // cell 3 is column 1, row 1: centre (1.5, 1.5) cells
      const wanted = [(1.5 - 1) * 32, (1.5 - 0) * 32, (1.5 + 2) * 32, (1.5 + 3) * 32];
      found.corners.forEach((value, i) => assert.ok(Math.abs(value - (wanted[i] as number)) < 1e-3));
      assert.deepEqual(found.classIds, [2]);
      assert.ok(Math.abs((found.scores[0] as number) - sigmoid(2)) < 1e-6);
    });
  }

  it('gives what the whole head gives, for random float outputs', () => {
    const random = lcg(7);
    const scales = [
      { stride: 8, cells: 64, side: 8 },
      { stride: 16, cells: 16, side: 4 },
      { stride: 32, cells: 4, side: 2 },
    ];
    const whole = new Float32Array(7 * CELLS);
    const outputs: Record<string, Tensor> = {};
    let first = 0;
    for (const { stride, cells, side } of scales) {
      const box = Float32Array.from({ length: 64 * cells }, () => random() * 8 - 4);
      const classes = Float32Array.from({ length: 3 * cells }, () => random() * 6 - 4);
      outputs[`b${stride}`] = new Tensor('float32', box, [1, 64, side, side]);
      outputs[`c${stride}`] = new Tensor('float32', classes, [1, 3, side, side]);
      for (let cell = 0; cell < cells; cell++) {
        // reference: softmax over 16 bins, expectation, distances to corners, as in the exported graph
        const distance = [0, 1, 2, 3].map((s) => {
          const bins = Array.from({ length: 16 }, (_, bin) => Math.exp(box[(s * 16 + bin) * cells + cell] as number));
          const sum = bins.reduce((a, b) => a + b);
          return bins.reduce((total, value, bin) => total + (value / sum) * bin, 0);
        }) as [number, number, number, number];
        const cx = (cell % side) + 0.5;
        const cy = Math.floor(cell / side) + 0.5;
        const column = first + cell;
        whole[column] = (cx + (distance[2] - distance[0]) / 2) * stride;
        whole[CELLS + column] = (cy + (distance[3] - distance[1]) / 2) * stride;
        whole[2 * CELLS + column] = (distance[0] + distance[2]) * stride;
        whole[3 * CELLS + column] = (distance[1] + distance[3]) * stride;
        for (let c = 0; c < 3; c++) whole[(4 + c) * CELLS + column] = sigmoid(classes[c * cells + cell] as number);
      }
      first += cells;
    }
    const tensor = (name: string) => ({ name, layout: 'nchw' as const, type: 'float32' as const });
    for (const multiLabel of [false, true]) {
      const options = { confidence: 0.3, multiLabel };
      const cut = decode('cut-yolov8', outputs, options, {
        outputs: scales.map(({ stride }) => ({ stride, box: tensor(`b${stride}`), classes: tensor(`c${stride}`) })),
      });
      const uncut = decode('yolov8', { output0: new Tensor('float32', whole, [1, 7, CELLS]) }, options);
      assert.ok(cut.length > 10);
      assert.deepEqual(sorted(cut), sorted(uncut));
    }
  });
});

describe('cut-yolov5', () => {
  it('decodes anchors, grid and objectness as YOLOv5 v6 does', () => {
    const channels = 2 * 8;
    const data = new Float32Array(channels * 4).fill(-20);
    const values = [0.3, -0.2, 0.1, 0.4, logit(0.8), logit(0.1), logit(0.7), logit(0.2)];
    values.forEach((value, channel) => (data[(8 + channel) * 4 + 2] = value));
    const found = decode('cut-yolov5', { p: new Tensor('float32', data, [1, channels, 2, 2]) }, OPTIONS, {
      outputs: [{ stride: 32, all: { name: 'p', layout: 'nchw', type: 'float32' } }],
      anchors: [
        [
          [10, 13],
          [30, 61],
        ],
      ],
    });
    // cell 2: column 0, row 1; second anchor
    const x = (2 * sigmoid(0.3) - 0.5 + 0) * 32;
    const y = (2 * sigmoid(-0.2) - 0.5 + 1) * 32;
    const width = (2 * sigmoid(0.1)) ** 2 * 30;
    const height = (2 * sigmoid(0.4)) ** 2 * 61;
    const wanted = [x - width / 2, y - height / 2, x + width / 2, y + height / 2];
    assert.equal(found.length, 1);
    found.corners.forEach((value, i) => assert.ok(Math.abs(value - (wanted[i] as number)) < 1e-3));
    assert.deepEqual(found.classIds, [1]);
    assert.ok(Math.abs((found.scores[0] as number) - 0.56) < 1e-6);
  });

  it('refuses a manifest that names an output the model does not have', () => {
    assert.throws(
      () =>
        decode('cut-yolov5', { p: new Tensor('float32', new Float32Array(1), [1, 1, 1, 1]) }, OPTIONS, {
          outputs: [{ stride: 8, all: { name: 'q', layout: 'nchw', type: 'float32' } }],
          anchors: [[[1, 1]]],
        }),
      { code: 'MODEL_UNSUPPORTED', message: /^Expected an output q .* but received no such output$/ },
    );
  });
});

function lcg(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 1103515245 + 12345) % 2147483648) / 2147483648;
}

function sorted(list: CandidateList): string[] {
  return list.scores
    .map((score, i) =>
      [list.classIds[i], score.toFixed(4), ...list.corners.slice(4 * i, 4 * i + 4).map((v) => v.toFixed(2))].join(' '),
    )
    .sort();
}
