import { expected } from '../../contract/errors';
import { numberBetween, oneOf } from '../../contract/validate';
import { filled } from '../settings';

/** How a Pi camera sees: what is left out is as the camera likes it. */
export interface RpicamControls {
  /** Exposure time, µs. */
  shutterUs?: number;
  /** Gain of the sensor, and beyond its limit of the picture. */
  gain?: number;
  /** A mode of the automatic, or `fixed`: the two gains below. */
  whiteBalance?: WhiteBalance;
  redGain?: number;
  blueGain?: number;
  focus?: Focus;
  /** Reciprocal of the distance in metres (dioptres); 0: infinity. */
  lensPosition?: number;
  hdr?: Hdr;
  tuningFile?: string;
  /** Part of the sensor that is read: x, y, width, height as fractions of it. */
  sensorRegion?: readonly [number, number, number, number];
  /** Pictures per second of the sensor, whatever the flow takes of them. */
  cameraFps?: number;
}

/** Words of `--awb`, and `fixed` for `--awbgains`. */
export const WHITE_BALANCES = [
  '',
  'fixed',
  'auto',
  'incandescent',
  'tungsten',
  'fluorescent',
  'indoor',
  'daylight',
  'cloudy',
] as const;
export type WhiteBalance = Exclude<(typeof WHITE_BALANCES)[number], ''>;

/** Words of `--autofocus-mode`. */
export const FOCUSES = ['', 'manual', 'auto', 'continuous'] as const;
export type Focus = Exclude<(typeof FOCUSES)[number], ''>;

/** Words of `--hdr`. */
export const HDRS = ['', 'off', 'auto', 'sensor', 'single-exp'] as const;
export type Hdr = Exclude<(typeof HDRS)[number], ''>;

/** What may be set, here and in the dialog. */
export const RPICAM_LIMITS = {
  /** µs; the longest exposure of a sensor for the Pi is the HQ camera's, 670 s, but no line waits a minute. */
  shutter: { min: 1, max: 60_000_000 },
  gain: { min: 1, max: 256 },
  colourGain: { min: 0.1, max: 32 },
  /** Dioptres: camera module 3 goes to 10 (10 cm), others to 32. */
  lensPosition: { min: 0, max: 32 },
  cameraFps: { min: 0.01, max: 240 },
} as const;

/** The rate of rpicam-vid where none is asked, pictures per second. */
const USUAL_FPS = 30;

/** Reads `x, y, width, height` as fractions of the sensor; empty: all of it. */
export function parseSensorRegion(value: unknown): RpicamControls['sensorRegion'] {
  const text = filled(value);
  if (text === undefined) return undefined;
  const parts =
    typeof text === 'string' ? text.split(',').map((part) => (part.trim() === '' ? NaN : Number(part))) : [];
  const [x = NaN, y = NaN, width = NaN, height = NaN] = parts;
  // a hair over 1 is a sum of rounded fractions
  const isInside = (from: number, size: number) => from >= 0 && size > 0 && from + size <= 1.0001;
  if (parts.length === 4 && isInside(x, width) && isInside(y, height)) return [x, y, width, height];
  throw expected('x, y, width, height as fractions of the sensor (0 … 1), or nothing,', 'sensorRegion', value);
}

/** A tuning file of libcamera: its name, or where it lies; it goes to the program as one word. */
export function parseTuningFile(value: unknown): string | undefined {
  const text = filled(value);
  if (text === undefined) return undefined;
  if (typeof text === 'string' && /^\/[^\0]*\.json$/.test(text) && !text.split('/').includes('..')) return text;
  throw expected('the path of a tuning file (/usr/share/libcamera/ipa/rpi/…/….json), or nothing,', 'tuningFile', value);
}

function optional(value: unknown, name: string, { min, max }: { min: number; max: number }): number | undefined {
  const given = filled(value);
  return given === undefined ? undefined : numberBetween(given, name, min, max);
}

/**
 * Reads the controls of a Pi camera as they stand in a flow.
 *
 * @param askedFps pictures per second that the flow asks of the camera; 0: as many as it gives
 * @throws InspectionError BAD_ARGUMENT *Expected X for Y but received Z*
 */
export function parseRpicamControls(raw: Record<string, unknown>, askedFps = 0): RpicamControls {
  const { shutter, gain, colourGain, lensPosition, cameraFps } = RPICAM_LIMITS;
  const whiteBalance = filled(oneOf(raw.whiteBalance ?? '', 'whiteBalance', WHITE_BALANCES)) as
    WhiteBalance | undefined;
  const isFixed = whiteBalance === 'fixed';
  const focus = filled(oneOf(raw.focus ?? '', 'focus', FOCUSES)) as Focus | undefined;
  const controls: RpicamControls = {
    shutterUs: optional(raw.shutter, 'shutter (µs)', shutter),
    gain: optional(raw.gain, 'gain', gain),
    whiteBalance,
    redGain: isFixed ? numberBetween(filled(raw.redGain), 'redGain', colourGain.min, colourGain.max) : undefined,
    blueGain: isFixed ? numberBetween(filled(raw.blueGain), 'blueGain', colourGain.min, colourGain.max) : undefined,
    focus,
    lensPosition: focus === 'manual' ? optional(raw.lensPosition, 'lensPosition (dioptres)', lensPosition) : undefined,
    hdr: filled(oneOf(raw.hdr ?? '', 'hdr', HDRS)) as Hdr | undefined,
    tuningFile: parseTuningFile(raw.tuningFile),
    sensorRegion: parseSensorRegion(raw.sensorRegion),
    cameraFps: optional(raw.cameraFps, 'cameraFps', cameraFps),
  };
  const fps = controls.cameraFps ?? askedFps;
  if (controls.shutterUs !== undefined && fps > 0 && controls.shutterUs > 1e6 / fps) {
    const longest = Math.floor(1e6 / fps);
    throw expected(`at most ${longest} µs at ${fps} pictures a second`, 'shutter (µs)', controls.shutterUs);
  }
  return controls;
}

/**
 * Pictures per second to ask of the sensor: the program shortens an exposure that its usual rate has no time for.
 *
 * @param askedFps what the flow wants; 0: as many as there are
 * @returns 0: the program's own
 */
export function sensorFps({ cameraFps, shutterUs }: RpicamControls, askedFps: number): number {
  if (cameraFps !== undefined) return cameraFps;
  if (askedFps > 0) return askedFps;
  const fastest = 1e6 / (shutterUs ?? 1);
  return fastest < USUAL_FPS ? Math.max(0.01, Math.floor(fastest * 100) / 100) : 0;
}

/** Arguments of rpicam-vid and rpicam-still for these controls (rpicam-apps, `--help` of its version 1.5). */
export function rpicamControlArgs(controls: RpicamControls): string[] {
  const { shutterUs, gain, whiteBalance, redGain, blueGain, focus, lensPosition, hdr, tuningFile, sensorRegion } =
    controls;
  const args: Array<[string, string | number | undefined]> = [
    ['--shutter', shutterUs],
    ['--gain', gain],
    ['--awb', whiteBalance === 'fixed' ? undefined : whiteBalance],
    ['--awbgains', whiteBalance === 'fixed' ? `${redGain},${blueGain}` : undefined],
    ['--autofocus-mode', focus],
    ['--lens-position', lensPosition],
    ['--hdr', hdr],
    ['--tuning-file', tuningFile],
    ['--roi', sensorRegion?.join(',')],
  ];
  return args.flatMap(([option, value]) => (value === undefined ? [] : [option, String(value)]));
}
