import type { ClassVerdict } from '../../contract/certificate';
import type { Pair } from './pairs';
import type { Ramp } from './ramp';
import { judgePairs, noiseOf, significanceOf, SIGNIFICANCE, type Judged } from './rule';

export interface VerdictsInput {
  references: readonly Pair[];
  additions: readonly Pair[];
  ramp: (classId: number) => Ramp;
  threshold: (classId: number) => number;
  classNames: readonly string[];
  allowedLossPoints: number;
}

/** Id of the verdict on all classes together. */
const ALL = -1;

export function classVerdicts(input: VerdictsInput): { all: ClassVerdict; classes: ClassVerdict[] } {
  const { references, additions, classNames } = input;
  const noise = noiseOf(references, input.ramp);
  const byClass = (pairs: readonly Pair[]): Map<number, Pair[]> => {
    const groups = new Map<number, Pair[]>();
    for (const pair of pairs) groups.set(pair.classId, [...(groups.get(pair.classId) ?? []), pair]);
    return groups;
  };
  const [things, reports] = [byClass(references), byClass(additions)];
  const sizes = (groups: Map<number, Pair[]>): number[] => [...groups.values()].map(({ length }) => length);
  const classes = [...new Set([...things.keys(), ...reports.keys()])]
    .sort((a, b) => a - b)
    .map((classId) => {
      const [there, said] = [things.get(classId) ?? [], reports.get(classId) ?? []];
      const significance = {
        lost: significanceOf(there.length, sizes(things)),
        added: significanceOf(said.length, sizes(reports)),
      };
      return verdict(classId, classNames[classId] ?? `class ${classId}`, there, said, significance);
    });
  const overall = { lost: SIGNIFICANCE.all, added: SIGNIFICANCE.all };
  return { all: verdict(ALL, 'all classes', references, additions, overall), classes };

  function verdict(
    classId: number,
    label: string,
    there: readonly Pair[],
    said: readonly Pair[],
    significance: { lost: number; added: number },
  ): ClassVerdict {
    const found = (which: 'float' | 'int8'): number =>
      there.filter((pair) => pair[which] >= input.threshold(pair.classId)).length;
    // the same question the other way round: does the float model keep what INT8 says?
    const swapped = said.map((pair) => ({ ...pair, float: pair.int8, int8: pair.float }));
    const judge = (pairs: readonly Pair[], below: number): Judged =>
      judgePairs(pairs, input.ramp, noise, input.allowedLossPoints, below);
    const added = judge(swapped, significance.added);
    return {
      ...{ classId, label, references: there.length, foundFloat: found('float'), foundInt8: found('int8') },
      ...judge(there, significance.lost),
      ...{ reports: said.length, addedPoints: added.lossPoints, adds: added.outcome === 'lost' },
    };
  }
}
