import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import type { HeadLayout, ModelManifest } from '../../../src/contract/manifest';
import { CandidateList } from '../../../src/detect/candidates';
import { headOf } from '../../../src/detect/heads';
import { assertDescribed } from '../../../src/detect/heads/described';
import type { HeadContext } from '../../../src/detect/heads/head';
import { Pipeline } from '../../../src/detect/pipeline';
import { Tensor } from '../../../src/model/session';
import { SHIPPED_MODEL } from '../../helpers/shipped-model';
import { writeTinyFolder } from '../../shadow/tiny-folder';

const CELLS = 84;
const CLASSES = ['red', 'green', 'blue'];
const WRONG_SCORES = [NaN, Infinity, 869, 1e30];
const WRONG_EDGES = [NaN, Infinity, -Infinity];

const context = (layout: HeadLayout, head: object = {}): HeadContext => ({
  input: { width: 64, height: 64, layout: 'nchw', type: 'float32' },
  head: { layout, ...head },
  classNames: CLASSES,
});

const tensor = (name: string) => ({ name, layout: 'nchw' as const, type: 'float32' as const });
const CUT_V8 = { regMax: 4, outputs: [{ stride: 32, box: tensor('b'), classes: tensor('c') }] };
const CUT_V5 = { outputs: [{ stride: 32, all: tensor('a') }], anchors: [[[10, 10]]] };

/** Per layout, the outputs of a model that finds one thing, with this as its score and as the left edge of its box. */
const ANSWERS: Record<HeadLayout, (score: number, edge: number) => [Record<string, Tensor>, HeadContext]> = {
  yolov8(score, edge) {
    const data = new Float32Array(7 * CELLS);
    [edge, 16, 8, 4, 0.1, score, 0.1].forEach((value, row) => (data[row * CELLS + 5] = value));
    return [{ o: new Tensor('float32', data, [1, 7, CELLS]) }, context('yolov8')];
  },
  yolov5(score, edge) {
    const data = new Float32Array(CELLS * 3 * 8);
    data.set([edge, 16, 8, 4, 1, 0.1, score, 0.1], 17 * 8);
    return [{ o: new Tensor('float32', data, [1, CELLS * 3, 8]) }, context('yolov5')];
  },
  'end-to-end'(score, edge) {
    const data = new Float32Array(300 * 6);
    data.set([edge, 2, 30, 40, score, 2], 12);
    return [{ o: new Tensor('float32', data, [1, 300, 6]) }, context('end-to-end')];
  },
  'rt-detr'(score, edge) {
    const data = new Float32Array(300 * 7);
    data.set([edge, 0.5, 0.1, 0.2, 0.1, score, 0.1], 14);
    return [{ o: new Tensor('float32', data, [1, 300, 7]) }, context('rt-detr')];
  },
  'rt-detr-list'(score, edge) {
    const data = new Float32Array(300 * 6);
    data.set([edge, 0.5, 0.1, 0.2, score, 2], 12);
    return [{ o: new Tensor('float32', data, [1, 300, 6]) }, context('rt-detr-list')];
  },
  yolox(score, edge) {
    const data = new Float32Array(CELLS * 8);
    data.set([edge, 0.5, 1, 1, 1, 0.1, score, 0.1], 17 * 8);
    return [{ o: new Tensor('float32', data, [1, CELLS, 8]) }, context('yolox')];
  },
  'cut-yolov8'(score, edge) {
    const [b, c] = [new Float32Array(64), new Float32Array(12).fill(-9)];
    b[3] = edge;
    c[3 + 4] = score;
    const outputs = { b: new Tensor('float32', b, [1, 16, 2, 2]), c: new Tensor('float32', c, [1, 3, 2, 2]) };
    return [outputs, context('cut-yolov8', CUT_V8)];
  },
  'cut-yolov5'(score, edge) {
    const a = new Float32Array(8 * 4).fill(-9);
    for (const [channel, value] of [edge, 0, 0, 0, score, -9, 9].entries()) a[channel * 4 + 3] = value;
    return [{ a: new Tensor('float32', a, [1, 8, 2, 2]) }, context('cut-yolov5', CUT_V5)];
  },
};

function decode(layout: HeadLayout, score: number, edge: number, multiLabel: boolean): CandidateList {
  const [outputs, about] = ANSWERS[layout](score, edge);
  const found = new CandidateList();
  headOf(layout).decode(outputs, about, { confidence: 0.25, multiLabel }, found);
  return found;
}

