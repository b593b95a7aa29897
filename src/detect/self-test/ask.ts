import { InspectionError } from '../../contract/errors';
import type { Kernels } from '../../contract/manifest';
import type { GoldenAnswer } from '../../contract/self-test';
import { discard } from '../../kit/own-memory';
import { differenceOf } from './compare';

/** What a self-test needs of a pipeline: its answer to the pixels of one picture of the model's input size. */
export interface Answering {
  answer(pixels: Uint8Array, confidence: number): Promise<GoldenAnswer>;
  kernels: Kernels | 'float';
}

/** Golden pictures as a model takes them, with the answers that belong to them. */
export interface GoldenQuestions {
  pictures: Uint8Array[];
  answers: GoldenAnswer[];
  confidence: number;
}

/** Why an answer may differ, by what the kernels do: the last part of the refusal. */
const CAUSES: Record<Kernels | 'float', string> = {
  saturating: 'the integer kernels of this processor cut off large sums',
  exact: 'another runtime, a file of another model, a changed manifest or damaged memory',
  float: 'another runtime, a file of another model, a changed manifest or damaged memory',
};

/**
 * Asks the golden pictures again; their memory is given back.
 *
 * @throws InspectionError SELF_TEST_FAILED with what differs and why that may be
 */
export async function askGoldenPictures(model: Answering, golden: GoldenQuestions): Promise<void> {
  const { pictures, answers, confidence } = golden;
  for (const [index, expected] of answers.entries()) {
    const found = await model.answer(pictures[index]!, confidence);
    // a megabyte each, of no use to a process that runs for months
    discard([pictures[index]!]);
    const difference = differenceOf(expected, found, confidence);
    if (difference === undefined) continue;
    throw new InspectionError(
      'SELF_TEST_FAILED',
      `The model failed its self-test: on golden picture ${index + 1} ${difference}; possible causes: ${CAUSES[model.kernels]}`,
    );
  }
}
