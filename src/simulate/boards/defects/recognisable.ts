import type { Rectangle } from '../../../contract/frame';
import type { Mask } from '../mask';
import { areaOfPieces } from './topology';

/** What a defect changes on a board. */
export interface Change {
  /** The picture without the defect. */
  before: Mask;
  /** What the changed pixels were: 1 copper, 0 bare board. */
  was: 0 | 1;
  /** Which they are, as indexes into the picture. */
  pixels: readonly number[];
  bounds: Rectangle;
}

/**
 * A round or square spot fills this share of the disc around it, or more. Boards hold such spots by design: vias, lone
 * dots, drilled holes. Nobody can tell a defect from them without the drawing of the board.
 */
const SPOT_FILL = 0.75;

/** How far around the change its surroundings are looked at, px: two or three widths of a bite. */
const SURROUNDINGS_PX = 24;
/** A bite that takes more of the piece it is in is no bite any more, but a pad or letter of another shape. */
const MAX_BITE = 0.2;
/** A cut that takes more of its conductor leaves nothing that is seen to belong together. */
const MAX_CUT = 0.35;
/** A bite or spur that is larger than this share of what it joins has become that: a drop, a hole, an island. */
const MAX_OF_JOINED = 0.2;

/**
 * A bite or spur reaches this far from the old edge, px, or to the middle of what is narrower. Lower ones are the
 * waviness of etched edges; of the bites and spurs labelled in DeepPCB's training images 95 in 100 measure 4 px or more
 * on their shorter side.
 */
const MIN_REACH_PX = 4;
/** How far around a bite the middle of its conductor is looked for, px. */
const MIDDLE_PX = 6;

/** Whether an island or a hole has a shape that no designer draws. */
export function isNoDesignedSpot({ pixels, bounds }: Pick<Change, 'pixels' | 'bounds'>): boolean {
  // a disc drawn in pixels is half a pixel wider than its area says
  return pixels.length < SPOT_FILL * (Math.PI / 4) * (Math.max(bounds.width, bounds.height) - 0.5) ** 2;
}

function surroundings({ bounds }: Pick<Change, 'bounds'>): Rectangle {
  return {
    x: bounds.x - SURROUNDINGS_PX,
    y: bounds.y - SURROUNDINGS_PX,
    width: bounds.width + 2 * SURROUNDINGS_PX,
    height: bounds.height + 2 * SURROUNDINGS_PX,
  };
}

/** Share of the pieces it is in that a defect takes, 0 to 1. */
function shareTaken(change: Change): number {
  return change.pixels.length / areaOfPieces(change.before, surroundings(change), change.pixels, change.was);
}

/** Whether enough is left on the sides of a cut to see what was cut. */
export function leavesBothSides(change: Change): boolean {
  return shareTaken(change) <= MAX_CUT;
}

/** Whether enough of the old shape is left beside a bite or spur to see that something is wrong with it. */
export function leavesTheShape(change: Change): boolean {
  return shareTaken(change) <= MAX_BITE;
}

/** Whether what a bite or spur is part of now was there before: not a dot with a spur larger than the dot. */
export function isSmallBesideJoined(change: Change): boolean {
  const { before, was, pixels } = change;
  const neighbours = function* () {
    for (const pixel of pixels) yield* [pixel - before.width, pixel - 1, pixel + 1, pixel + before.width];
  };
  const joined = areaOfPieces(before, surroundings(change), neighbours(), was === 1 ? 0 : 1);
  return pixels.length <= MAX_OF_JOINED * joined;
}

/** Offsets within MIN_REACH_PX, nearest first. */
const NEAR: readonly { dx: number; dy: number; distance: number }[] = (() => {
  const near = [];
  for (let dy = -MIN_REACH_PX; dy <= MIN_REACH_PX; dy++) {
    for (let dx = -MIN_REACH_PX; dx <= MIN_REACH_PX; dx++) {
      const distance = Math.hypot(dx, dy);
      if (distance > 0 && distance < MIN_REACH_PX) near.push({ dx, dy, distance });
    }
  }
  return near.sort((a, b) => a.distance - b.distance);
})();

/** Distance to the nearest pixel of the other value, px; MIN_REACH_PX when it is farther. The rim is no edge. */
function depthAt(mask: Mask, x: number, y: number, value: 0 | 1): number {
  for (const { dx, dy, distance } of NEAR) {
    const u = x + dx;
    const v = y + dy;
    if (u >= 0 && v >= 0 && u < mask.width && v < mask.height && mask.data[v * mask.width + u] !== value)
      return distance;
  }
  return MIN_REACH_PX;
}

/** Whether a bite or spur reaches visibly beyond the edge it sits on. */
export function standsOut({ before, was, pixels }: Change): boolean {
  let reach = 0;
  let deepest = 0;
  for (const pixel of pixels) {
    const depth = depthAt(before, pixel % before.width, Math.floor(pixel / before.width), was);
    if (depth > reach) [reach, deepest] = [depth, pixel];
    if (reach >= MIN_REACH_PX) return true;
  }
  const x = deepest % before.width;
  const y = Math.floor(deepest / before.width);
  for (let v = y - MIDDLE_PX; v <= y + MIDDLE_PX; v++) {
    for (let u = x - MIDDLE_PX; u <= x + MIDDLE_PX; u++) {
      if (u < 0 || v < 0 || u >= before.width || v >= before.height || before.at(u, v) !== was) continue;
      if (depthAt(before, u, v, was) > reach) return false;
    }
  }
  return true;
}

/** Whether a person sees a bite or a spur and calls it one. */
export function isPlainlyAtAnEdge(change: Change): boolean {
  return standsOut(change) && leavesTheShape(change) && isSmallBesideJoined(change);
}