describe('a model that answers nonsense', () => {
  for (const layout of Object.keys(ANSWERS) as HeadLayout[]) {
    const isCut = layout.startsWith('cut-');
    for (const multiLabel of [false, true]) {
      const how = `${layout}${multiLabel ? ', every class' : ''}`;
      it(`${how}: a good answer is taken`, () => {
        assert.equal(decode(layout, isCut ? 4 : 0.9, 8, multiLabel).length, 1);
      });
      // before a sigmoid every finite number is a score
      for (const score of WRONG_SCORES.filter((value) => !isCut || !Number.isFinite(value))) {
        it(`${how}: a confidence of ${score} is refused, not passed on and not taken for nothing found`, () => {
          assert.throws(() => decode(layout, score, 8, multiLabel), {
            code: 'MODEL_INVALID',
            message: /^Expected .* in the answer of the model but received (NaN|Infinity|869|1.0000000150474662e\+30)$/,
          });
        });
      }
      // the sigmoid of a cut YOLOv5 makes an edge of every infinity, a softmax NaN of it
      for (const edge of WRONG_EDGES.filter((value) => layout !== 'cut-yolov5' || Number.isNaN(value))) {
        if (layout === 'cut-yolov8' && edge === -Infinity) continue;
        it(`${how}: a box at ${edge} is refused, not left out`, () => {
          assert.throws(() => decode(layout, isCut ? 4 : 0.9, edge, multiLabel), {
            code: 'MODEL_INVALID',
            message: /^Expected a box of finite numbers in the answer of the model but received /,
          });
        });
      }
    }
  }

  it('half a step above 1 is 1, as quantized models say it', () => {
    assert.deepEqual(decode('yolov8', 1.004, 8, false).scores, [1]);
  });

  it('an objectness of NaN is refused', () => {
    const [outputs, about] = ANSWERS.yolov5(0.9, 8);
    (outputs.o!.data as Float32Array)[17 * 8 + 4] = NaN;
    assert.throws(
      () => headOf('yolov5').decode(outputs, about, { confidence: 0.25, multiLabel: false }, new CandidateList()),
      { code: 'MODEL_INVALID' },
    );
  });

  it('a class of -1 or NaN is refused', () => {
    for (const classId of [-1, NaN]) {
      assert.throws(() => new CandidateList().add(0, 0, 9, 9, 0.5, classId), { code: 'MODEL_INVALID' });
    }
  });
});

describe('a manifest that names a wrong output', () => {
  for (const layout of Object.keys(ANSWERS) as HeadLayout[]) {
    it(`${layout}: what the manifest says is taken`, () => {
      const [outputs, about] = ANSWERS[layout](0.5, 8);
      assert.doesNotThrow(() => assertDescribed(about, outputs));
      // rows of six have no place for the number of classes
      if (layout !== 'end-to-end' && layout !== 'rt-detr-list')
        assert.throws(
          () => assertDescribed({ ...about, classNames: [...CLASSES, 'more'] }, outputs),
          /as the manifest says/,
        );
    });
  }

  const cut = ANSWERS['cut-yolov8'](0.5, 8);
  const WRONG: Record<string, Partial<(typeof CUT_V8.outputs)[number]>> = {
    'that is not there': { classes: tensor('no') },
    'of the prototype': { classes: tensor('constructor') },
    'of the box as the classes': { classes: tensor('b') },
    'of the other layout': { classes: { ...tensor('c'), layout: 'nhwc' as 'nchw' } },
    'of another type': { box: { ...tensor('b'), type: 'uint8' as 'float32' } },
    'of another stride': { stride: 16 },
    'with an infinite scale': { box: { ...tensor('b'), scale: Infinity } as never },
    'not at all': { box: undefined },
  };
  for (const [name, change] of Object.entries(WRONG)) {
    it(`cut head: an output ${name} is refused`, () => {
      const head = { ...CUT_V8, outputs: [{ ...CUT_V8.outputs[0]!, ...change }] };
      assert.throws(() => assertDescribed(context('cut-yolov8', head), cut[0]), {
        code: 'MODEL_INVALID',
        message: /^Expected .* for .* but received /,
      });
    });
  }
});

describe('a folder whose manifest names a wrong output does not become ready', () => {
  const folder = mkdtempSync(join(tmpdir(), 'wrong-output-'));
  after(() => rmSync(folder, { recursive: true }));

  const CHANGES: Record<string, (manifest: ModelManifest) => void> = {
    'end-to-end for a YOLOv8': ({ head }) => (head.layout = 'end-to-end'),
    'yolov5 for a YOLOv8': ({ head }) => (head.layout = 'yolov5'),
    'one name too many': ({ classNames }) => classNames.push('more'),
    'one name too few': ({ classNames }) => classNames.pop(),
    'a cut head': (manifest) => (manifest.head = { layout: 'cut-yolov8', outputs: CUT_V8.outputs }),
  };
  for (const [name, change] of Object.entries(CHANGES)) {
    it(`without golden pictures: ${name}`, async () => {
      const path = writeTinyFolder(join(folder, name.replaceAll(' ', '-')), 'tiny');
      rmSync(join(path, 'class_names.txt'));
      const file = join(path, 'manifest.json');
      const manifest = JSON.parse(readFileSync(file, 'utf8')) as ModelManifest;
      change(manifest);
      writeFileSync(file, JSON.stringify(manifest));
      await assert.rejects(Pipeline.open(path), { code: 'MODEL_INVALID', message: /as the manifest says/ });
    });
  }

  it('with golden pictures: box and classes of a scale changed places', async () => {
    const manifest = JSON.parse(readFileSync(join(SHIPPED_MODEL, 'manifest.json'), 'utf8')) as ModelManifest;
    const [first] = manifest.head.outputs!;
    [first!.box, first!.classes] = [first!.classes, first!.box];
    const path = join(folder, 'shipped');
    cpSync(SHIPPED_MODEL, path, { recursive: true });
    writeFileSync(join(path, 'manifest.json'), JSON.stringify(manifest));
    await assert.rejects(Pipeline.open(path), { code: 'MODEL_INVALID', message: /box_8|classes_8/ });
  });
});
