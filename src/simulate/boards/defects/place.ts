import type { Rectangle } from '../../../contract/frame';
import type { Mask } from '../mask';
import type { Random } from '../../../kit/random';
import { paint, type Patch } from './brush';
import { DEFECT_KINDS, type DefectClass } from './kinds';
import { edgePixels } from './site';
import { countPieces, grownByOne, type Pieces } from './topology';

/** Defects and their surroundings stay this far inside the picture, px. */
const RIM_PX = 3;
/** Two defects stay this far apart, px: each keeps an edge of its own. */
const APART_PX = 5;
/** How far around the changed pixels pieces are counted, px. */
const WINDOW_PX = 8;
/** Places tried before a defect is given up on this board. */
const MAX_TRIES = 160;

export interface PlacedDefect {
  label: DefectClass;
  /** Encloses exactly the pixels that the defect changed. */
  changed: Rectangle;
}

function overlaps(a: Rectangle, b: Rectangle, gap: number): boolean {
  return (
    a.x < b.x + b.width + gap && b.x < a.x + a.width + gap && a.y < b.y + b.height + gap && b.y < a.y + a.height + gap
  );
}

/** True when every pixel under the patch, and `clearance` px around it, has the value. */
function surroundedBy(mask: Mask, patch: Patch, value: 0 | 1, clearance: number): boolean {
  for (let y = 0; y < patch.mask.height; y++) {
    for (let x = 0; x < patch.mask.width; x++) {
      if (patch.mask.at(x, y) !== 1) continue;
      for (let dy = -clearance; dy <= clearance; dy += clearance) {
        for (let dx = -clearance; dx <= clearance; dx += clearance) {
          if (mask.at(patch.x + x + dx, patch.y + y + dy) !== value) return false;
        }
      }
    }
  }
  return true;
}

/** Paints the patch; the indexes of the pixels that changed. */
function apply(mask: Mask, patch: Patch, value: 0 | 1): number[] {
  const changed: number[] = [];
  for (let y = 0; y < patch.mask.height; y++) {
    const row = patch.y + y;
    if (row < 0 || row >= mask.height) continue;
    for (let x = 0; x < patch.mask.width; x++) {
      const column = patch.x + x;
      if (column < 0 || column >= mask.width || patch.mask.data[y * patch.mask.width + x] !== 1) continue;
      const index = row * mask.width + column;
      if (mask.data[index] === value) continue;
      mask.data[index] = value;
      changed.push(index);
    }
  }
  return changed;
}

function boundsOf(mask: Mask, indexes: readonly number[]): Rectangle {
  let left = mask.width;
  let right = 0;
  let top = mask.height;
  let bottom = 0;
  for (const index of indexes) {
    const x = index % mask.width;
    const y = Math.floor(index / mask.width);
    left = Math.min(left, x);
    right = Math.max(right, x);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y);
  }
  return { x: left, y: top, width: right - left + 1, height: bottom - top + 1 };
}

/**
 * How cameras see the copper around a defect: as drawn, and with copper a pixel thicker or thinner on every side, as
 * light, focus or another threshold make it. What is a defect of its class in one of them only, such as a spur a pixel
 * away from the next trace, is a matter of taste.
 */
const READINGS: readonly ((mask: Mask, around: Rectangle, minAreaPx: number) => Pieces)[] = [
  (mask, { x, y, width, height }, minAreaPx) => countPieces(mask, x, y, x + width, y + height, minAreaPx),
  ...([1, 0] as const).map((value) => (mask: Mask, around: Rectangle, minAreaPx: number) => {
    const grown = grownByOne(mask, around, value);
    return countPieces(grown, 0, 0, grown.width, grown.height, minAreaPx);
  }),
];

/** Puts one defect of a class somewhere on the board, or leaves the board as it was. */
function placeOne(
  mask: Mask,
  edges: Int32Array,
  random: Random,
  label: DefectClass,
  placed: readonly PlacedDefect[],
): PlacedDefect | undefined {
  const kind = DEFECT_KINDS[label];
  const other = kind.value === 1 ? 0 : 1;
  for (let attempt = 0; attempt < MAX_TRIES; attempt++) {
    const strokes = kind.propose(mask, edges, random);
    if (!strokes) continue;
    const patch = paint(random, strokes, kind.value);
    if (kind.clearancePx !== undefined && !surroundedBy(mask, patch, other, kind.clearancePx)) continue;
    const changed = apply(mask, patch, kind.value);
    const undo = () => {
      for (const index of changed) mask.data[index] = other;
    };
    if (changed.length < kind.minChangedPx) {
      undo();
      continue;
    }
    const box = boundsOf(mask, changed);
    const inside =
      box.x >= RIM_PX &&
      box.y >= RIM_PX &&
      box.x + box.width <= mask.width - RIM_PX &&
      box.y + box.height <= mask.height - RIM_PX;
    if (!inside || placed.some((defect) => overlaps(defect.changed, box, APART_PX))) {
      undo();
      continue;
    }
    const around = {
      x: box.x - WINDOW_PX,
      y: box.y - WINDOW_PX,
      width: box.width + 2 * WINDOW_PX,
      height: box.height + 2 * WINDOW_PX,
    };
    // one reading after the other: most proposals fail the first
    const isOne = READINGS.every((read) => {
      for (const index of changed) mask.data[index] = kind.value;
      const after = read(mask, around, kind.minPieceAreaPx);
      undo();
      return kind.holds(read(mask, around, kind.minPieceAreaPx), after);
    });
    if (!isOne) continue;
    if (kind.isRecognisable?.({ before: mask, was: other, pixels: changed, bounds: box }) === false) continue;
    for (const index of changed) mask.data[index] = kind.value;
    return { label, changed: box };
  }
  return undefined;
}

/** Draws the defects into the mask; those that find no place on this board are left out. */
export function placeDefects(mask: Mask, random: Random, labels: readonly DefectClass[]): PlacedDefect[] {
  const edges = edgePixels(mask, RIM_PX);
  const placed: PlacedDefect[] = [];
  for (const label of labels) {
    const defect = placeOne(mask, edges, random, label, placed);
    if (defect) placed.push(defect);
  }
  return placed;
}
