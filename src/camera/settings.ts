import type { Overload } from '../contract/detector';
import { parseRegion, parseRotation } from '../contract/view';
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

/** What may be set, here and in the dialog. */
export const LIMITS = {
  /** Highest rate that is asked of a camera, pictures per second. */
  fps: { min: 0, max: 120 },
  /** Seconds. */
  timeout: { min: 0.1, max: 600 },
  /** MB of 2^20 bytes. */
  maxSize: { min: 0.01, max: 256 },
  /** Sizes that are asked of a camera, pixels; the largest sensor for the Pi (64 MP) is 9152 wide. */
  side: { min: 16, max: 10_000 },
  /** Longest delay that can be set, ms. */
  delay: { min: 0, max: 10_000 },
} as const;

const BYTES_PER_MB = 1024 * 1024;

/** Names of a USB camera: the video node, or one that stays with the camera. */
const DEVICE = /^\/dev\/(video\d{1,3}|v4l\/by-(id|path)\/[A-Za-z0-9][A-Za-z0-9._:+-]*)$/;

/** Whether a text names a camera of the kernel. */
export function isDevice(text: string): boolean {
  return DEVICE.test(text);
}

/** Whether a text is the number of a Raspberry Pi camera. */
export function isRpicam(text: string): boolean {
  return /^\d$/.test(text);
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
    width: integerBetween(width, 'width', LIMITS.side.min, LIMITS.side.max),
    height: integerBetween(height, 'height', LIMITS.side.min, LIMITS.side.max),
  };
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
    fps: numberBetween(all.fps, 'fps', LIMITS.fps.min, LIMITS.fps.max),
    trigger: oneOf(all.trigger, 'trigger', TRIGGERS),
    overload: oneOf(all.overload, 'overload', ['latest', 'every']),
    timeoutMs: numberBetween(all.timeout, 'timeout (seconds)', LIMITS.timeout.min, LIMITS.timeout.max) * 1000,
    rotate: parseRotation(all.rotate),
    region: parseRegion(all.region),
    maxBytes: numberBetween(all.maxSize, 'maxSize (MB)', LIMITS.maxSize.min, LIMITS.maxSize.max) * BYTES_PER_MB,
  };
}
