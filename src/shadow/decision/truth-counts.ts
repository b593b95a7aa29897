import { settledOf, type Card } from '../review/card';
import { NO_TALLY, pairKey, type Tally } from '../review/entries';

/** What people said about the findings of one class, or of all, that only one of the two models had. */
export interface TruthCounts {
  /** Real defects that only the candidate found; that only the model in use found. */
  gained: number;
  lost: number;
  /** False alarms that only the model in use raised; that only the candidate raised. */
  silenced: number;
  added: number;
  /** There was a defect, of another class: neither right nor wrong. */
  otherClass: number;
  /** Answered, but nobody could tell, or people disagree. */
  unclear: number;
  /** Disputed findings that were seen, judged or not. */
  disputed: number;
  /** Findings of the model in use, and those that both had. */
  found: number;
  both: number;
}

export interface PairTruth {
  /** Frames that both models answered. */
  frames: number;
  all: TruthCounts;
  classes: Map<string, TruthCounts>;
  /** Parts that both passed and that a person looked at, and those with a defect among them. */
  audited: number;
  auditDefects: number;
}

function none(): TruthCounts {
  return { gained: 0, lost: 0, silenced: 0, added: 0, otherClass: 0, unclear: 0, disputed: 0, found: 0, both: 0 };
}

export const judgedOf = ({ gained, lost, silenced, added, otherClass }: TruthCounts) =>
  gained + lost + silenced + added + otherClass;

/** Share of the disputed findings that is judged: what the counts that need no answer are brought down to. */
export function judgedShare(counts: TruthCounts): number {
  const judged = judgedOf(counts);
  return judged === 0 ? 0 : Math.min(1, judged / Math.max(counts.disputed, judged));
}

function addCard(counts: TruthCounts, { foundBy, answers }: Card): void {
  if (answers.length === 0 || foundBy === null) return;
  const settled = settledOf({ answers });
  if (settled === undefined) counts.unclear++;
  else if (settled.verdict === 'other class') counts.otherClass++;
  else if (settled.verdict === 'defect') counts[foundBy === 'candidate' ? 'gained' : 'lost']++;
  else counts[foundBy === 'candidate' ? 'added' : 'silenced']++;
}

/**
 * What people said about two models.
 *
 * @param pending counted of the same two and not in the store yet
 */
export function truthOfPair(
  state: { cards: ReadonlyMap<string, Card>; tallies: ReadonlyMap<string, Tally> },
  models: Card['models'],
  classNames: readonly string[],
  pending: Tally = NO_TALLY,
): PairTruth {
  const stored = state.tallies.get(pairKey(models)) ?? NO_TALLY;
  const all = none();
  const classes = new Map(classNames.map((label) => [label, none()]));
  for (const [label, counts] of classes) {
    const of = (what: 'found' | 'missed' | 'extra') => (stored[what][label] ?? 0) + (pending[what][label] ?? 0);
    counts.found = of('found');
    counts.both = Math.max(0, counts.found - of('missed'));
    counts.disputed = of('missed') + of('extra');
    for (const what of ['found', 'both', 'disputed'] as const) all[what] += counts[what];
  }
  const truth = { frames: stored.frames + pending.frames, all, classes, audited: 0, auditDefects: 0 };
  for (const card of state.cards.values()) {
    if (card.models.primary !== models.primary || card.models.candidate !== models.candidate) continue;
    if (card.kind === 'audit') {
      const settled = settledOf(card);
      if (settled === undefined) continue;
      truth.audited++;
      if (settled.verdict !== 'no defect') truth.auditDefects++;
    } else if (card.kind === 'disputed') {
      addCard(all, card);
      const ofClass = classes.get(card.label ?? '');
      if (ofClass !== undefined) addCard(ofClass, card);
    }
  }
  return truth;
}
