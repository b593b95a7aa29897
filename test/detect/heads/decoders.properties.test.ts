import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { HeadLayout } from '../../../src/contract/manifest';
import { InspectionError } from '../../../src/contract/errors';
import { CandidateList } from '../../../src/detect/candidates';
import { headOf } from '../../../src/detect/heads';
import { assertDescribed } from '../../../src/detect/heads/described';
import type { HeadContext } from '../../../src/detect/heads/head';
import { toSource } from '../../../src/detect/to-source';
import { letterboxGeometry } from '../../../src/image/letterbox-geometry';
import { Tensor } from '../../../src/model/session';
import { RUNS } from '../../helpers/property-runs';

const SIZE = 64;
const CLASSES = ['open', 'short', 'spur'];
const geometry = letterboxGeometry(100, 80, { x: 0, y: 0, width: 100, height: 80 }, SIZE, SIZE);

const tensor = (name: string) => ({ name, layout: 'nchw' as const, type: 'float32' as const });

/** Outputs of each layout, small enough to be filled by a property: name, shape, and what the manifest says of them. */
const LAYOUTS: Record<HeadLayout, { shapes: Record<string, number[]>; head: object }> = {
  yolov8: { shapes: { o: [1, 7, 9] }, head: {} },
  yolov5: { shapes: { o: [1, 9, 8] }, head: {} },
  'end-to-end': { shapes: { o: [1, 9, 6] }, head: {} },
  'rt-detr': { shapes: { o: [1, 9, 7] }, head: {} },
  'rt-detr-list': { shapes: { o: [1, 9, 6] }, head: {} },
  // every cell of the grid
  yolox: { shapes: { o: [1, 84, 8] }, head: {} },
  'cut-yolov8': {
    shapes: { b: [1, 16, 2, 2], c: [1, 3, 2, 2] },
    head: { regMax: 4, outputs: [{ stride: 32, box: tensor('b'), classes: tensor('c') }] },
  },
  'cut-yolov5': {
    shapes: { a: [1, 8, 2, 2] },
    head: { outputs: [{ stride: 32, all: tensor('a') }], anchors: [[[10, 10]]] },
  },
};

const anything = fc.oneof(
  { weight: 20, arbitrary: fc.float({ min: -2, max: 2, noNaN: true }) },
  { weight: 4, arbitrary: fc.float({ min: -100, max: 100, noNaN: true }) },
  { weight: 1, arbitrary: fc.constantFrom(NaN, Infinity, -Infinity, Math.fround(1e30), Math.fround(-1e30), -0) },
);

for (const [layout, { shapes, head }] of Object.entries(LAYOUTS) as [HeadLayout, (typeof LAYOUTS)['yolov8']][]) {
  describe(`properties of the decoder ${layout}`, () => {
    const context = {
      input: { width: SIZE, height: SIZE, layout: 'nchw', type: 'float32' },
      head: { layout, ...head },
      classNames: CLASSES,
    } as HeadContext;
    const count = Object.values(shapes).reduce((sum, dims) => sum + dims.reduce((a, b) => a * b), 0);
    const outputsOf = (values: readonly number[]): Record<string, Tensor> => {
      let at = 0;
      return Object.fromEntries(
        Object.entries(shapes).map(([name, dims]) => {
          const data = Float32Array.from(values.slice(at, (at += dims.reduce((a, b) => a * b))));
          return [name, new Tensor('float32', data, dims)];
        }),
      );
    };
    const decode = (values: readonly number[], confidence: number, multiLabel: boolean): CandidateList => {
      const found = new CandidateList();
      headOf(layout).decode(outputsOf(values), context, { confidence, multiLabel }, found);
      return found;
    };
    const values = fc.array(anything, { minLength: count, maxLength: count });
    const confidence = fc.constantFrom(0, 0.1, 0.25, 0.5, 0.9, 1);

    it('gives detections that are some, or refuses the answer: nothing else, whatever the numbers', () => {
      fc.assert(
        fc.property(values, confidence, fc.boolean(), (numbers, limit, multiLabel) => {
          let found: CandidateList;
          try {
            found = decode(numbers, limit, multiLabel);
          } catch (error) {
            assert.ok(error instanceof InspectionError && error.code === 'MODEL_INVALID');
            return;
          }
          assert.ok(found.scores.every((score) => score >= limit - 1e-6 && score <= 1));
          for (const { confidence: score, box, classId } of toSource(found, geometry, CLASSES, 100)) {
            assert.ok(score >= 0 && score <= 1 && Number.isInteger(classId) && classId >= 0);
            assert.ok(box.x >= 0 && box.y >= 0 && box.width > 0 && box.height > 0);
            assert.ok(box.x + box.width <= 100 + 1e-9 && box.y + box.height <= 80 + 1e-9);
          }
        }),
        RUNS,
      );
    });

    it('a higher threshold finds no more', () => {
      const plain = fc.array(fc.float({ min: 0, max: 1, noNaN: true }), { minLength: count, maxLength: count });
      fc.assert(
        fc.property(plain, (numbers) => {
          const found = [0.1, 0.3, 0.6, 0.9].map((limit) => decode(numbers, limit, true).length);
          assert.deepEqual(
            found,
            [...found].sort((a, b) => b - a),
          );
        }),
        RUNS,
      );
    });

    it('outputs of any other shape are refused', () => {
      const dims = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 5 });
      fc.assert(
        fc.property(fc.constantFrom(...Object.keys(shapes)), dims, (name, shape) => {
          const other = new Tensor('float32', new Float32Array(shape.reduce((a, b) => a * b)), shape);
          const outputs = { ...outputsOf(new Array<number>(count).fill(0)), [name]: other };
          assert.throws(() => assertDescribed(context, outputs), { code: 'MODEL_INVALID' });
        }),
        RUNS,
      );
    });
  });
}
