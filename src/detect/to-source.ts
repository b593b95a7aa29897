import type { LetterboxGeometry } from '../image/letterbox-geometry';
import type { CandidateList } from './candidates';
import type { Detection } from '../contract/detection';
import { compareDetections } from './nms';

/**
 * Turns candidates in pixels of the model's input into detections in pixels of the upright source image: borders taken
 * off, scaled back, moved by the region's corner and clipped to the region. Boxes that lie wholly in the grey border, or
 * are no boxes (NaN, no area), are left out. The best `limit` by confidence are kept.
 */
export function toSource(
  candidates: CandidateList,
  geometry: LetterboxGeometry,
  classNames: readonly string[],
  limit: number,
): Detection[] {
  const { region, scale, padLeft, padTop } = geometry;
  const right = region.x + region.width;
  const bottom = region.y + region.height;
  const detections: Detection[] = [];
  for (const index of bestOf(candidates.scores, limit)) {
    const corner = index * 4;
    const edge = (offset: number, pad: number, origin: number, low: number, high: number): number =>
      clip(((candidates.corners[corner + offset] as number) - pad) / scale + origin, low, high);
    const x = edge(0, padLeft, region.x, region.x, right);
    const y = edge(1, padTop, region.y, region.y, bottom);
    const width = edge(2, padLeft, region.x, region.x, right) - x;
    const height = edge(3, padTop, region.y, region.y, bottom) - y;
    if (!(width > 0 && height > 0)) continue;
    const classId = candidates.classIds[index] as number;
    detections.push({
      label: classNames[classId] ?? `class ${classId}`,
      classId,
      confidence: candidates.scores[index] as number,
      box: { x, y, width, height },
    });
  }
  return detections.sort(compareDetections);
}

function clip(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}

/** Indices of the highest scores, at most `limit` of them. */
function bestOf(scores: readonly number[], limit: number): number[] {
  const indices = Array.from(scores.keys());
  if (indices.length <= limit) return indices;
  return indices.sort((a, b) => (scores[b] as number) - (scores[a] as number) || a - b).slice(0, limit);
}
