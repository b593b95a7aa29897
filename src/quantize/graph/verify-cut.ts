import type { ModelManifest } from '../../contract/manifest';
import { CandidateList } from '../../detect/candidates';
import { headOf } from '../../detect/heads';
import { iou } from '../../kit/box';
import type { Tensor } from '../../model/session';
import type { ModelProto } from '../../onnx';
import { openOnce, withOutputs, type CalibrationReader } from '../calibrate/calibrate';
import { manifestHead, rawOutputs, type CutHead } from './cut-heads';

/** Pictures that both ways of decoding are compared on. */
const PICTURES = 2;
/** Detections per picture that are compared, the surest ones. */
const DETECTIONS = 20;
/** No detection is this unsure that says anything about a head. */
const LOWEST = 1e-6;
const SAME_IOU = 0.9;
const SAME_SCORE = 0.02;

interface Candidate {
  box: { x: number; y: number; width: number; height: number };
  score: number;
  classId: number;
}

/**
 * Whether a cut head says what the model's own head says: everything that the model is surest of on a few pictures must come out of
 * the float raw outputs too, decoded by the engine. The structure of a graph shows where it can be cut; numbers show that nothing
 * unknown happens behind (a scale, another order of sides, an exponential).
 *
 * @param float the whole model's manifest
 */
export async function cutSaysTheSame(
  prepared: ModelProto,
  cut: CutHead,
  float: ModelManifest,
  reader: CalibrationReader,
  threads: number,
): Promise<boolean> {
  const raw = rawOutputs(cut);
  const whole = prepared.graph!.output.map(({ name }) => name);
  const model = withOutputs(prepared, [...whole, ...raw.map(({ value }) => value)]);
  const head = manifestHead(cut, ({ value }) => ({ name: value, layout: 'nchw', type: 'float32' }));
  const session = await openOnce(model, threads);
  try {
    let pictures = 0;
    for await (const feeds of reader.read()) {
      const outputs: Record<string, Tensor> = await session.run(feeds);
      const own = Object.fromEntries(whole.map((name) => [name, outputs[name]!]));
      const expected = surest(decoded(own, float, LOWEST, false));
      const least = (expected.at(-1)?.score ?? 1) - SAME_SCORE;
      const found = decoded(outputs, { ...float, head }, Math.max(LOWEST, least), true);
      if (!expected.every((one) => found.some((other) => isSame(one, other)))) return false;
      if (++pictures === PICTURES) break;
    }
    return true;
  } finally {
    await session.release();
  }
}

function isSame(a: Candidate, b: Candidate): boolean {
  return a.classId === b.classId && Math.abs(a.score - b.score) < SAME_SCORE && iou(a.box, b.box) > SAME_IOU;
}

function surest(candidates: Candidate[]): Candidate[] {
  // a box without an area overlaps with nothing, itself included
  const real = candidates.filter(({ box }) => box.width > 1 && box.height > 1);
  return real.sort((a, b) => b.score - a.score).slice(0, DETECTIONS);
}

function decoded(
  outputs: Record<string, Tensor>,
  manifest: ModelManifest,
  confidence: number,
  multiLabel: boolean,
): Candidate[] {
  const list = new CandidateList();
  headOf(manifest.head.layout).decode(outputs, manifest, { confidence, multiLabel }, list);
  return list.scores.map((score, index) => {
    const [left, top, right, bottom] = list.corners.slice(4 * index, 4 * index + 4) as [number, number, number, number];
    return {
      box: { x: left, y: top, width: right - left, height: bottom - top },
      score,
      classId: list.classIds[index] as number,
    };
  });
}
