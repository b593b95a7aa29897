// What is set of a USB camera. Shared by the run time and the browser: no imports of Node.js here.
import { expected } from '../../contract/errors';
import { filled } from '../settings';

/** One control and the value it shall have. */
export type V4l2Setting = readonly [name: string, value: number];

/** Pixels as the camera sends them, in ffmpeg's words (`-input_format`). */
export const PIXEL_FORMATS = ['mjpeg', 'yuyv422', 'gray'] as const;
export type PixelFormat = (typeof PIXEL_FORMATS)[number];

const SETTING = /^([a-z][a-z0-9_]{0,63})\s*=\s*(-?\d{1,10})$/;
const MOST_SETTINGS = 64;
const INT32 = 2 ** 31;

/**
 * Reads `auto_exposure=1, exposure_time_absolute=120`; empty: nothing is set.
 *
 * @throws InspectionError BAD_ARGUMENT
 */
export function parseV4l2Settings(value: unknown): V4l2Setting[] {
  const text = filled(value);
  if (text === undefined) return [];
  const wanted = 'control=number, separated by commas,';
  if (typeof text !== 'string') throw expected(wanted, 'controls', value);
  const parts = text
    .split(/[,\n]/)
    .map((part) => part.trim())
    .filter(Boolean);
  if (parts.length > MOST_SETTINGS) throw expected(`at most ${MOST_SETTINGS} settings`, 'controls', parts.length);
  return parts.map((part) => {
    const [, name, number] = SETTING.exec(part) ?? [];
    if (name === undefined || Math.abs(Number(number)) > INT32) throw expected(wanted, 'controls', part);
    return [name, Number(number)];
  });
}
