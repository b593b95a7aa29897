import { expected, type InspectionError } from '../../contract/errors';
import { plainText } from './names';
import type { AlertRules } from './rules';

/** So many of the known names are told. */
const TOLD = 12;

/**
 * A class that rules speak of and the model does not have: a typing error that would be silence, since no part ever shows it.
 *
 * @param known the classes there are; empty: not known
 * @returns the sentence about the first; undefined: all are known
 */
export function unknownClassOf(
  { classes, zones }: Pick<AlertRules, 'classes' | 'zones'>,
  known: readonly string[],
): InspectionError | undefined {
  if (known.length === 0) return undefined;
  // rules hold names as they are shown
  const names = new Set(known.map((name) => plainText(name)));
  const spoken: [string, string][] = [
    ...Object.keys(classes).map((label): [string, string] => [label, 'a class of the rules']),
    ...zones.flatMap(({ name, labels = [] }) =>
      labels.map((label): [string, string] => [label, `a class of the zone ${name}`]),
    ),
  ];
  const unknown = spoken.find(([label]) => !names.has(label));
  if (unknown === undefined) return undefined;
  const told = known.length > TOLD ? `${known.slice(0, TOLD).join(', ')}, …` : known.join(', ');
  return expected(`one of the model's classes (${told})`, unknown[1], unknown[0]);
}
