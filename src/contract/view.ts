import { expected } from './errors';
import type { FrameInfo, Rectangle, Rotation } from './frame';
import { oneOf } from './validate';

/** What of a picture is inspected: a part of it, turned. The same for calibration, certificate and inference. */
export type View = Pick<FrameInfo, 'rotate' | 'region'>;

/** Longest side that a region may reach to, pixels. */
const MAX_SIDE = 65_535;

/** Reads `x, y, width, height` in pixels of the upright picture; empty: the whole picture. @throws InspectionError BAD_ARGUMENT */
export function parseRegion(value: unknown): Rectangle | undefined {
  if (value === '' || value === undefined || value === null) return undefined;
  const numbers =
    typeof value === 'string' ? value.split(',').map((part) => (part.trim() === '' ? NaN : Number(part))) : [];
  const [x, y, width, height] = numbers as [number, number, number, number];
  const isUsable =
    numbers.length === 4 &&
    numbers.every((number) => Number.isInteger(number) && number >= 0 && number <= MAX_SIDE) &&
    width > 0 &&
    height > 0;
  if (isUsable) return { x, y, width, height };
  throw expected('x, y, width, height in whole pixels, or nothing,', 'region', value);
}

/** Reads a clockwise turn in degrees. @throws InspectionError BAD_ARGUMENT */
export function parseRotation(value: unknown): Rotation {
  return Number(oneOf(String(value), 'rotate', ['0', '90', '180', '270'])) as Rotation;
}

/** What a view says, without what is the whole picture as it is; undefined: nothing. */
export function viewOf({ rotate, region }: View): View | undefined {
  if (!rotate && !region) return undefined;
  return { ...(rotate && { rotate }), ...(region && { region }) };
}
