import { wilson, type Share } from '../../kit/intervals';
import type { Answer } from './card';

export interface Agreement {
  /** Cards that two people answered the same, of those that two answered. */
  same: Share;
  /** Cohen's kappa: 1 is full agreement, 0 as much as chance gives; null while it is not defined. */
  kappa: number | null;
}

const word = ({ verdict, label }: Answer) => (verdict === 'other class' ? `other class ${label ?? ''}` : verdict);

/**
 * How far the first two answers to a card agree: the raw share with its 95 % interval, and Cohen's kappa (Cohen 1960,
 * Educational and Psychological Measurement 20) over pooled margins (Scott 1955's pi, Public Opinion Quarterly 19), because
 * the two are not the same two people on every card.
 *
 * @param pairs the first two answers of each card that has two
 */
export function agreementOf(pairs: readonly (readonly [Answer, Answer])[]): Agreement {
  const of = pairs.length;
  const same = wilson(pairs.filter(([a, b]) => word(a) === word(b)).length, of);
  const margins = new Map<string, number>();
  for (const answer of pairs.flat()) margins.set(word(answer), (margins.get(word(answer)) ?? 0) + 1);
  const byChance = [...margins.values()].reduce((sum, count) => sum + (count / (2 * of)) ** 2, 0);
  const { share } = same;
  return { same, kappa: share === undefined || byChance >= 1 ? null : (share - byChance) / (1 - byChance) };
}
