import type { Rectangle } from '../../frame/frame';
import type { Mask } from '../mask';

/** What a defect changes on a board. */
export interface Change {
  /** The picture without the defect. */
  before: Mask;
  /** What the changed pixels were: 1 copper, 0 bare board. */
  was: 0 | 1;
  /** How many they are. */
  areaPx: number;
  bounds: Rectangle;
  /** The bounds and a little more; may reach beyond the picture. */
  around: Rectangle;
}

/**
 * A round or square spot fills this share of the disc around it, or more. Boards hold such spots by design: vias, lone
 * dots, drilled holes. Nobody can tell a defect from them without the drawing of the board.
 */
const SPOT_FILL = 0.85;

/** A bite that takes more of what is near is no bite any more, but a pad or letter of another shape. */
const MAX_TAKEN = 0.4;

/** Whether an island or a hole has a shape that no designer draws. */
export function isNoDesignedSpot({ areaPx, bounds }: Pick<Change, 'areaPx' | 'bounds'>): boolean {
  // a disc drawn in pixels is half a pixel wider than its area says
  return areaPx < SPOT_FILL * (Math.PI / 4) * (Math.max(bounds.width, bounds.height) - 0.5) ** 2;
}

/** Whether enough of the old shape is left beside a bite or spur to see that something is wrong with it. */
export function leavesTheShape({ before, was, areaPx, around }: Omit<Change, 'bounds'>): boolean {
  let old = 0;
  for (let y = Math.max(0, around.y); y < Math.min(before.height, around.y + around.height); y++) {
    for (let x = Math.max(0, around.x); x < Math.min(before.width, around.x + around.width); x++) {
      if (before.at(x, y) === was) old++;
    }
  }
  return areaPx <= MAX_TAKEN * old;
}
