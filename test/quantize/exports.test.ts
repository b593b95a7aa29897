import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { nms } from '../../src/detect/nms';
import { Pipeline } from '../../src/detect/pipeline';
import { DataType, encodeOnnx, floatTensor, integersOf, makeNode, makeValue, type ModelProto } from '../../src/onnx';
import { AttributeProto_AttributeType, AttributeProtoSchema } from '../../src/onnx/generated/onnx';
import { create } from '@bufbuild/protobuf';
import { readOptions } from '../../src/quantize/options';
import { quantize } from '../../src/quantize/quantize';
import { cellPicture, writePictures } from './pictures';
import { NET_SIZE, yolov5Net, yolov8Net } from './yolo-nets';

/** The net as an exporter of operator set 12 or before writes it: sizes of a Split are an attribute. */
function ofOperatorSet(model: ModelProto, version: number): ModelProto {
  for (const node of model.graph!.node) {
    if (node.opType === 'Resize' && version < 11) {
      [node.input, node.attribute] = [[node.input[0]!, node.input[2]!], []];
    } else if (node.opType === 'Resize') {
      model.graph!.initializer.push(floatTensor('roi', [0], []));
      node.input = [node.input[0]!, 'roi', node.input[2]!];
    }
    if (node.opType !== 'Split') continue;
    const sizes = model.graph!.initializer.find(({ name }) => name === node.input[1])!;
    const ints = integersOf(sizes).map(BigInt);
    node.attribute.push(create(AttributeProtoSchema, { name: 'split', type: AttributeProto_AttributeType.INTS, ints }));
    node.input = [node.input[0]!];
  }
  model.opsetImport[0]!.version = BigInt(version);
  return model;
}

/** The net with its picture row by row, as TensorFlow exporters write it. */
function rowByRow(model: ModelProto): ModelProto {
  const graph = model.graph!;
  graph.input = [makeValue('pixels_float', DataType.FLOAT, [1, NET_SIZE, NET_SIZE, 3])];
  graph.node.unshift(makeNode('Transpose', 'planes', ['pixels_float'], ['images'], { perm: [0, 3, 1, 2] }));
  return model;
}

describe('quantize: exports', () => {
  let folder: string;
  let pictures: string;
  let number = 0;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'quantize-exports-'));
    pictures = await writePictures(join(folder, 'pictures'), 12);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  /** Quantizes, and says how many of the float model's detections the INT8 model has. */
  async function kept(model: ModelProto): Promise<{ float: number; int8: number }> {
    const file = join(folder, `net-${number++}.onnx`);
    writeFileSync(file, encodeOnnx(model));
    const out = join(folder, `out-${number}`);
    await quantize(readOptions({ model: file, calibration: pictures, out, threads: 1, maxRecallLoss: 100 }));
    const [float, int8] = [await Pipeline.open(file), await Pipeline.open(out)];
    const counts = { float: 0, int8: 0 };
    for (const seed of [1, 2, 3]) {
      const prepared = await float.prepare(await cellPicture(seed));
      const classes = async (pipeline: Pipeline) =>
        nms((await pipeline.infer(prepared, { confidence: 0.3 })).detections).map(({ classId }) => classId);
      const [a, b] = [await classes(float), await classes(int8)];
      counts.float += a.length;
      counts.int8 += a.filter((classId) => b.includes(classId)).length;
    }
    await float.close();
    await int8.close();
    return counts;
  }

  for (const [what, model] of [
    ['operator set 12', () => ofOperatorSet(yolov5Net(), 12)],
    ['operator set 11', () => ofOperatorSet(yolov5Net(), 11)],
    ['a picture input row by row', () => rowByRow(yolov8Net())],
  ] as const) {
    it(`takes ${what}`, async () => {
      const { float, int8 } = await kept(model());
      assert.ok(float >= 3 && int8 >= 0.8 * float, `${int8} of ${float}`);
    });
  }

  for (const [what, model] of [
    ['an operator set that is too old', () => ofOperatorSet(yolov5Net(), 10)],
    ['a Softmax that ran over several axes then', () => ofOperatorSet(yolov8Net(), 12)],
  ] as const) {
    it(`refuses ${what} with a sentence`, async () => {
      await assert.rejects(kept(model()), /Expected a model of operator set 13 or later but received 1[02].*opset=17$/);
    });
  }
});
