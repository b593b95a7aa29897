import type { Box } from '../../contract/detection';
import type { Defect } from '../judge/defects';
import type { GoldenSample, KnownDefect } from './samples';

/** Most differences that are listed: the first ones tell what is wrong. */
const MAX_DIFFERENCES = 20;

/** A defect is where the centre of its box is, as with zones. */
function centreWithin(area: Box, { x, y, width, height }: Box): boolean {
  const [centreX, centreY] = [x + width / 2, y + height / 2];
  return centreX >= area.x && centreX <= area.x + area.width && centreY >= area.y && centreY <= area.y + area.height;
}

function fits(known: KnownDefect, { label, box }: Defect): boolean {
  return label === known.label && (known.box === undefined || centreWithin(known.box, box));
}

function numbers({ x, y, width, height }: Box): string {
  return [x, y, width, height].map((number) => Math.round(number)).join(', ');
}

function difference(known: KnownDefect, defects: readonly Defect[]): string | undefined {
  const found = defects.filter((defect) => fits(known, defect)).length;
  if (known.count === undefined ? found > 0 : found === known.count) return undefined;
  const where = known.box === undefined ? '' : ` within ${numbers(known.box)}`;
  return `Expected ${known.count ?? 'one or more'} ${known.label}${where} but found ${found}`;
}

/**
 * What a station says of a golden sample against what is known of it: one sentence per difference, none when it is right.
 * Each known defect is a statement of its own: a defect may satisfy several ('3 shorts', 'one of them up there').
 *
 * @param defects all defects of the part under the rules
 */
export function compareWithSample(
  sample: GoldenSample,
  verdict: 'PASS' | 'FAIL',
  defects: readonly Defect[],
): string[] {
  const differences: string[] = [];
  if (verdict !== sample.verdict) differences.push(`Expected the verdict ${sample.verdict} but it was ${verdict}`);
  for (const known of sample.defects) {
    const sentence = difference(known, defects);
    if (sentence !== undefined) differences.push(sentence);
  }
  if (sample.verdict === 'PASS' || (sample.defects.length > 0 && !sample.others)) {
    const unknown = defects.filter((defect) => !sample.defects.some((known) => fits(known, defect)));
    for (const { label, confidence, box } of unknown) {
      differences.push(
        `Found ${label} (${Math.round(confidence * 100)} %) at ${numbers(box)}, which is not known of it`,
      );
    }
  }
  return differences.slice(0, MAX_DIFFERENCES);
}
