import { expected } from '../contract/errors';
import { encodeJpeg } from '../image/encode';
import type { TruthBox } from '../contract/frame';
import { integerBetween, numberBetween, oneOf } from '../contract/validate';
import { LOOKS, MAX_DEFECTS, simulateBoard, type Look } from './boards/board';
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
}

export const LINE_DEFAULTS: Readonly<LineOptions> = { seed: 1, look: 'binarised', defectRate: 0.2 };

export interface SimulatedPart {
  /** A JPEG. */
  image: Buffer;
  width: number;
  height: number;
  /** What is wrong with the part; empty for a good one. */
  truth: TruthBox[];
}

/** JPEG quality per look, from and to. DeepPCB is stored at 75 (by its quantization tables), a few pictures at 95. */
const JPEG_QUALITY = { binarised: [66, 90], photo: [75, 95] } as const;

const OPTION_NAMES = { seed: 'seed', look: 'look', defectRate: 'defectRate', defects: 'defects' };

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
  const { seed, look, defectRate, defects } = lineOptions(options);
  const random = new Random('part', seed, integerBetween(index, 'index', 0, Number.MAX_SAFE_INTEGER));
  const defective = random.chance(defectRate);
  const boardSeed = random.integer(0, 2 ** 32 - 1);
  const count = defective ? defects && random.integer(...defects) : 0;
  const board = simulateBoard({ seed: boardSeed, look, defects: count });
  const [low, high] = JPEG_QUALITY[board.look];
  const image = await encodeJpeg(board, random.integer(low, high));
  return { image, width: board.width, height: board.height, truth: board.truth };
}
