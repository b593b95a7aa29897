import type { Rectangle, TruthBox } from '../../contract/frame';
import { Random } from '../../kit/random';
import type { SimulatedBoard } from './board';

/** How a part may lie: shares of the picture, degrees, share of its size; each to both sides. */
export interface Freedom {
  shift: number;
  turn: number;
  stretch: number;
}

/** How a part lies, from the place in the middle of the picture: pixels of the picture, degrees clockwise, times as large. */
export interface Placement {
  dx: number;
  dy: number;
  rotationDegrees: number;
  scale: number;
}

/** The picture is twice as wide as the board: one that is shifted by a fifth and turned by 15 degrees is still all there. */
export const PLACED_SIZE_PX = 1280;
/** Standard deviation of a camera's noise, grey levels. */
const NOISE = 2;
/** Brightness of the belt, and how far its stripes are from it. */
const BELT = 58;
const STRIPE = 6;

/** Where a board lies when nothing moves it. */
export function restingBox(board: { width: number; height: number }): Rectangle {
  const { width, height } = board;
  return { x: (PLACED_SIZE_PX - width) / 2, y: (PLACED_SIZE_PX - height) / 2, width, height };
}

/**
 * Lays a board on a belt, not quite where it should be. The light differs a little from part to part, and so does the belt.
 *
 * @param random the part's own
 */
export function place(
  board: SimulatedBoard,
  { shift, turn, stretch }: Freedom,
  random: Random,
): SimulatedBoard & { placement: Placement } {
  const placement: Placement = {
    dx: random.between(-shift, shift) * PLACED_SIZE_PX,
    dy: random.between(-shift, shift) * PLACED_SIZE_PX,
    rotationDegrees: random.between(-turn, turn),
    scale: 1 + random.between(-stretch, stretch),
  };
  return { ...laid(board, placement, random), placement };
}

/** Lays a board exactly so. */
export function laid(board: SimulatedBoard, placement: Placement, random: Random): SimulatedBoard {
  const side = PLACED_SIZE_PX;
  const { width, height, channels } = board;
  const pixels = belt(channels, random);
  const light = random.between(0.9, 1.08);
  const angle = (placement.rotationDegrees * Math.PI) / 180;
  const [cos, sin] = [Math.cos(angle) / placement.scale, Math.sin(angle) / placement.scale];
  const [middleX, middleY] = [side / 2 + placement.dx, side / 2 + placement.dy];
  for (let y = 0; y < side; y++) {
    const fromY = y + 0.5 - middleY;
    for (let x = 0; x < side; x++) {
      const fromX = x + 0.5 - middleX;
      const u = cos * fromX + sin * fromY + width / 2 - 0.5;
      const v = -sin * fromX + cos * fromY + height / 2 - 0.5;
      if (u < 0 || v < 0 || u >= width - 1 || v >= height - 1) continue;
      const [column, row] = [Math.floor(u), Math.floor(v)];
      const [right, below] = [u - column, v - row];
      for (let channel = 0; channel < channels; channel++) {
        const at = (row * width + column) * channels + channel;
        const down = at + width * channels;
        const above = board.pixels[at]! * (1 - right) + board.pixels[at + channels]! * right;
        const under = board.pixels[down]! * (1 - right) + board.pixels[down + channels]! * right;
        pixels[(y * side + x) * channels + channel] = light * (above * (1 - below) + under * below);
      }
    }
  }
  const noisy = withNoise(pixels, random);
  const truth = board.truth.map((each) => ({ ...each, box: boxAround(each, board, placement) }));
  return { ...board, pixels: noisy, width: side, height: side, truth };
}

/** A dark belt with stripes. */
function belt(channels: number, random: Random): Float32Array {
  const pixels = new Float32Array(PLACED_SIZE_PX * PLACED_SIZE_PX * channels);
  const period = random.between(14, 40);
  const start = random.between(0, period);
  const level = BELT + random.between(-12, 12);
  for (let y = 0; y < PLACED_SIZE_PX; y++) {
    const grey = level + STRIPE * Math.sin((2 * Math.PI * (y + start)) / period);
    pixels.fill(grey, y * PLACED_SIZE_PX * channels, (y + 1) * PLACED_SIZE_PX * channels);
  }
  return pixels;
}

function withNoise(pixels: Float32Array, random: Random): Uint8Array {
  const table = Float32Array.from({ length: 16_381 }, () => NOISE * random.normal());
  const clamped = new Uint8ClampedArray(pixels.length);
  for (let at = 0; at < pixels.length; at++) clamped[at] = pixels[at]! + table[(at * 7 + (at >> 9)) % table.length]!;
  return new Uint8Array(clamped.buffer);
}

/** The upright box around a turned one. */
function boxAround({ box }: TruthBox, board: { width: number; height: number }, placement: Placement): Rectangle {
  const angle = (placement.rotationDegrees * Math.PI) / 180;
  const [cos, sin] = [Math.cos(angle) * placement.scale, Math.sin(angle) * placement.scale];
  const corners = [0, 1, 2, 3].map((corner) => {
    const x = box.x + (corner & 1) * box.width - board.width / 2;
    const y = box.y + (corner >> 1) * box.height - board.height / 2;
    return [
      PLACED_SIZE_PX / 2 + placement.dx + cos * x - sin * y,
      PLACED_SIZE_PX / 2 + placement.dy + sin * x + cos * y,
    ] as const;
  });
  const clip = (value: number) => Math.min(PLACED_SIZE_PX, Math.max(0, value));
  const [xs, ys] = [corners.map(([x]) => clip(x)), corners.map(([, y]) => clip(y))];
  const [x, y] = [Math.min(...xs), Math.min(...ys)];
  return { x, y, width: Math.max(...xs) - x, height: Math.max(...ys) - y };
}
