import { createHash } from 'node:crypto';
import type { GoldenAnswer } from '../../contract/self-test';
import { decodeSheet, encodeSheet } from '../../image/golden-sheet';
import type { StoredSelfTest } from '../../model/self-test-files';
import type { Answering, GoldenQuestions } from './ask';

interface Size {
  width: number;
  height: number;
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

/** The self-test with its pictures unpacked. @throws InspectionError MODEL_INVALID for an unusable sheet */
export async function unpackSelfTest({ selfTest, sheet }: StoredSelfTest): Promise<GoldenQuestions> {
  const { answers, input, confidence } = selfTest;
  return { pictures: await decodeSheet(sheet, answers.length, input), answers, confidence };
}
