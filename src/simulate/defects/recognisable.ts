import type { Rectangle } from '../../frame/frame';
import type { Mask } from '../mask';

/**
 * A round or square spot fills this share of the disc around it, or more. Boards hold such spots by design: vias, lone
 * dots, drilled holes. Nobody can tell a defect from them without the drawing of the board.
 */
const SPOT_FILL = 0.85;

/** A bite that takes more of what is near is no bite any more, but a pad or letter of another shape. */
const MAX_TAKEN = 0.4;

/** Whether an island or a hole has a shape that no designer draws, from its area and its bounds. */
export function isNoDesignedSpot(areaPx: number, { width, height }: Rectangle): boolean {
  // a disc drawn in pixels is half a pixel wider than its area says
  return areaPx < SPOT_FILL * (Math.PI / 4) * (Math.max(width, height) - 0.5) ** 2;
}

/**
 * Whether enough of the old shape is left beside a bite or spur to see that something is wrong with it.
 *
 * @param mask the picture without the defect
 * @param around the bounds of the change, and a little more
 * @param other what the changed pixels were before: 1 copper, 0 bare board
 */
export function leavesTheShape(mask: Mask, areaPx: number, around: Rectangle, other: 0 | 1): boolean {
  let before = 0;
  for (let y = around.y; y < around.y + around.height; y++) {
    for (let x = around.x; x < around.x + around.width; x++) {
      if (x >= 0 && y >= 0 && x < mask.width && y < mask.height && mask.data[y * mask.width + x] === other) before++;
    }
  }
  return areaPx <= MAX_TAKEN * before;
}
