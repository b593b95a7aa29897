/**
 * The sequential test on pictures: the simulated line, a real model, and three candidates made from it: the model itself,
 * the model with one class taken out of its answers, and one that never answers with anything.
 * `npm run bench:shadow-real-model -- MODEL [PARTS]`
 */
import { Pipeline } from '../src/detect/pipeline';
import type { Detection } from '../src/detect/detection';
import { nms } from '../src/detect/nms';
import { compareFrame } from '../src/shadow/compare';
import { Judge, type Judgement } from '../src/shadow/judge';
import { simulatePart } from '../src/simulate/line';

const [MODEL = 'models/pcb-defects', PARTS = '1000'] = process.argv.slice(2);
const BLIND_TO = 'spur';

const CANDIDATES: Record<string, (detections: Detection[]) => Detection[]> = {
  identical: (detections) => detections,
  [`blind to ${BLIND_TO}`]: (detections) => detections.filter(({ label }) => label !== BLIND_TO),
  'never detects': () => [],
};

async function main(): Promise<void> {
  const pipeline = await Pipeline.open(MODEL, { threads: 2 });
  const { classNames } = pipeline.info;
  const judges = new Map(Object.keys(CANDIDATES).map((name) => [name, new Judge({ classNames })]));
  const decided = new Map<string, Judgement>();
  let parts = 0;
  for (; parts < Number(PARTS) && decided.size < judges.size; parts++) {
    const { image } = await simulatePart({ look: 'binarised', seed: 7 }, parts);
    const { detections } = await pipeline.infer(await pipeline.prepare(image));
    const primary = nms(detections);
    for (const [name, judge] of judges) {
      if (decided.has(name)) continue;
      const judgement = judge.compared(
        compareFrame(primary, (CANDIDATES[name] as (typeof CANDIDATES)[string])(primary)),
      );
      if (judgement.decision !== 'keep') decided.set(name, judgement);
    }
  }
  await pipeline.close();
  console.log(`${pipeline.info.name}, ${parts} parts of the simulated line\n| candidate | decision | frames | why |`);
  console.log('| --- | --- | --- | --- |');
  for (const [name, judge] of judges) {
    const { decision, frames, reason } = decided.get(name) ?? judge.judgement;
    console.log(`| ${name} | ${decision} | ${frames} | ${reason} |`);
  }
}

void main();
