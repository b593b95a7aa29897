import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import type { ModelManifest } from '../../../src/contract/manifest';
import { Pipeline } from '../../../src/detect/pipeline';
import { resolveModelPath } from '../../../src/model/resolve';
import { DataType, decodeOnnx, encodeOnnx, type ModelProto, type TensorProto } from '../../../src/onnx';
import { runOnCpu } from '../../helpers/emulated-cpu';

const SHIPPED = resolveModelPath('pcb-defects', []);
const MAIN = join(__dirname, '..', '..', '..', 'src', 'cli', 'main.js');
const root = mkdtempSync(join(tmpdir(), 'self-test-'));
after(() => rmSync(root, { recursive: true, force: true }));

type Manifest = ModelManifest & { head: { outputs: NonNullable<ModelManifest['head']['outputs']> } };

/** A copy of the shipped model, changed, with the hash in its manifest made right again: no hash catches what was done. */
function broken(name: string, change: (model: ModelProto, manifest: Manifest) => void): string {
  const folder = join(root, name.replace(/\W+/g, '-'));
  cpSync(SHIPPED, folder, { recursive: true });
  const [modelFile, manifestFile] = [join(folder, 'model.onnx'), join(folder, 'manifest.json')];
  const model = decodeOnnx(readFileSync(modelFile), modelFile);
  const manifest = JSON.parse(readFileSync(manifestFile, 'utf8')) as Manifest;
  change(model, manifest);
  const bytes = encodeOnnx(model);
  manifest.sha256 = createHash('sha256').update(bytes).digest('hex');
  manifest.sizeBytes = bytes.byteLength;
  writeFileSync(modelFile, bytes);
  writeFileSync(manifestFile, JSON.stringify(manifest));
  writeFileSync(join(folder, 'class_names.txt'), manifest.classNames.join('\n'));
  return folder;
}

/** Constants of the graph, in its order, with bytes that may be changed. */
function constants(model: ModelProto, is: (tensor: TensorProto) => boolean): TensorProto[] {
  const found = model.graph!.initializer.filter(is);
  for (const tensor of found) tensor.rawData = Uint8Array.from(tensor.rawData);
  return found;
}

const weights = (model: ModelProto) =>
  constants(model, ({ dataType, dims }) => dataType === Number(DataType.INT8) && dims.length === 4);
const scales = (model: ModelProto) =>
  constants(
    model,
    ({ dataType, dims, rawData }) => dataType === Number(DataType.FLOAT) && dims.length === 0 && rawData.length === 4,
  );

function swap<T>(list: T[], a: number, b: number): void {
  [list[a], list[b]] = [list[b]!, list[a]!];
}

/** One row per way to be wrong. */
const WAYS: Record<string, (model: ModelProto, manifest: Manifest) => void> = {
  'the highest bit of one weight flipped': (model) => {
    weights(model)[1]!.rawData[40]! ^= 0x80;
  },
  'one bias changed': (model) => {
    const [bias] = constants(model, ({ dataType, dims }) => dataType === Number(DataType.INT32) && dims.length === 1);
    bias!.rawData[2]! ^= 0x01;
  },
  'two scales swapped': (model) => {
    const list = scales(model);
    const a = list[3]!;
    const b = list.find(({ rawData }) => Buffer.compare(rawData, a.rawData) !== 0)!;
    [a.rawData, b.rawData] = [b.rawData, a.rawData];
  },
  'the weights of another model': (model) => {
    for (const tensor of weights(model)) tensor.rawData.reverse();
  },
  'red and blue exchanged': (model) => {
    const [stem] = weights(model);
    const [outputs, channels, ...kernel] = stem!.dims.map(Number);
    const plane = kernel.reduce((product, size) => product * size, 1);
    const before = Uint8Array.from(stem!.rawData);
    for (let o = 0; o < outputs!; o++) {
      for (let c = 0; c < channels!; c++) {
        const from = (o * channels! + (channels! - 1 - c)) * plane;
        stem!.rawData.set(before.subarray(from, from + plane), (o * channels! + c) * plane);
      }
    }
  },
  'a scale that is not a number': (model) => {
    new DataView(scales(model)[5]!.rawData.buffer).setFloat32(0, NaN, true);
  },
  'the classes in another order': (_model, manifest) => swap(manifest.classNames, 0, 1),
  'the scales of two outputs exchanged in the manifest': (_model, manifest) => {
    const { box, classes } = manifest.head.outputs[0]!;
    [box!.scale, classes!.scale] = [classes!.scale, box!.scale];
  },
};

describe('self-test of a model folder', () => {
  for (const threads of [1, 2, 4]) {
    it(`passes with the shipped model on ${threads} threads`, async () => {
      const pipeline = await Pipeline.open(SHIPPED, { threads });
      assert.equal(pipeline.info.selfTest, 'passed');
      await pipeline.close();
    });
  }

  for (const [name, change] of Object.entries(WAYS)) {
    it(`refuses ${name}`, async () => {
      await assert.rejects(Pipeline.open(broken(name, change)), {
        code: 'SELF_TEST_FAILED',
        message: /^The model failed its self-test: on golden picture \d .+; possible causes: /,
      });
    });
  }

  it('refuses the strides in another order: no output has that shape', async () => {
    const folder = broken('the strides in another order', (_model, manifest) => {
      const [first, second] = manifest.head.outputs as [{ stride: number }, { stride: number }];
      [first.stride, second.stride] = [second.stride, first.stride];
    });
    await assert.rejects(Pipeline.open(folder), { code: 'MODEL_INVALID', message: /as the manifest says/ });
  });

  it('refuses an input layout that the model has not, before it is run', async () => {
    const folder = broken('layout', (_model, manifest) => void (manifest.input.layout = 'nchw'));
    await assert.rejects(Pipeline.open(folder), { code: 'MODEL_INVALID' });
  });

  it('refuses golden pictures that were changed', async () => {
    const folder = broken('pictures', () => {});
    const file = join(folder, 'self-test.png');
    const bytes = readFileSync(file);
    bytes[bytes.length >> 1]! ^= 1;
    writeFileSync(file, bytes);
    await assert.rejects(Pipeline.open(folder), { code: 'MODEL_INVALID', message: /was changed or belongs to/ });
  });

  it('passes with the same bytes written anew', async () => {
    await (await Pipeline.open(broken('nothing', () => {}))).close();
  });
});

describe('self-test on another PC', { skip: process.arch !== 'x64' && 'the emulator runs the x64 build' }, () => {
  // (a command that runs the model in its own process: a child process would be no emulated one)
  const detect = ['detect', '--model', SHIPPED, '--image', join(SHIPPED, 'self-test.png'), '--json'];

  it('refuses kernels that saturate', async () => {
    await assert.rejects(runOnCpu('Haswell', MAIN, detect, { EDGE_INSPECT_KERNELS: 'native' }), {
      code: 1,
      stderr: /The model failed its self-test: .*the integer kernels of this processor cut off large sums/,
    });
  });

  it('passes with kernels that do not, and the answer says so', async () => {
    const { model } = JSON.parse(await runOnCpu('Haswell', MAIN, detect)) as { model: { kernels: string } };
    assert.equal(model.kernels, 'exact');
  });
});
