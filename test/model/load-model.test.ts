import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { loadModel } from '../../src/model/load-model';
import type { ModelManifest } from '../../src/contract/manifest';
import { COCO_MODEL } from '../helpers/real-data';
import { TINY_CLASSES, tinyModel } from '../helpers/tiny-model';

const root = mkdtempSync(join(tmpdir(), 'load-model-'));
after(() => rmSync(root, { recursive: true }));

/** A model folder; `change` may spoil its manifest or its files. */
function modelFolder(
  name: string,
  change: (manifest: Record<string, unknown>, folder: string) => void = () => {},
): string {
  const folder = join(root, name);
  mkdirSync(folder);
  const bytes = tinyModel();
  writeFileSync(join(folder, 'model.onnx'), bytes);
  const manifest = {
    manifestVersion: 1,
    name: 'tiny',
    version: '1.0.0',
    sha256: createHash('sha256').update(bytes).digest('hex'),
    precision: 'fp32',
    input: { width: 64, height: 64, layout: 'nchw', type: 'float32' },
    head: { layout: 'yolov8' },
    classNames: TINY_CLASSES,
  } satisfies ModelManifest;
  const document: Record<string, unknown> = { ...manifest };
  change(document, folder);
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify(document));
  return folder;
}

function bare(name: string, bytes: Uint8Array): string {
  const folder = join(root, name);
  mkdirSync(folder);
  writeFileSync(join(folder, 'mine.onnx'), bytes);
  return join(folder, 'mine.onnx');
}

describe('loadModel: a bare .onnx', () => {
  it('takes names and size from the metadata of an Ultralytics export', async () => {
    const { manifest, inputName } = await loadModel(COCO_MODEL);
    assert.equal(inputName, 'images');
    assert.deepEqual(manifest.input, { width: 640, height: 640, layout: 'nchw', type: 'float32' });
    assert.equal(manifest.classNames.length, 80);
    assert.deepEqual([manifest.classNames[0], manifest.classNames[79]], ['person', 'toothbrush']);
    assert.deepEqual([manifest.name, manifest.precision, manifest.head], ['yolov8n', 'fp32', undefined]);
  });

  it('takes the size of a dynamic export from the metadata', async () => {
    const { manifest } = await loadModel(bare('dynamic', tinyModel({ dynamic: true })));
    assert.deepEqual([manifest.input.width, manifest.input.height], [64, 64]);
  });

  it('takes names from class_names.txt beside it when the metadata has none, and invents none', async () => {
    const path = bare('named', tinyModel({ names: null }));
    assert.deepEqual((await loadModel(path)).manifest.classNames, []);
    writeFileSync(join(root, 'named', 'class_names.txt'), 'a\nb\nc\n');
    assert.deepEqual((await loadModel(path)).manifest.classNames, ['a', 'b', 'c']);
  });
});

describe('loadModel: a model folder', () => {
  it('reads the manifest, pointed at by the folder or by its model.onnx', async () => {
    const folder = modelFolder('good');
    for (const path of [folder, join(folder, 'model.onnx')]) {
      const { manifest } = await loadModel(path);
      assert.deepEqual([manifest.version, manifest.head?.layout], ['1.0.0', 'yolov8']);
    }
  });

  const refusals: [string, Parameters<typeof modelFolder>[1], string, RegExp][] = [
    [
      'a wrong hash',
      (m) => (m.sha256 = '0'.repeat(64)),
      'MODEL_INVALID',
      /^Expected the sha256 0+ of the manifest for .* but the file has [0-9a-f]{64}/,
    ],
    [
      'no version',
      (m) => delete m.version,
      'MODEL_INVALID',
      /^Expected a valid model manifest in .* but the document must have required property 'version'/,
    ],
    [
      'a size that is no number',
      (m) => (m.input = { width: '64', height: 64, layout: 'nchw', type: 'float32' }),
      'MODEL_INVALID',
      /\/input\/width must be integer/,
    ],
    [
      'an unknown head',
      (m) => (m.head = { layout: 'yolov99' }),
      'MODEL_INVALID',
      /\/head\/layout must be equal to one of the allowed values \(yolov8/,
    ],
    [
      'a cut head without outputs',
      (m) => (m.head = { layout: 'cut-yolov8' }),
      'MODEL_INVALID',
      /must have required property 'outputs'/,
    ],
    [
      'another input type than the file has',
      (m) => (m.input = { width: 64, height: 64, layout: 'nhwc', type: 'uint8' }),
      'MODEL_INVALID',
      /^Expected a uint8 nhwc input as the manifest says/,
    ],
    [
      'other names in class_names.txt',
      (_m, folder) => writeFileSync(join(folder, 'class_names.txt'), 'x\ny\nz\n'),
      'MODEL_INVALID',
      /^Expected the class names of the manifest \(red, green, blue\) for class_names\.txt but received "x, y, z"/,
    ],
    [
      'no model.onnx',
      (_m, folder) => rmSync(join(folder, 'model.onnx')),
      'MODEL_NOT_FOUND',
      /^Expected a model\.onnx in the model folder/,
    ],
  ];
  for (const [name, change, code, sentence] of refusals) {
    it(`refuses ${name}`, async () => {
      await assert.rejects(loadModel(modelFolder(name, change)), { code, message: sentence });
    });
  }

  it('refuses a folder without a manifest, and a manifest that is no JSON', async () => {
    const folder = modelFolder('spoilt');
    writeFileSync(join(folder, 'manifest.json'), '{ no json');
    await assert.rejects(loadModel(folder), { code: 'MODEL_INVALID', message: /^Expected JSON in / });
    rmSync(join(folder, 'manifest.json'));
    await assert.rejects(loadModel(folder), { code: 'MODEL_NOT_FOUND', message: /^Expected a manifest\.json/ });
  });
});

describe('loadModel: what is no model', () => {
  const files: [string, Uint8Array, string][] = [
    ['a text file named .onnx', Buffer.from('hello, I am no model'), 'MODEL_INVALID'],
    ['an empty file', Buffer.alloc(0), 'MODEL_INVALID'],
    ['a truncated model', tinyModel().subarray(0, 900), 'MODEL_INVALID'],
  ];
  for (const [name, bytes, code] of files) {
    it(`refuses ${name}`, async () => {
      await assert.rejects(loadModel(bare(name, bytes)), { code, message: /^Expected an ONNX model file/ });
    });
  }

  it('refuses a path that is not there, or no path', async () => {
    await assert.rejects(loadModel(join(root, 'none')), { code: 'MODEL_NOT_FOUND' });
    await assert.rejects(loadModel(undefined as never), { code: 'BAD_ARGUMENT' });
  });
});
