/** A straight line through recent readings. */
export interface Trend {
  /** The line's temperature at the newest reading, °C. */
  tempC: number;
  /** K per second. */
  slopeKPerS: number;
  /** Standard error of the line prolonged by the window's own length, K: what noise alone makes of it. */
  aheadErrorK: number;
}

/** Readings that happen to agree say nothing about the next ones: a step of half a degree is always possible, K. */
const LEAST_NOISE_K = 0.5;

/**
 * Least-squares line through the readings of a time window. Readings are quantized to about half a degree and noisy;
 * a line over 45 s knows the temperature to about 0.2 K and the slope to about 0.5 K per minute.
 */
export class TrendWindow {
  #readings: { atMs: number; tempC: number }[] = [];

  constructor(readonly windowMs: number) {}

  add(atMs: number, tempC: number): void {
    this.#readings.push({ atMs, tempC });
    while (this.#readings[0] && this.#readings[0].atMs < atMs - this.windowMs) this.#readings.shift();
  }

  clear(): void {
    this.#readings = [];
  }

  /** Mean of the newest readings, °C: less noise than one, less delay than the line. */
  recentC(spanMs: number): number | undefined {
    const newest = this.#readings.at(-1);
    if (!newest) return undefined;
    const recent = this.#readings.filter((reading) => reading.atMs > newest.atMs - spanMs);
    return recent.reduce((sum, reading) => sum + reading.tempC, 0) / recent.length;
  }

  /** undefined before the first reading; slope 0 until a quarter of the window is filled. */
  trend(): Trend | undefined {
    const readings = this.#readings;
    const first = readings[0];
    const newest = readings.at(-1);
    if (!first || !newest) return undefined;
    const count = readings.length;
    const meanC = readings.reduce((sum, reading) => sum + reading.tempC, 0) / count;
    if (newest.atMs - first.atMs < this.windowMs / 4) return { tempC: meanC, slopeKPerS: 0, aheadErrorK: Infinity };
    const meanS = readings.reduce((sum, reading) => sum + (reading.atMs - newest.atMs), 0) / count / 1000;
    let products = 0;
    let squaresS = 0;
    let squaresC = 0;
    for (const reading of readings) {
      const s = (reading.atMs - newest.atMs) / 1000 - meanS;
      const c = reading.tempC - meanC;
      products += s * c;
      squaresS += s * s;
      squaresC += c * c;
    }
    const slopeKPerS = squaresS > 0 ? products / squaresS : 0;
    const residual = Math.sqrt(Math.max(0, squaresC - slopeKPerS * products) / Math.max(1, count - 2));
    const noiseK = Math.max(residual, LEAST_NOISE_K);
    const aheadS = this.windowMs / 1000 - meanS;
    return {
      tempC: meanC - slopeKPerS * meanS,
      slopeKPerS,
      aheadErrorK: noiseK * Math.sqrt(1 / count + (squaresS > 0 ? (aheadS * aheadS) / squaresS : 0)),
    };
  }
}
