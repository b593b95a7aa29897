import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { nms } from '../../src/detect/nms';
import { Pipeline } from '../../src/detect/pipeline';
import {
  DataType,
  encodeOnnx,
  floatsOf,
  floatTensor,
  int64Tensor,
  integersOf,
  ioOf,
  makeNode,
  makeValue,
  type ModelProto,
} from '../../src/onnx';
import { AttributeProto_AttributeType, AttributeProtoSchema } from '../../src/onnx/generated/onnx';
import { create } from '@bufbuild/protobuf';
import { ModelSession, Tensor } from '../../src/model/session';
import type { ModelManifest } from '../../src/contract/manifest';
import { readOptions } from '../../src/quantize/options';
import { quantize } from '../../src/quantize/quantize';
import { cellPicture, writePictures } from './pictures';
import { NET_SIZE, yolo26Net, yolov10Net, yolov5Net, yolov8Net, yoloxNet } from './yolo-nets';

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

/** The bits of the half that is nearest to a number (rounding does not matter here). */
function halfOf(value: number): number {
  const [bits] = new Uint32Array(Float32Array.of(value).buffer) as unknown as [number];
  const exponent = ((bits >> 23) & 0xff) - 127 + 15;
  const sign = (bits >>> 16) & 0x8000;
  return exponent <= 0 ? sign : sign | (exponent << 10) | ((bits >> 13) & 0x3ff);
}

/** The net as it is exported with half precision: weights, input and output of 16 bits. */
function inHalves(model: ModelProto): ModelProto {
  const graph = model.graph!;
  for (const tensor of graph.initializer) {
    if (tensor.dataType !== Number(DataType.FLOAT) || tensor.name === 'double') continue;
    const halves = Uint16Array.from(floatsOf(tensor), halfOf);
    [tensor.dataType, tensor.rawData] = [DataType.FLOAT16, new Uint8Array(halves.buffer)];
  }
  const shapes = ioOf(model);
  graph.input = [makeValue('images', DataType.FLOAT16, shapes.inputs[0]!.shape)];
  graph.output = [makeValue('output0', DataType.FLOAT16, shapes.outputs[0]!.shape)];
  return model;
}

/** The net as it is exported for four pictures at once: its shapes are written out. */
function forFourPictures(model: ModelProto): ModelProto {
  const graph = model.graph!;
  for (const node of graph.node) {
    if (node.opType !== 'Reshape') continue;
    const shape = graph.initializer.find(({ name }) => name === node.input[1])!;
    shape.rawData = int64Tensor('', [], [4, ...integersOf(shape).slice(1)]).rawData;
  }
  const [, ...rest] = ioOf(model).outputs[0]!.shape!;
  graph.input = [makeValue('images', DataType.FLOAT, [4, 3, NET_SIZE, NET_SIZE])];
  graph.output = [makeValue('output0', DataType.FLOAT, [4, ...rest])];
  return model;
}

/** The net behind whose raw boxes something happens that no cut head knows. */
function withUnknownTail(model: ModelProto): ModelProto {
  const graph = model.graph!;
  graph.node.push(makeNode('Exp', 'unknown', ['ltrb'], ['unknown']));
  const reader = graph.node.find(({ input, opType }) => opType === 'Split' && input[0] === 'ltrb')!;
  reader.input = ['unknown', reader.input[1]!];
  graph.node = [...graph.node.filter(({ name }) => name !== 'unknown')];
  graph.node.splice(graph.node.indexOf(reader), 0, makeNode('Exp', 'unknown', ['ltrb'], ['unknown']));
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
  async function kept(model: ModelProto): Promise<{ float: number; int8: number; head: ModelManifest['head'] }> {
    const file = join(folder, `net-${number++}.onnx`);
    writeFileSync(file, encodeOnnx(model));
    const out = join(folder, `out-${number}`);
    await quantize(readOptions({ model: file, calibration: pictures, out, threads: 1, maxRecallLoss: 100 }));
    const [float, int8] = [await Pipeline.open(file), await Pipeline.open(out)];
    const counts = { float: 0, int8: 0, head: int8.manifest.head };
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

  for (const [what, model, layout, regMax] of [
    ['YOLO26: distances instead of bins', () => yolo26Net('grid'), 'cut-yolov8', 1],
    ['YOLO26, end to end', () => yolo26Net('end-to-end'), 'cut-yolov8', 1],
    ['YOLOv10, end to end', yolov10Net, 'cut-yolov8', 16],
    ['half precision', () => inHalves(yolov8Net()), 'cut-yolov8', 16],
    ['a fixed batch of four', () => forFourPictures(yolov8Net()), 'cut-yolov8', 16],
    ['YOLOX', yoloxNet, 'yolox', undefined],
    ['a tail that nobody knows, uncut', () => withUnknownTail(yolo26Net('grid')), 'yolov8', undefined],
  ] as const) {
    it(`takes ${what}`, async () => {
      const { float, int8, head } = await kept(model());
      assert.equal(head.layout, layout);
      assert.equal(head.regMax, regMax);
      assert.ok(float >= 3 && int8 >= 0.8 * float, `${int8} of ${float}`);
    });
  }

  it('distances that are not spread over bins stay float: a step would be more than a pixel', async () => {
    const { head } = await kept(yolo26Net('grid'));
    for (const { box, classes } of head.outputs!) assert.deepEqual([box!.type, classes!.type], ['float32', 'uint8']);
  });

  it('YOLOX sees blue, green, red from 0 to 255, as it was trained', async () => {
    const file = join(folder, 'yolox.onnx');
    const model = yoloxNet();
    writeFileSync(file, encodeOnnx(model));
    const pipeline = await Pipeline.open(file);
    const { pixels } = await pipeline.prepare(await cellPicture(1));
    const answer = await pipeline.answer(pixels, 0.05);
    await pipeline.close();
    const session = await ModelSession.open(encodeOnnx(model), { threads: 1 });
    const planes = new Float32Array(3 * NET_SIZE ** 2);
    planes.forEach((_, at) => {
      const [channel, place] = [Math.floor(at / NET_SIZE ** 2), at % NET_SIZE ** 2];
      planes[at] = pixels[3 * place + (2 - channel)]!;
    });
    const { output0 } = await session.run({ images: new Tensor('float32', planes, [1, 3, NET_SIZE, NET_SIZE]) });
    await session.release();
    const rows = output0!.data as Float32Array;
    const best = Array.from({ length: rows.length / 7 }, (_, row) => rows.subarray(7 * row, 7 * row + 7)).map(
      ([, , , , objectness, a, b]) => objectness! * Math.max(a!, b!),
    );
    assert.ok(answer.detections.length > 0);
    assert.ok(Math.abs(answer.detections[0]!.confidence - Math.max(...best)) < 1e-3);
  });

  for (const [what, model] of [
    ['an operator set that is too old', () => ofOperatorSet(yolov5Net(), 10)],
    ['a Softmax that ran over several axes then', () => ofOperatorSet(yolov8Net(), 12)],
  ] as const) {
    it(`refuses ${what} with a sentence`, async () => {
      await assert.rejects(kept(model()), /Expected a model of operator set 13 or later but received 1[02].*opset=17$/);
    });
  }
});
