import type { TruthBox } from '../../contract/frame';
import { Random } from '../../kit/random';
import { BOARD_SIZE_PX, simulateBoard, type BoardOptions, type SimulatedBoard } from './board';

/** Pixels of the whole picture. */
export interface PanelSize {
  width: number;
  height: number;
}

/** More are not drawn: a board takes tens of milliseconds. */
export const MAX_PANEL_PIXELS = 12_000_000;
/** Defects at most that are dealt to one board of a panel. */
const PER_BOARD = 3;
/** A defect of which less is left at the edge of the picture is none that could be seen. */
const LEAST_LEFT = 0.5;

/**
 * Draws a picture larger than a board: many boards side by side, cut at the right and lower edge. Defects are as large as on a board:
 * 10 to 20 px, with the margin of their boxes 30 to 40.
 *
 * @param options defects: of all boards together
 */
export function simulatePanel({
  size,
  defects = 6,
  ...options
}: BoardOptions & { size: PanelSize; defects?: number | undefined }): SimulatedBoard {
  const random = new Random('panel', options.seed, options.defectSeed ?? 0);
  const look = options.look === 'mixed' ? random.pick(['binarised', 'photo'] as const) : options.look;
  const columns = Math.ceil(size.width / BOARD_SIZE_PX);
  const rows = Math.ceil(size.height / BOARD_SIZE_PX);
  const counts = dealt(defects, columns * rows, random);
  const channels = look === 'binarised' ? 1 : 3;
  const pixels = new Uint8Array(size.width * size.height * channels);
  const truth: TruthBox[] = [];
  for (const [index, count] of counts.entries()) {
    const left = (index % columns) * BOARD_SIZE_PX;
    const top = Math.floor(index / columns) * BOARD_SIZE_PX;
    const seed = new Random('panel board', options.seed, index).integer(0, 2 ** 32 - 1);
    const board = simulateBoard({ ...options, seed, look, defects: count });
    const rowBytes = Math.min(BOARD_SIZE_PX, size.width - left) * channels;
    for (let y = 0; y < Math.min(BOARD_SIZE_PX, size.height - top); y++) {
      const from = y * BOARD_SIZE_PX * channels;
      pixels.set(board.pixels.subarray(from, from + rowBytes), ((top + y) * size.width + left) * channels);
    }
    truth.push(...board.truth.flatMap((each) => inPicture(each, left, top, size)));
  }
  return { pixels, ...size, channels, truth, look };
}

/** So many defects among boards, at random. */
function dealt(defects: number, boards: number, random: Random): number[] {
  const counts = Array.from({ length: boards }, () => 0);
  const most = boards * PER_BOARD;
  for (let left = Math.min(defects, most); left > 0;) {
    const board = random.integer(0, boards - 1);
    if (counts[board]! >= PER_BOARD) continue;
    counts[board]!++;
    left--;
  }
  return counts;
}

function inPicture(truth: TruthBox, left: number, top: number, size: PanelSize): TruthBox[] {
  const { box } = truth;
  const x = box.x + left;
  const y = box.y + top;
  const width = Math.min(size.width, x + box.width) - x;
  const height = Math.min(size.height, y + box.height) - y;
  if (width <= 0 || height <= 0 || width * height < LEAST_LEFT * box.width * box.height) return [];
  return [{ ...truth, box: { x, y, width, height } }];
}
