// Runs on the emulated machine: `answers.js MODEL CONFIDENCE PICTURE…` prints, as JSON, what a model finds in pictures there.
import { readFile } from 'node:fs/promises';
import type { Detection } from '../../src/contract/detection';
import { nms } from '../../src/detect/nms';
import { Pipeline } from '../../src/detect/pipeline';

/** One list of detections per picture, after NMS. */
export type Answers = Detection[][];

async function main([model, confidence, ...pictures]: string[]): Promise<void> {
  const pipeline = await Pipeline.open(model as string, { threads: 1 });
  const answers: Answers = [];
  for (const picture of pictures) {
    const prepared = await pipeline.prepare(await readFile(picture));
    const { detections } = await pipeline.infer(prepared, { confidence: Number(confidence) });
    answers.push(nms(detections));
  }
  await pipeline.close();
  process.stdout.write(JSON.stringify(answers));
}

if (require.main === module) void main(process.argv.slice(2));
