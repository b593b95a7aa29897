import { parseMeasureTemp, parseTempFile, parseThrottled, plausibleC } from '../../thermal/sensors/parse';
import type { StandingCheck } from '../check';
import { fail, ok, unknown, warn } from '../finding';

/** From here on the firmware of a Pi 5 cuts the clock (raspberrypi.com documentation, "Frequency management and thermal control"). */
const SOFT_LIMIT_C = 80;
const HARD_LIMIT_C = 85;
const COOL =
  'fit an active cooler, free its air, or lower the frame rate; the thermal-guard node holds the temperature';
/** Bits 17 to 19: capped, throttled, soft limit, since the start. */
const HEAT_OCCURRED = 0xe0000;

export const thermals: StandingCheck = ({ throttled, firmwareTemp, zoneTemp }) => {
  const tempC = plausibleC(parseTempFile(zoneTemp ?? '')) ?? plausibleC(parseMeasureTemp(firmwareTemp ?? ''));
  const state = parseThrottled(throttled ?? '');
  if (tempC === undefined && state === undefined) return unknown('no temperature can be read here');
  const found = [
    tempC === undefined ? 'temperature unknown' : `${tempC.toFixed(1)} °C`,
    state === undefined ? '' : throttled,
  ]
    .filter(Boolean)
    .join(', ');
  if (state?.throttled || state?.softTempLimit || (tempC ?? 0) >= HARD_LIMIT_C)
    return fail(`${found}: held back now`, COOL);
  if ((tempC ?? 0) >= SOFT_LIMIT_C) return warn(found, COOL);
  const bits = state && Number.parseInt(throttled!.slice(throttled!.indexOf('0x')), 16);
  if (((bits ?? 0) & HEAT_OCCURRED) !== 0) return warn(`${found}: was held back since the start`, COOL);
  return ok(found);
};
