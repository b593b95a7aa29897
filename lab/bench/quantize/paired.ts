/**
 * How often two models see the same things, image by image: few images make a difference of mAP noisy. Recall at
 * confidence 0.25 on the labelled images as paired differences with a bootstrap interval, and on all images given how
 * often the models agree.
 *
 * Usage: npm run lab -- paired FLOAT INT8 IMAGES LABELS [MORE_IMAGES…]
 */
import { readFile } from 'node:fs/promises';
import { listImages, readDataset, toTruths } from '../../../src/evaluate/map-dataset';
import { nms } from '../../../src/detect/nms';
import { Pipeline } from '../../../src/detect/pipeline';
import type { Detection } from '../../../src/contract/detection';
import { foundReferences } from '../../../src/quantize/certificate/pairs';

const CONFIDENCE = 0.25;
/** A detection just above the threshold may fall just below it without any harm: its partner may score this much. */
const PARTNER_CONFIDENCE = 0.15;
const BOOTSTRAPS = 10_000;

async function detect(
  pipeline: Pipeline,
  path: string,
): Promise<{ all: Detection[]; image: { width: number; height: number } }> {
  const { detections, image } = await pipeline.infer(await pipeline.prepare(await readFile(path)), {
    confidence: PARTNER_CONFIDENCE,
  });
  return { all: nms(detections), image };
}

const sure = (detections: Detection[]): Detection[] => detections.filter(({ confidence }) => confidence >= CONFIDENCE);
const count = (found: boolean[]): number => found.filter(Boolean).length;

/** 95 % interval of the mean by resampling images; the generator is seeded so that a run can be repeated. */
function interval(differences: number[]): [number, number] {
  let state = 1;
  const random = (): number => (state = (state * 48271) % 2147483647) / 2147483647;
  const means = Array.from({ length: BOOTSTRAPS }, () => {
    let sum = 0;
    for (let i = 0; i < differences.length; i++)
      sum += differences[Math.floor(random() * differences.length)] as number;
    return sum / differences.length;
  }).sort((a, b) => a - b);
  return [means[Math.floor(BOOTSTRAPS * 0.025)] as number, means[Math.floor(BOOTSTRAPS * 0.975)] as number];
}

async function main([floatPath, int8Path, images, labels, ...more]: string[]): Promise<void> {
  if (!floatPath || !int8Path || !images || !labels) {
    throw new Error('Expected FLOAT INT8 IMAGES LABELS [MORE_IMAGES…] but received fewer arguments');
  }
  const [float, int8] = [await Pipeline.open(floatPath, { threads: 2 }), await Pipeline.open(int8Path, { threads: 2 })];

  const differences: number[] = [];
  const found = { truths: 0, float: 0, int8: 0 };
  for (const { path, labels: boxes } of await readDataset(images, labels)) {
    const [a, b] = [await detect(float, path), await detect(int8, path)];
    const truths = toTruths(boxes, a.image);
    if (truths.length === 0) continue;
    const [byFloat, byInt8] = [
      count(foundReferences(truths, a.all, CONFIDENCE)),
      count(foundReferences(truths, b.all, CONFIDENCE)),
    ];
    differences.push((byInt8 - byFloat) / truths.length);
    found.truths += truths.length;
    found.float += byFloat;
    found.int8 += byInt8;
  }

  const agreed = { float: 0, foundByInt8: 0, int8: 0, foundByFloat: 0, images: 0 };
  for (const folder of [images, ...more]) {
    for (const path of await listImages(folder)) {
      const [a, b] = [await detect(float, path), await detect(int8, path)];
      agreed.images++;
      agreed.float += sure(a.all).length;
      agreed.foundByInt8 += count(foundReferences(sure(a.all), b.all, PARTNER_CONFIDENCE));
      agreed.int8 += sure(b.all).length;
      agreed.foundByFloat += count(foundReferences(sure(b.all), a.all, PARTNER_CONFIDENCE));
    }
  }
  await float.close();
  await int8.close();

  const mean = differences.reduce((sum, value) => sum + value, 0) / differences.length;
  const [low, high] = interval(differences);
  const points = (value: number): string => (100 * value).toFixed(2);
  const share = (part: number, whole: number): string => `${((100 * part) / Math.max(1, whole)).toFixed(1)} %`;
  console.log(
    [
      `${differences.length} labelled images, ${found.truths} things, confidence ${CONFIDENCE}: float finds ${found.float}, INT8 ${found.int8}`,
      `recall INT8 - float, mean of per-image differences: ${points(mean)} points, 95 % interval ${points(low)} … ${points(high)}`,
      `images without any difference: ${differences.filter((value) => value === 0).length}; better ${differences.filter((value) => value > 0).length}, worse ${differences.filter((value) => value < 0).length}`,
      `agreement on ${agreed.images} images: INT8 sees ${share(agreed.foundByInt8, agreed.float)} of the float model's ${agreed.float} detections, float sees ${share(agreed.foundByFloat, agreed.int8)} of INT8's ${agreed.int8}`,
    ].join('\n'),
  );
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
