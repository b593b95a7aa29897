import type { PartRates } from '../evaluate/part-rates';

/** One row per confidence; the row without one is the model's own thresholds. */
export function describeParts(rows: readonly PartRates[]): string[] {
  const share = (some: number, all: number) =>
    all === 0 ? '-' : `${some} of ${all} ${((100 * some) / all).toFixed(1).padStart(5)} %`;
  const row = (confidence: string, defective: string, good: string, defects: string) =>
    `${confidence.padEnd(11)} ${defective.padStart(24)} ${good.padStart(24)} ${defects.padStart(24)}`;
  return [
    '',
    row('confidence', 'defective parts failed', 'good parts failed', 'defects found'),
    ...rows.map((rates) =>
      row(
        rates.confidence?.toFixed(2) ?? "the model's",
        share(rates.defectiveFailed, rates.defective),
        share(rates.goodFailed, rates.good),
        share(rates.found, rates.defects),
      ),
    ),
  ];
}
