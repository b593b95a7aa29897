import { createHash } from 'node:crypto';
import { InspectionError } from '../../contract/errors';
import type { Kernels } from '../../contract/manifest';
import type { GoldenAnswer } from '../../contract/self-test';
import { discard } from '../../kit/own-memory';
import { decodeSheet, encodeSheet } from '../../image/golden-sheet';
import type { StoredSelfTest } from '../../model/self-test-files';
import { differenceOf } from './compare';

interface Size {
  width: number;
  height: number;
}

/** What a self-test needs of a pipeline: its answer to the pixels of one picture of the model's input size. */
export interface Answering {
  answer(pixels: Uint8Array, confidence: number): Promise<GoldenAnswer>;
  kernels: Kernels | 'float';
}

/** Makes a model's self-test of pictures and of the answers that it gives now; see TOLERANCE for what they are good for. */
export async function recordSelfTest(
  model: Answering,
  pictures: readonly Uint8Array[],
  about: { modelSha256: string; arithmetic: string; input: Size; confidence: number },
): Promise<StoredSelfTest> {
  const { width, height } = about.input;
  const sheet = await encodeSheet(pictures, { width, height });
  const answers: GoldenAnswer[] = [];
  for (const pixels of await decodeSheet(sheet, pictures.length, about.input)) {
    answers.push(await model.answer(pixels, about.confidence));
  }
  const sheetSha256 = createHash('sha256').update(sheet).digest('hex');
  return { sheet, selfTest: { selfTestVersion: 1, sheetSha256, ...about, input: { width, height }, answers } };
}

/** Why an answer may differ, by what the kernels do: the last part of the refusal. */
const CAUSES: Record<Kernels | 'float', string> = {
  saturating: 'the integer kernels of this processor cut off large sums',
  exact: 'another runtime, a file of another model, a changed manifest or damaged memory',
  float: 'another runtime, a file of another model, a changed manifest or damaged memory',
};

/**
 * Asks the golden pictures again.
 *
 * @throws InspectionError SELF_TEST_FAILED with what differs and why that may be, MODEL_INVALID for an unusable sheet
 */
export async function runSelfTest(model: Answering, { selfTest, sheet }: StoredSelfTest): Promise<void> {
  const { answers, input, confidence } = selfTest;
  const pictures = await decodeSheet(sheet, answers.length, input);
  for (const [index, golden] of answers.entries()) {
    const found = await model.answer(pictures[index]!, confidence);
    // a megabyte each, of no use to a process that runs for months
    discard([pictures[index]!]);
    const difference = differenceOf(golden, found, confidence);
    if (difference === undefined) continue;
    throw new InspectionError(
      'SELF_TEST_FAILED',
      `The model failed its self-test: on golden picture ${index + 1} ${difference}; possible causes: ${CAUSES[model.kernels]}`,
    );
  }
}
