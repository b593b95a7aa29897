import type { Detection } from '../../contract/detection';
import type { GoldenAnswer, OutputSummary } from '../../contract/self-test';
import { iou } from '../../kit/box';

/**
 * How far an answer may be from the golden one. Exact integer kernels agree bit for bit (measured: VNNI, the non-saturating
 * ones of x64, SSE, arm64 with and without the dot product), so the room is for what a runtime may round differently in
 * float operations (a sigmoid's table, a float head: 1e-3) and nothing else. What the test is for is beyond: saturating kernels
 * move channel means by many steps; of 33 weights of pcb-defects with their highest bit flipped, one each, 29 moved one by
 * more than 0.05 steps.
 */
export const TOLERANCE = {
  /** Of a channel's mean in an integer output, steps. */
  steps: 0.05,
  /** Of a channel's mean in a float output, as a share of its standard deviation. */
  deviations: 0.02,
  /** Of a detection's confidence. */
  confidence: 0.03,
  /** Least overlap (IoU) of a detection with its golden one. */
  overlap: 0.9,
} as const;

/** A float channel that is the same everywhere has no deviation to measure by. */
const LEAST_DEVIATION = 1e-3;

/** What differs, in words that end a sentence; undefined when everything is within tolerance. */
export function differenceOf(golden: GoldenAnswer, found: GoldenAnswer, confidence: number): string | undefined {
  return differenceOfOutputs(golden.outputs, found.outputs) ?? differenceOfDetections(golden, found, confidence);
}

function differenceOfOutputs(golden: OutputSummary[], found: OutputSummary[]): string | undefined {
  const shape = ({ name, type, dims }: OutputSummary): string => `${name} ${type} [${dims.join(', ')}]`;
  const [wanted, received] = [golden.map(shape).join(', '), found.map(shape).join(', ')];
  if (wanted !== received) return `its outputs are ${received} instead of ${wanted}`;
  let worst: { excess: number; words: string } | undefined;
  golden.forEach((expectedOne, index) => {
    const isInteger = /int/.test(expectedOne.type);
    expectedOne.means.forEach((mean, channel) => {
      const actual = found[index]!.means[channel]!;
      const room = isInteger
        ? TOLERANCE.steps
        : TOLERANCE.deviations * Math.max(LEAST_DEVIATION, expectedOne.deviations[channel]!);
      const excess = Math.abs(actual - mean) / room;
      // (a NaN is not within anything)
      if (excess <= 1 || (worst && worst.excess >= excess)) return;
      worst = {
        excess: Number.isNaN(excess) ? Infinity : excess,
        words: `channel ${channel} of its output ${expectedOne.name} is ${actual.toPrecision(4)} on average instead of ${mean.toPrecision(4)} ± ${room.toPrecision(2)}`,
      };
    });
  });
  return worst?.words;
}

/** Near the threshold a detection may be on either side; above, each needs its partner of the same name. */
function differenceOfDetections(golden: GoldenAnswer, found: GoldenAnswer, confidence: number): string | undefined {
  const missing = golden.detections.find((wanted) => !partnerIn(found.detections, wanted, confidence));
  if (missing) return `it does not see what it saw, ${words(missing)}${seenThere(found.detections, missing)}`;
  const added = found.detections.find((seen) => !partnerIn(golden.detections, seen, confidence));
  return added && `it sees what it did not, ${words(added)}`;
}

function partnerIn(others: readonly Detection[], one: Detection, confidence: number): boolean {
  if (one.confidence < confidence + TOLERANCE.confidence) return true;
  return others.some(
    (other) =>
      other.label === one.label &&
      other.classId === one.classId &&
      Math.abs(other.confidence - one.confidence) <= TOLERANCE.confidence &&
      iou(other.box, one.box) >= TOLERANCE.overlap,
  );
}

function words({ label, confidence, box }: Detection): string {
  return `${label} ${confidence.toFixed(2)} at ${Math.round(box.x)},${Math.round(box.y)}`;
}

function seenThere(found: readonly Detection[], missing: Detection): string {
  const there = found.find(({ box }) => iou(box, missing.box) > 0.3);
  return there ? ` (but ${words(there)})` : '';
}
