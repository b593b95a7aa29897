import { expected } from '../contract/errors';
import { encodeJpeg } from '../image/encode';
import type { TruthBox } from '../contract/frame';
import { integerBetween, numberBetween, oneOf } from '../contract/validate';
import { BOARD_SIZE_PX, LOOKS, MAX_DEFECTS, simulateBoard, type Look, type SimulatedBoard } from './boards/board';
import { MAX_PANEL_PIXELS, simulatePanel, type PanelSize } from './boards/panel';
import { place, type Placement } from './boards/place-part';
import { Random } from '../kit/random';

/** What runs on a simulated line. */
export interface LineOptions {
  /** Picks the boards: part n of a seed is always the same picture. Default 1. */
  seed: number;
  /** Default `photo`: what a camera over a line sees. */
  look: Look;
  /** Share of the parts with at least one defect, 0 to 1. Default 0.2. */
  defectRate: number;
  /** Least and greatest number of defects on a defective part. Left out: 3 to 12, as in DeepPCB. */
  defects?: readonly [number, number];
  /** Every part is the same board but for its defects: that of this seed. Left out: every part is another board. */
  design?: number;
  /** Whole picture, px: a panel of boards. Left out: one board of 640 x 640. */
  size?: PanelSize;
  /** Parts do not lie still: they are shifted by up to this share of the picture, 0 to 0.25, … */
  shift?: number;
  /** … and turned by up to so many degrees, 0 to 180, … */
  turn?: number;
  /** … and seem larger or smaller by up to this share, 0 to 0.2. Any of the three: a board on a belt, 1280 x 1280 px. */
  stretch?: number;
}

export const LINE_DEFAULTS: Readonly<LineOptions> = { seed: 1, look: 'binarised', defectRate: 0.2 };

export interface SimulatedPart {
  /** A JPEG. */
  image: Buffer;
  width: number;
  height: number;
  /** What is wrong with the part; empty for a good one. */
  truth: TruthBox[];
  /** Where a part lies that does not lie still. */
  placement?: Placement;
}

/** JPEG quality per look, from and to. DeepPCB is stored at 75 (by its quantization tables), a few pictures at 95. */
const JPEG_QUALITY = { binarised: [66, 90], photo: [75, 95] } as const;

const OPTION_NAMES: Record<keyof LineOptions, string> = {
  ...{ seed: 'seed', look: 'look', defectRate: 'defectRate', defects: 'defects' },
  ...{ design: 'design', size: 'size', shift: 'shift', turn: 'turn', stretch: 'stretch' },
};

/** Reads `4000x3000`, or what was read before. */
function panelSize(value: unknown, name: string): PanelSize {
  const text = typeof value === 'object' && value !== null && 'width' in value ? sizeText(value as PanelSize) : value;
  const [, width, height] = /^(\d+)x(\d+)$/.exec(String(text))?.map(Number) ?? [];
  if (width && height && Math.min(width, height) >= BOARD_SIZE_PX && width * height <= MAX_PANEL_PIXELS) {
    return { width, height };
  }
  throw expected(
    `width x height from 640x640 to ${MAX_PANEL_PIXELS / 1e6} megapixels, such as 4000x3000,`,
    name,
    value,
  );
}

const sizeText = ({ width, height }: PanelSize): string => `${width}x${height}`;

/** The options that are left out stay so. */
function moving(options: { [K in keyof LineOptions]?: unknown }, names: Record<keyof LineOptions, string>) {
  const { shift, turn, stretch } = options;
  return {
    ...(shift !== undefined && { shift: numberBetween(shift, names.shift, 0, 0.25) }),
    ...(turn !== undefined && { turn: numberBetween(turn, names.turn, 0, 180) }),
    ...(stretch !== undefined && { stretch: numberBetween(stretch, names.stretch, 0, 0.2) }),
  };
}

/** Reads `5`, `3-12` or `[3, 12]`. */
function defectRange(value: unknown, name: string): readonly [number, number] {
  const parts: readonly unknown[] = Array.isArray(value) ? value : String(value).split('-');
  const [low, high = low] = parts.map((part) => (part === '' ? NaN : Number(part)));
  const usable = (n: number | undefined): n is number =>
    Number.isInteger(n) && Number(n) >= 1 && Number(n) <= MAX_DEFECTS;
  if (parts.length <= 2 && usable(low) && usable(high) && low <= high) return [low, high];
  throw expected(`a number from 1 to ${MAX_DEFECTS}, or a range such as 3-12,`, name, value);
}

/**
 * Checks the options of a line; strings from dialogs and command lines count as numbers.
 *
 * @param names what the user calls the options, for the sentence about a bad one
 * @throws InspectionError BAD_ARGUMENT
 */
export function lineOptions(
  options: { [K in keyof LineOptions]?: unknown },
  names: Record<keyof LineOptions, string> = OPTION_NAMES,
): LineOptions {
  return {
    ...(options.defects === undefined ? {} : { defects: defectRange(options.defects, names.defects) }),
    ...(options.design === undefined
      ? {}
      : { design: integerBetween(options.design, names.design, 0, Number.MAX_SAFE_INTEGER) }),
    ...(options.size === undefined ? {} : { size: panelSize(options.size, names.size) }),
    ...moving(options, names),
    seed: integerBetween(options.seed ?? LINE_DEFAULTS.seed, names.seed, 0, Number.MAX_SAFE_INTEGER),
    look: oneOf(options.look ?? LINE_DEFAULTS.look, names.look, LOOKS),
    defectRate: numberBetween(options.defectRate ?? LINE_DEFAULTS.defectRate, names.defectRate, 0, 1),
  };
}

/**
 * Draws part `index` (from 0) of a line. It depends on the options and the index alone, so any part can be had again,
 * in any order. Takes tens of milliseconds of one core: use SimulatedLine where the event loop must stay free.
 */
export async function simulatePart(options: Partial<LineOptions>, index: number): Promise<SimulatedPart> {
  const line = lineOptions(options);
  const { seed, look, defectRate, defects } = line;
  const random = new Random('part', seed, integerBetween(index, 'index', 0, Number.MAX_SAFE_INTEGER));
  const defective = random.chance(defectRate);
  const boardSeed = random.integer(0, 2 ** 32 - 1);
  const count = defective ? defects && random.integer(...defects) : 0;
  const board = drawPart(line, boardSeed, look, count, random);
  const [low, high] = JPEG_QUALITY[board.look];
  const image = await encodeJpeg(board, random.integer(low, high));
  const { width, height, truth, placement } = board;
  return { image, width, height, truth, ...(placement && { placement }) };
}

function drawPart(
  { design, size, shift, turn, stretch }: LineOptions,
  boardSeed: number,
  look: Look,
  defects: number | undefined,
  random: Random,
): SimulatedBoard & { placement?: Placement } {
  const one = design === undefined ? { seed: boardSeed } : { seed: design, defectSeed: boardSeed };
  if (size) return simulatePanel({ ...one, look, defects, size });
  const board = simulateBoard({ ...one, look, defects });
  const isStill = shift === undefined && turn === undefined && stretch === undefined;
  return isStill ? board : place(board, { shift: shift ?? 0, turn: turn ?? 0, stretch: stretch ?? 0 }, random);
}
