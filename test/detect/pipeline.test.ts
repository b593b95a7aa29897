import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import sharp from 'sharp';
import { nms } from '../../src/detect/nms';
import { limitsOf, Pipeline } from '../../src/detect/pipeline';
import { meanAbsoluteDifference, type ScoreMap } from '../../src/contract/score-map';
import { COCO_MODEL, PHOTO } from '../helpers/real-data';
import { tinyModel, writeTinyModel } from '../helpers/tiny-model';

const folder = mkdtempSync(join(tmpdir(), 'pipeline-'));
after(() => rmSync(folder, { recursive: true }));

/** A grey picture of twice the model's size with a pure red square of one cell. */
async function redSquare(): Promise<Buffer> {
  const square = await sharp({ create: { width: 32, height: 32, channels: 3, background: '#ff0000' } })
    .png()
    .toBuffer();
  return sharp({ create: { width: 128, height: 128, channels: 3, background: '#808080' } })
    .composite([{ input: square, left: 64, top: 0 }])
    .png()
    .toBuffer();
}

describe('Pipeline', () => {
  for (const dynamic of [false, true]) {
    it(`finds a thing where it is, ${dynamic ? 'dynamic' : 'fixed'} export`, async () => {
      const pipeline = await Pipeline.open(writeTinyModel(join(folder, `dynamic-${dynamic}.onnx`), { dynamic }));
      const { detections, image } = await pipeline.infer(await pipeline.prepare(await redSquare()));
      await pipeline.close();
      assert.deepEqual(image, { width: 128, height: 128 });
      assert.equal(detections.length, 1);
      assert.deepEqual(detections[0]?.box, { x: 64, y: 0, width: 32, height: 32 });
      assert.equal(detections[0]?.label, 'red');
    });
  }

  it('gives the scores of two models, whose mean absolute difference can be told by head', async () => {
    const scores = [];
    for (const blind of [[], [0], [1]]) {
      const pipeline = await Pipeline.open(writeTinyModel(join(folder, `blind-${blind.join()}.onnx`), { blind }));
      const inferred = await pipeline.infer(await pipeline.prepare(await redSquare()), { scores: true });
      await pipeline.close();
      assert.ok(inferred.scores);
      scores.push(inferred.scores);
    }
    const [whole, blindToRed, blindToGreen] = scores as [ScoreMap, ScoreMap, ScoreMap];
    // one red cell of score 1 among 3 classes at 84 places
    assert.ok(Math.abs(meanAbsoluteDifference(whole, blindToRed) - 1 / (3 * 84)) < 1e-7);
    assert.equal(meanAbsoluteDifference(whole, blindToGreen), 0);
  });

  it('applies the thresholds per class of its manifest where no confidence is asked for', () => {
    const manifest = {
      classNames: ['red', 'green', 'blue'],
      thresholds: { confidence: 0.4, perClass: { green: 0.7, blue: 0.3 } },
    };
    const limits = limitsOf(manifest);
    assert.deepEqual([0, 1, 2].map(limits.of), [0.4, 0.7, 0.3]);
    assert.equal(limits.lowest, 0.3);
    assert.equal(limitsOf({ classNames: [] }).lowest, 0.25);
  });

  it('leaves out what does not reach the threshold of its class, unless a confidence is asked for', async () => {
    const model = join(folder, 'own-thresholds');
    mkdirSync(model);
    const file = writeTinyModel(join(model, 'model.onnx'));
    const bare = await Pipeline.open(file);
    const manifest = { ...bare.manifest, precision: 'fp32', thresholds: { perClass: { red: 1 } } };
    await bare.close();
    writeFileSync(join(model, 'manifest.json'), JSON.stringify(manifest));
    const pipeline = await Pipeline.open(model);
    const prepared = await pipeline.prepare(await redSquare());
    const own = await pipeline.infer(prepared);
    const asked = await pipeline.infer(prepared, { confidence: 0.25 });
    await pipeline.close();
    assert.deepEqual(own.detections, []);
    assert.deepEqual(
      asked.detections.map(({ label }) => label),
      ['red'],
    );
    assert.deepEqual(pipeline.info.thresholds, { perClass: { red: 1 } });
  });

  it('numbers the classes of a model that came without names', async () => {
    const pipeline = await Pipeline.open(writeTinyModel(join(folder, 'nameless.onnx'), { names: null }));
    assert.deepEqual(pipeline.info.classNames, ['class 0', 'class 1', 'class 2']);
    await pipeline.close();
  });

  it('refuses names that do not fit the output, and says what it found', async () => {
    const path = writeTinyModel(join(folder, 'misnamed.onnx'), { names: ['only', 'two'] });
    await assert.rejects(Pipeline.open(path), {
      code: 'MODEL_UNSUPPORTED',
      message: /^Expected a detection model \(.*\) but found output0 \[1, 7, 84\] with 2 class names at 64x64 input$/,
    });
  });

  it('refuses a file that protobuf can read but the runtime cannot', async () => {
    const bytes = Buffer.from(tinyModel());
    const at = bytes.indexOf('AveragePool');
    bytes.write('AveragePoor', at);
    writeFileSync(join(folder, 'broken.onnx'), bytes);
    await assert.rejects(Pipeline.open(join(folder, 'broken.onnx')), { code: 'MODEL_INVALID' });
  });

  it('runs a real YOLOv8n export on a real photograph', async () => {
    const pipeline = await Pipeline.open(COCO_MODEL, { threads: 2 });
    const photo = readFileSync(PHOTO);
    const { detections, image } = await pipeline.infer(await pipeline.prepare(photo));
    await pipeline.close();
    assert.deepEqual(image, { width: 1024, height: 819 });
    const [first] = nms(detections);
    assert.equal(first?.label, 'boat');
    assert.ok((first?.confidence ?? 0) > 0.7);
  });
});
