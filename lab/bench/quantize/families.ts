/**
 * Exports of many families through detect → quantize → certificate → detect: what each is taken for, whether its head is
 * cut, what the certificate says, and how much of what the float model reports the INT8 model has; or the sentence that refuses it.
 * The exports are made by their own tool with random weights: lab/reference/export_families.py.
 *
 * Usage: npm run lab -- families EXPORTS_DIR PICTURES_DIR [NAME …]
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Detection } from '../../../src/contract/detection';
import { nms } from '../../../src/detect/nms';
import { Pipeline } from '../../../src/detect/pipeline';
import { listImages } from '../../../src/evaluate/map-dataset';
import { foundReferences } from '../../../src/quantize/certificate/pairs';
import { readOptions } from '../../../src/quantize/options';
import { quantize } from '../../../src/quantize/quantize';
import { messageOf } from '../../../src/contract/errors';

const CONFIDENCE = 0.25;

async function detect(model: string, pictures: readonly string[]): Promise<{ layout: string; found: Detection[][] }> {
  const pipeline = await Pipeline.open(model, { threads: 2 });
  const found: Detection[][] = [];
  for (const path of pictures) {
    const { detections } = await pipeline.infer(await pipeline.prepare(await readFile(path)), { confidence: 0.1 });
    found.push(nms(detections));
  }
  const { layout } = pipeline.manifest.head;
  await pipeline.close();
  return { layout, found };
}

async function row(file: string, calibration: string, pictures: readonly string[], out: string): Promise<string> {
  const float = await detect(file, pictures);
  const options = readOptions({ model: file, calibration, out, samples: 16, threads: 2, maxRecallLoss: 100 });
  const { certificate, manifest } = await quantize({ ...options, allowUncertified: true });
  const int8 = await detect(out, pictures);
  const sure = float.found.map((found) => found.filter(({ confidence }) => confidence >= CONFIDENCE));
  const things = sure.flat().length;
  const kept = sure
    .flatMap((found, index) => foundReferences(found, int8.found[index] ?? [], CONFIDENCE))
    .filter(Boolean);
  const { all } = certificate;
  const lost = `${all.outcome}, ${all.lossPoints.toFixed(1)} points of ${all.references}`;
  const size = `${((manifest.sizeBytes ?? 0) / certificate.float.sizeBytes).toFixed(3)}`;
  return `${float.layout} → ${int8.layout} | ${size} | ${lost} | ${kept.length} of ${things}`;
}

async function main(): Promise<void> {
  const [exports, calibration, ...names] = process.argv.slice(2);
  if (!exports || !calibration) throw new Error('Expected EXPORTS_DIR PICTURES_DIR [NAME …]');
  const folder = mkdtempSync(join(tmpdir(), 'families-'));
  const pictures = (await listImages(calibration)).slice(0, 12);
  process.stdout.write('| export | head → head of INT8 | size | certificate | kept |\n|---|---|---|---|---|\n');
  try {
    for (const name of readdirSync(exports).sort()) {
      if (!name.endsWith('.onnx') || (names.length > 0 && !names.includes(basename(name, '.onnx')))) continue;
      const file = join(exports, name);
      const said = await row(file, calibration, pictures, join(folder, name)).catch(
        (error: unknown) => `refused: ${messageOf(error)} | | |`,
      );
      process.stdout.write(`| ${basename(name, '.onnx')} | ${said} |\n`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

void main();
