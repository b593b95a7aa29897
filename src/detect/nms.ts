import type { Box, Detection } from '../contract/detection';

export interface NmsOptions {
  /** Boxes of one class that overlap by more than this are the same thing; 0 … 1. */
  iou: number;
  /** At most this many survivors, by confidence. */
  maxDetections: number;
  /** Only boxes of the same class suppress each other (a spur beside a short stays). */
  classAware: boolean;
}

/** 0.45 and 300 are the defaults of the YOLOv8 exporter's own NMS. */
export const NMS_DEFAULTS: Readonly<NmsOptions> = { iou: 0.45, maxDetections: 300, classAware: true };

/**
 * The order of every list of detections, and the tie rule of NMS: higher confidence first; among equals the lower class
 * id, then the upper, then the left box, so that the result never depends on the order in which candidates came.
 */
export function compareDetections(a: Detection, b: Detection): number {
  return (
    b.confidence - a.confidence ||
    a.classId - b.classId ||
    a.box.y - b.box.y ||
    a.box.x - b.box.x ||
    a.box.height - b.box.height ||
    a.box.width - b.box.width
  );
}

/**
 * Greedy non-maximum suppression. The input is not changed; the result is sorted by compareDetections.
 */
export function nms(candidates: readonly Detection[], options: Partial<NmsOptions> = {}): Detection[] {
  const { iou: threshold, maxDetections, classAware } = { ...NMS_DEFAULTS, ...options };
  const sorted = [...candidates].sort(compareDetections);
  // nothing overlaps by more than all of it
  if (threshold >= 1) return sorted.slice(0, maxDetections);
  const kept: Detection[] = [];
  const survivorsOf = new Map<number, Survivors>();
  for (const candidate of sorted) {
    if (kept.length >= maxDetections) break;
    const group = classAware ? candidate.classId : 0;
    let survivors = survivorsOf.get(group);
    if (survivors === undefined) survivorsOf.set(group, (survivors = new Survivors()));
    if (survivors.suppress(candidate.box, threshold)) continue;
    survivors.add(candidate.box);
    kept.push(candidate);
  }
  return kept;
}

/** Boxes that were kept, as numbers in a row: a list of thousands is compared with thousands. */
class Survivors {
  /** Left, top, right, bottom, area of one after the other. */
  #numbers = new Float64Array(5 * 8);
  #length = 0;

  /** Whether one of them overlaps the box by more than the threshold; intersection over union as in kit/box.ts. */
  suppress({ x, y, width, height }: Box, threshold: number): boolean {
    const numbers = this.#numbers;
    const [right, bottom, area] = [x + width, y + height, width * height];
    for (let at = 0; at < this.#length; at += 5) {
      const across = Math.min(numbers[at + 2]!, right) - Math.max(numbers[at]!, x);
      if (across <= 0) continue;
      const down = Math.min(numbers[at + 3]!, bottom) - Math.max(numbers[at + 1]!, y);
      if (down <= 0) continue;
      const intersection = across * down;
      const union = numbers[at + 4]! + area - intersection;
      if (union > 0 && intersection / union > threshold) return true;
    }
    return false;
  }

  add({ x, y, width, height }: Box): void {
    if (this.#length === this.#numbers.length) {
      const larger = new Float64Array(2 * this.#length);
      larger.set(this.#numbers);
      this.#numbers = larger;
    }
    this.#numbers.set([x, y, x + width, y + height, width * height], this.#length);
    this.#length += 5;
  }
}
