import type { Overload } from '../contract/detector';
import { expected } from '../contract/errors';
import { integerBetween, numberBetween, oneOf } from '../contract/validate';
import type { Rectangle, Rotation } from '../contract/frame';

export const TRIGGERS = ['free-run', 'message'] as const;
export type Trigger = (typeof TRIGGERS)[number];

/** What every kind of camera has; each source adds its own (see table.ts). */
export interface CameraSettings {
  /** `msg.topic`; empty: the source's own label. */
  name: string;
  /** Pictures per second in free run; 0: every picture that the camera gives. */
  fps: number;
  trigger: Trigger;
  overload: Overload;
  /** How long a trigger waits for its picture, and a request for its answer, ms. */
  timeoutMs: number;
  rotate: Rotation;
  region: Rectangle | undefined;
  /** Pictures larger than this are refused, bytes. */
  maxBytes: number;
}

/** As in the editor: strings from dialogs, numbers from flows; timeout in seconds, maxSize in MB. */
export const SETTINGS_DEFAULTS = {
  name: '',
  fps: 1,
  trigger: 'free-run',
  overload: 'latest',
  timeout: 10,
  rotate: 0,
  region: '',
  maxSize: 32,
} as const;

/** Highest rate that is asked of a camera, pictures per second. */
const MAX_FPS = 120;
/** Longest side that a region may reach to, pixels. */
const MAX_SIDE = 65_535;
/** Sizes that are asked of a camera, pixels; the largest sensor for the Pi (64 MP) is 9152 wide. */
const MIN_SIDE = 16;
const MAX_CAMERA_SIDE = 10_000;
const BYTES_PER_MB = 1024 * 1024;

/** Reads `x, y, width, height` in pixels of the upright picture; empty: the whole picture. */
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

/** A field that was left empty in the dialog counts as missing. */
export function filled(value: unknown): unknown {
  return value === '' || value === null ? undefined : value;
}

/** Reads `width` and `height` in pixels; both empty: the camera's own size. */
export function parseSize(raw: Record<string, unknown>): { width: number; height: number } | undefined {
  const width = filled(raw.width);
  const height = filled(raw.height);
  if (width === undefined && height === undefined) return undefined;
  return {
    width: integerBetween(width, 'width', MIN_SIDE, MAX_CAMERA_SIDE),
    height: integerBetween(height, 'height', MIN_SIDE, MAX_CAMERA_SIDE),
  };
}

function parseRotation(value: unknown): Rotation {
  return Number(oneOf(String(value), 'rotate', ['0', '90', '180', '270'])) as Rotation;
}

/**
 * Checks what all sources share; missing values take their defaults.
 *
 * @throws InspectionError BAD_ARGUMENT *Expected X for Y but received Z*
 */
export function parseSettings(raw: Record<string, unknown>): CameraSettings {
  const given = Object.fromEntries(Object.entries(raw).filter(([, value]) => value !== undefined));
  const all: Record<string, unknown> = { ...SETTINGS_DEFAULTS, ...given };
  return {
    name: typeof all.name === 'string' ? all.name.trim() : '',
    fps: numberBetween(all.fps, 'fps', 0, MAX_FPS),
    trigger: oneOf(all.trigger, 'trigger', TRIGGERS),
    overload: oneOf(all.overload, 'overload', ['latest', 'every']),
    timeoutMs: numberBetween(all.timeout, 'timeout (seconds)', 0.1, 600) * 1000,
    rotate: parseRotation(all.rotate),
    region: parseRegion(all.region),
    maxBytes: numberBetween(all.maxSize, 'maxSize (MB)', 0.01, 256) * BYTES_PER_MB,
  };
}
