import type { Mask } from '../mask';

/** Pieces of 4- or 8-connected pixels of a value inside a window. */
export interface Pieces {
  copper: number;
  bare: number;
}

const COPPER_STEPS = [-1, -1, 0, -1, 1, -1, -1, 0, 1, 0, -1, 1, 0, 1, 1, 1];
const BARE_STEPS = [0, -1, -1, 0, 1, 0, 0, 1];

/**
 * Counts the pieces of copper (8-connected) and of bare board (4-connected) in the window, specks below `minAreaPx`
 * left out. What a defect does to these counts is what it is: an open parts copper, a short parts bare board.
 */
export function countPieces(
  mask: Mask,
  left: number,
  top: number,
  right: number,
  bottom: number,
  minAreaPx: number,
): Pieces {
  const x0 = Math.max(0, left);
  const y0 = Math.max(0, top);
  const width = Math.min(mask.width, right) - x0;
  const height = Math.min(mask.height, bottom) - y0;
  if (width <= 0 || height <= 0) return { copper: 0, bare: 0 };
  const seen = new Uint8Array(width * height);
  const stack = new Int32Array(width * height);
  const pieces: Pieces = { copper: 0, bare: 0 };
  for (let start = 0; start < seen.length; start++) {
    if (seen[start]) continue;
    const value = mask.data[(y0 + ((start / width) | 0)) * mask.width + x0 + (start % width)] as number;
    const steps = value === 1 ? COPPER_STEPS : BARE_STEPS;
    let size = 0;
    let depth = 0;
    seen[start] = 1;
    stack[depth++] = start;
    while (depth > 0) {
      const at = stack[--depth] as number;
      size++;
      const x = at % width;
      const y = (at / width) | 0;
      for (let i = 0; i < steps.length; i += 2) {
        const nx = x + (steps[i] as number);
        const ny = y + (steps[i + 1] as number);
        if (nx < 0 || ny < 0 || nx >= width || ny >= height) continue;
        const next = ny * width + nx;
        if (seen[next] || mask.data[(y0 + ny) * mask.width + x0 + nx] !== value) continue;
        seen[next] = 1;
        stack[depth++] = next;
      }
    }
    if (size >= minAreaPx) pieces[value === 1 ? 'copper' : 'bare']++;
  }
  return pieces;
}
