import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Answers } from '../../lab/emulated/answers';
import type { Detection } from '../../src/contract/detection';
import { compareAnswers, named } from '../helpers/compare-answers';
import { ROOT } from '../helpers/root';
import { boards } from '../helpers/shipped-model';

const PROGRAM = join(ROOT, 'dist', 'lab', 'emulated', 'answers.js');

/** As in the examples: what reaches nms and the shadow. */
const CONFIDENCE = 0.25;

/**
 * The integers of an INT8 model are the same on every processor; what may differ is the rounding where they meet floats. A
 * class logit that is one step off changes a confidence by at most a quarter of the step: 0.05 for steps up to 0.2.
 */
const CONFIDENCE_TOLERANCE = 0.05;
/** A box side that is one step off moves by about a pixel; a defect is some 20 pixels wide. */
const LEAST_IOU = 0.85;

/**
 * Draws boards with defects, one of each look: an emulated machine takes ten seconds for each.
 *
 * @returns the files
 */
export async function drawPictures(folder: string): Promise<string[]> {
  const parts = [
    ...(await boards(1, { look: 'binarised', defectRate: 1 })),
    ...(await boards(1, { look: 'photo', defectRate: 1 })),
  ];
  return parts.map(({ image }, index) => {
    const file = join(folder, `${index}.jpg`);
    writeFileSync(file, image);
    return file;
  });
}

/** What a model finds in pictures, with this Node.js. */
export async function answersOf(node: string, model: string, pictures: readonly string[]): Promise<Answers> {
  const { stdout } = await promisify(execFile)(node, [PROGRAM, model, String(CONFIDENCE), ...pictures], {
    maxBuffer: 1e8,
  });
  return JSON.parse(stdout) as Answers;
}

/** Asserts that the same model has the same answers here and on another machine, box by box. */
export function assertSame(here: Answers, there: Answers): void {
  assert.equal(there.length, here.length);
  assert.ok(
    here.every((answer) => answer.length > 0),
    'every board of the test has defects, and this machine finds some on each',
  );
  // one that is at the threshold here may be under it there
  const sure = (detections: Detection[]) =>
    detections.filter(({ confidence }) => confidence > CONFIDENCE + CONFIDENCE_TOLERANCE).map(named);
  here.forEach((answer, index) => {
    const { pairs, onlyA, onlyB } = compareAnswers(answer, there[index] as Detection[], LEAST_IOU);
    assert.deepEqual(sure(onlyA), [], `picture ${index}: not found there`);
    assert.deepEqual(sure(onlyB), [], `picture ${index}: found there only`);
    for (const { a, b, confidenceDifference } of pairs) {
      assert.ok(Math.abs(confidenceDifference) <= CONFIDENCE_TOLERANCE, `${named(a)} here, ${named(b)} there`);
    }
  });
}
