import type { Rails, Throttling } from '../../contract/thermal';

/** What the lines of a board's sensors say. Every function gives undefined for text that is not what it should be. */

/** Readings outside are a broken sensor, not a temperature: a SoC below −30 °C does not boot, above 125 °C is switched off. */
export const PLAUSIBLE_C = { min: -30, max: 125 };

export function plausibleC(tempC: number | undefined): number | undefined {
  return tempC !== undefined && tempC >= PLAUSIBLE_C.min && tempC <= PLAUSIBLE_C.max ? tempC : undefined;
}

function wholeNumber(text: string): number | undefined {
  const trimmed = text.trim();
  return /^[+-]?\d{1,12}$/.test(trimmed) ? Number(trimmed) : undefined;
}

/** Numbers of this size and above are thousandths of a degree. */
const MILLI_FROM = 1000;

/**
 * A temperature file, °C: thousandths of a degree as in /sys/class/thermal (`54300`), or degrees (`54.3`) as scripts
 * write them. `300` is 300 °C, and implausible.
 */
export function parseTempFile(text: string): number | undefined {
  const trimmed = text.trim();
  if (!/^[+-]?\d{1,9}(\.\d{1,9})?$/.test(trimmed)) return undefined;
  const value = Number(trimmed);
  return Math.abs(value) >= MILLI_FROM ? value / 1000 : value;
}

/** cpufreq files: kHz as a whole number; gives MHz. */
export function parseCpuFreq(text: string): number | undefined {
  const kHz = wholeNumber(text);
  return kHz !== undefined && kHz > 0 ? kHz / 1000 : undefined;
}

/** hwmon fan file: revolutions per minute. */
export function parseFan(text: string): number | undefined {
  const rpm = wholeNumber(text);
  return rpm !== undefined && rpm >= 0 ? rpm : undefined;
}

/** `vcgencmd measure_temp`: `temp=66.4'C`. */
export function parseMeasureTemp(text: string): number | undefined {
  const found = /^temp=([+-]?\d{1,4}(?:\.\d+)?)'C\s*$/.exec(text.trim());
  return found ? Number(found[1]) : undefined;
}

/** `vcgencmd measure_clock arm`: `frequency(0)=2400033792`; gives MHz. */
export function parseMeasureClock(text: string): number | undefined {
  const found = /^frequency\(\d+\)=(\d{1,12})\s*$/.exec(text.trim());
  return found ? Number(found[1]) / 1e6 : undefined;
}

/**
 * `vcgencmd get_throttled`: `throttled=0x50005`. Bits 0 to 3: now; 16 to 19: since the start
 * (raspberrypi.com documentation, "vcgencmd"; the same on a Pi 5: raspberrypi/documentation issue 3257).
 */
export function parseThrottled(text: string): Throttling | undefined {
  const found = /^throttled=0x([0-9a-fA-F]{1,8})\s*$/.exec(text.trim());
  if (!found) return undefined;
  const bits = Number.parseInt(found[1] as string, 16);
  return {
    underVoltage: (bits & 0x1) !== 0,
    frequencyCapped: (bits & 0x2) !== 0,
    throttled: (bits & 0x4) !== 0,
    softTempLimit: (bits & 0x8) !== 0,
    hasOccurred: (bits & 0xf0000) !== 0,
  };
}

/** `  VDD_CORE_A current(7)=5.03652000A`, `  VDD_CORE_V volt(15)=0.89369880V` */
const RAIL_LINE = /^\s*(\w+)_([AV]) (?:current|volt)\(\d+\)=(\d+(?:\.\d+)?)[AV]\s*$/;

/**
 * `vcgencmd pmic_read_adc`: volts times amperes of every rail that has both. The 5 V input has no current, so the sum
 * is what the PMIC delivers, not what the plug does: losses and USB devices are missing.
 */
export function parsePmic(text: string): Rails | undefined {
  const amperes = new Map<string, number>();
  const volts = new Map<string, number>();
  for (const line of text.split('\n')) {
    const found = RAIL_LINE.exec(line);
    if (found) (found[2] === 'A' ? amperes : volts).set(found[1] as string, Number(found[3]));
  }
  const rails: Rails = {};
  for (const [name, ampere] of amperes) {
    const volt = volts.get(name);
    if (volt !== undefined) rails[name] = ampere * volt;
  }
  return Object.keys(rails).length > 0 ? rails : undefined;
}
