import type { Rectangle, TruthBox } from '../../contract/frame';
import { integerBetween, oneOf } from '../../contract/validate';
import { DEFECT_CLASSES, type DefectClass } from './defects/kinds';
import { placeDefects, type PlacedDefect } from './defects/place';
import { legend } from './layout/legend';
import { LAYOUTS } from './layout/layouts';
import { binarised } from './looks/binarised';
import { photo, uncover } from './looks/photo';
import { scan, type Scan } from './looks/scan';
import type { Mask } from './mask';
import { Random } from '../../kit/random';
import { Sheet } from './sheet';

export const LOOKS = ['binarised', 'photo', 'mixed'] as const;
/** `mixed`: half the boards one look, half the other, by the seed. */
export type Look = (typeof LOOKS)[number];
export type DrawnLook = Exclude<Look, 'mixed'>;

/** Side of the square picture, px: the input size of the models. */
export const BOARD_SIZE_PX = 640;
/** Copper is laid out this far beyond the picture, px, so that a turned board still fills it. */
const LAYOUT_MARGIN_PX = 24;
/**
 * A truth box is this much larger than the changed pixels, px on every side. So are the labels of DeepPCB: measured on
 * its 2,041 isolated defects (islands and pin-holes), 10 px is the median, the 5th and the 95th percentile.
 */
export const BOX_MARGIN_PX = 10;
/** More find no room on most boards. */
export const MAX_DEFECTS = 30;
/** Boards drawn at most until one takes the defects. */
const MAX_BOARDS = 20;
/** Defects per picture as counted in DeepPCB, 3 to 12. */
const DEFECT_COUNTS = [21, 73, 143, 181, 203, 171, 123, 50, 10, 13].map((weight, i) => ({ weight, count: i + 3 }));

export interface BoardOptions {
  seed: number;
  look: Look;
  /**
   * How many defects, fewer where they find no room; or which, and then all of them on a board that takes them. Left
   * out: 3 to 12 of mixed classes. 0 or an empty list: a clean board.
   */
  defects?: number | readonly DefectClass[];
  /** How far a truth box reaches beyond the changed pixels, px. Default BOX_MARGIN_PX. */
  boxMarginPx?: number;
  /** The layout is that of `seed` whatever happens, and the defects go by this: parts of one design. Left out: `seed` picks both. */
  defectSeed?: number;
}

export interface SimulatedBoard {
  /** Rows without padding, `channels` bytes per pixel: 1 grey, 3 RGB. */
  pixels: Uint8Array;
  width: number;
  height: number;
  channels: 1 | 3;
  truth: TruthBox[];
  look: DrawnLook;
}

/** The copper of a board with and without its defects; what the looks are painted from. */
export interface CopperBoard extends Scan {
  /** The copper with its defects; `copper` is without. */
  mask: Mask;
  defects: PlacedDefect[];
}

/** Every class as often as the others: whole decks of the six classes, shuffled. */
function deal(random: Random, count: number): DefectClass[] {
  const labels: DefectClass[] = [];
  while (labels.length < count) labels.push(...random.shuffled(DEFECT_CLASSES));
  return labels.slice(0, count);
}

function wantedDefects(options: BoardOptions, random: Random): readonly DefectClass[] {
  const { defects } = options;
  if (Array.isArray(defects)) return defects.map((label) => oneOf(label, 'defects', DEFECT_CLASSES));
  const count =
    defects === undefined ? random.weighted(DEFECT_COUNTS).count : integerBetween(defects, 'defects', 0, MAX_DEFECTS);
  return deal(random, count);
}

/**
 * Draws the copper of a board. A defect that finds no place (a short on a board with one trace) is left out; a board
 * that takes none of the wanted defects, or not all of those asked for by name, is drawn anew. After MAX_BOARDS the
 * board that took most is the answer.
 */
export function drawCopper(options: BoardOptions, look: DrawnLook): CopperBoard {
  let best: CopperBoard | undefined;
  for (let attempt = 0; attempt < MAX_BOARDS; attempt++) {
    // a stream for each step: the same seed without defects is the same board, as a reference to compare with
    const isOneDesign = options.defectSeed !== undefined;
    const stream = (step: string) => new Random(step, options.seed, isOneDesign ? 0 : attempt);
    const wrong = (step: string) =>
      isOneDesign ? new Random(step, options.seed, options.defectSeed!, attempt) : stream(step);
    const wanted = wantedDefects(options, wrong('wanted'));
    const sheet = new Sheet(BOARD_SIZE_PX, LAYOUT_MARGIN_PX);
    const layout = stream('layout');
    layout.weighted(LAYOUTS).draw(sheet, layout);
    if (look === 'photo') legend(sheet, stream('legend'));
    const board = scan(sheet, stream('scan'), BOARD_SIZE_PX, LAYOUT_MARGIN_PX, look === 'binarised');
    const mask = board.copper.clone();
    const defects = placeDefects(mask, wrong('defects'), wanted);
    if (best === undefined || defects.length > best.defects.length) best = { ...board, mask, defects };
    const enough = Array.isArray(options.defects) ? wanted.length : Math.min(1, wanted.length);
    if (defects.length >= enough) break;
  }
  return best as CopperBoard;
}

function grown(box: Rectangle, margin: number): Rectangle {
  const x = Math.max(0, box.x - margin);
  const y = Math.max(0, box.y - margin);
  return {
    x,
    y,
    width: Math.min(BOARD_SIZE_PX, box.x + box.width + margin) - x,
    height: Math.min(BOARD_SIZE_PX, box.y + box.height + margin) - y,
  };
}

/**
 * Draws one board, 640 x 640 px, and tells where its defects are. The same options give the same pixels.
 *
 * @throws InspectionError BAD_ARGUMENT for options that cannot be used
 */
export function simulateBoard(options: BoardOptions): SimulatedBoard {
  const seed = integerBetween(options.seed, 'seed', 0, Number.MAX_SAFE_INTEGER);
  const wantedLook = oneOf(options.look, 'look', LOOKS);
  const margin = integerBetween(options.boxMarginPx ?? BOX_MARGIN_PX, 'boxMarginPx', 0, 100);
  const random = new Random('look', seed);
  const look = wantedLook === 'mixed' ? random.pick(['binarised', 'photo'] as const) : wantedLook;
  const copper = drawCopper({ ...options, seed }, look);
  const truth = copper.defects.map(({ label, changed }) => ({
    label,
    classId: DEFECT_CLASSES.indexOf(label),
    box: grown(changed, margin),
  }));
  const size = { width: BOARD_SIZE_PX, height: BOARD_SIZE_PX, truth, look };
  if (look === 'binarised') return { ...size, pixels: binarised(copper.mask), channels: 1 };
  uncover(copper.copper, copper.mask, copper.layers);
  return { ...size, pixels: photo(copper.mask, copper.layers, random), channels: 3 };
}
