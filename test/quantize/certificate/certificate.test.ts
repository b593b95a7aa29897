import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Detection } from '../../../src/contract/detection';
import { Pipeline } from '../../../src/detect/pipeline';
import { decodeOnnx, encodeOnnx, GraphEditor } from '../../../src/onnx';
import { calibrate } from '../../../src/quantize/calibrate/calibrate';
import { certify, lowestConfidence } from '../../../src/quantize/certificate/certify';
import { foundReferences } from '../../../src/quantize/certificate/pairs';
import { runBoth } from '../../../src/quantize/certificate/run';
import { planQuantization } from '../../../src/quantize/graph/plan-graph';
import { prepareFloatModel } from '../../../src/quantize/graph/prepare';
import { pictureReader } from '../../../src/quantize/calibrate/reader';
import { parametersOf, writeQdq } from '../../../src/quantize/graph/write-qdq';
import { cellPicture } from '../pictures';
import { NET_CLASSES, NET_SIZE, yolov8Net } from '../yolo-nets';

describe('certificate', () => {
  it('finds each reference once, by class and overlap, at the confidence asked for', () => {
    const box = { x: 0, y: 0, width: 10, height: 10 };
    const seen = (confidence: number, x: number, classId = 0): Detection => ({
      ...{ label: 'spur', classId, confidence, box: { ...box, x } },
    });
    const references = [
      { classId: 0, box },
      { classId: 0, box: { ...box, x: 1 } },
    ];
    assert.deepEqual(foundReferences(references, [seen(0.9, 0)], 0.25), [true, false]);
    assert.deepEqual(foundReferences(references, [seen(0.9, 1), seen(0.3, 0)], 0.25), [true, true]);
    assert.deepEqual(foundReferences(references, [seen(0.9, 0, 1), seen(0.2, 0)], 0.25), [false, false]);
    assert.deepEqual(foundReferences([], [seen(0.9, 0)], 0.25), []);
  });

  describe('of a model broken on purpose', () => {
    let folder: string;
    before(() => {
      folder = mkdtempSync(join(tmpdir(), 'certificate-'));
    });
    after(() => rmSync(folder, { recursive: true, force: true }));

    it('refuses a head whose boxes and scores share one scale: it loads, runs and never detects', async () => {
      const file = join(folder, 'float.onnx');
      writeFileSync(file, encodeOnnx(yolov8Net()));
      const input = { width: NET_SIZE, height: NET_SIZE, layout: 'nchw', type: 'float32' } as const;
      const images = await Promise.all(Array.from({ length: 8 }, (_, seed) => cellPicture(seed)));
      const reader = pictureReader(images.length, async (index) => images[index]!, 'images', input);
      const prepared = await prepareFloatModel(yolov8Net(), 'images', [1, 3, NET_SIZE, NET_SIZE]);
      const graph = new GraphEditor(decodeOnnx(encodeOnnx(prepared), 'copy'));
      const plan = planQuantization(graph, { inputName: 'images', head: { lastConvs: [], tail: new Set() } });
      const concat = graph.producer('output0')!;
      plan.share([...concat.input, 'output0']);
      if (!plan.nodes.some(({ node }) => node === concat)) {
        plan.nodes.push({ node: concat, family: 'movement', activations: [0, 1], outputs: [0] });
      }
      const ranges = await calibrate(prepared, plan.valuesToObserve(), reader, { method: 'minmax', threads: 1 });
      // at 640 pixels boxes reach 640; the net of this test is smaller, the mistake is the same
      ranges.set('pixels xywh', { min: 0, max: 640 });
      const options = { activationType: 'uint8', weightLimit: 127 } as const;
      writeQdq(plan, parametersOf(plan, ranges, 'uint8'), options);
      const broken = join(folder, 'broken');
      mkdirSync(broken);
      const bytes = encodeOnnx(graph.model);
      writeFileSync(join(broken, 'model.onnx'), bytes);
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      const manifest = { manifestVersion: 1, name: 'broken', version: '1', sha256, precision: 'int8' };
      const rest = { input, head: { layout: 'yolov8' }, classNames: NET_CLASSES };
      writeFileSync(join(broken, 'manifest.json'), JSON.stringify({ ...manifest, ...rest }));

      const [float, int8] = [await Pipeline.open(file), await Pipeline.open(broken)];
      const paths = images.map((image, index) => {
        const path = join(folder, `${index}.png`);
        writeFileSync(path, image);
        return { path, sha256: '' };
      });
      const confidence = 0.3;
      const results = await runBoth(float, int8, paths, lowestConfidence({ confidence }), () => {});
      const size = { sha256: '', sizeBytes: 1 };
      const certificate = certify({
        ...{ results, classNames: NET_CLASSES, confidence, allowedLossPoints: 2, float: size, int8: size },
        arithmetic: 'native integer kernels',
      });
      assert.ok(certificate.all.references > 5, `only ${certificate.all.references}`);
      assert.equal(certificate.all.foundInt8, 0);
      assert.equal(certificate.passed, false);
      assert.match(
        certificate.verdict,
        /^Expected at most 2 points lost per class but .*(scratch|dent) loses (100\.0|9\d\.)/,
      );
      await float.close();
      await int8.close();
    });
  });
});
