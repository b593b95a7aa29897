import { evidenceOfNotWorse, evidenceOfWinning } from './evidence';
import { judgedShare, type PairTruth, type TruthCounts } from './truth-counts';

/**
 * What people's answers say. `better`: surely, and nowhere worse by the margins. `not worse`: by the margins. `worse`: surely, in
 * defects or false alarms over all classes, and nowhere better. `mixed`: surely worse in something, but better in something else,
 * or worse in a class alone: that a person weighs. `open`: not known yet.
 */
export type Outcome = 'better' | 'not worse' | 'worse' | 'mixed' | 'open';

/** The two questions: who finds what is there, and who stops what is good. */
export type Question = 'defects' | 'false alarms';

export interface DecisionOptions {
  /** Share of the defects found by the model in use that the candidate may lose, net of what it gains; 0 … 1. */
  lossMargin: number;
  /** The same of each class, and the chance that one that loses more is ever called better or not worse; 0 … 1. */
  classLossMargin: number;
  classFalsePromote: number;
  /** False alarms more, per part, that the candidate may raise, net; 0 … 1. */
  falseAlarmMargin: number;
  /** Chance that one that is no better is ever called better, or one that is no worse ever worse; 0 … 1. */
  falseCall: number;
  /** Chance that one that is worse by a margin over all classes is ever called better or not worse; 0 … 1. */
  falsePromote: number;
}

/**
 * 4 of 100 defects and of 100 parts: below the 5 points that a line feels, with room for wrong answers, which make differences look
 * smaller. 1 % each: as for likeness. Of a single class 20 points at 5 %, since one class has few findings: a guard against a class
 * that gets lost, not a measure.
 */
export const DECISION_DEFAULTS: Readonly<DecisionOptions> = {
  lossMargin: 0.04,
  falseAlarmMargin: 0.04,
  falseCall: 0.01,
  falsePromote: 0.01,
  classLossMargin: 0.2,
  classFalsePromote: 0.05,
};

/** One stake for the guard of a class: about the best where one or two of 40 findings are lost. */
const CLASS_STAKES = [0.6];

/** One thing in which the candidate is surely better or worse. */
export interface Finding {
  question: Question;
  /** undefined: over all classes. */
  label?: string;
  /** Disputes that the candidate won, and lost. */
  won: number;
  lost: number;
}

export interface PeopleDecision {
  outcome: Outcome;
  better: Finding[];
  worse: Finding[];
  /** What is not shown yet for a promotion: a question over all classes, or a class that might get lost. */
  unproven: { question: Question; label?: string }[];
}

const WON: Record<Question, (counts: TruthCounts) => { won: number; lost: number }> = {
  defects: ({ gained, lost }) => ({ won: gained, lost }),
  'false alarms': ({ silenced, added }) => ({ won: silenced, lost: added }),
};
const QUESTIONS: readonly Question[] = ['defects', 'false alarms'];

/**
 * Decides by what people said, after any answer and as often as one likes.
 *
 * Better and worse: per question, and per class and question, an e-process on who was right in the disputes. Half of falseCall
 * goes to the questions over all classes, half to those per class, shared equally (Bonferroni). So a candidate that is right
 * as often as the model in use in everything is ever called better with probability at most falseCall, and ever called worse likewise.
 *
 * Promotion: the net loss over all classes, that of each class, and the net false alarms must each be shown to be below their
 * margins. One that exceeds a margin exceeds at least one, and that one is passed with probability at most falsePromote, or
 * classFalsePromote, so no correction is needed (intersection-union test, Berger 1982, Technometrics 24). What both models find
 * needs no answer here (Schatzkin, Connor, Taylor and Bunnag 1987, American Journal of Epidemiology 125). Where only a share of the
 * disputes is judged, the findings and parts around them count by that share: the judged ones are drawn without regard to the
 * models, and `npm run lab -- review-decisions` measures the error that remains.
 */
export function decideByPeople(truth: PairTruth, options: Partial<DecisionOptions> = {}): PeopleDecision {
  const settings = { ...DECISION_DEFAULTS, ...options };
  const { falseCall } = settings;
  const better: Finding[] = [];
  const worse: Finding[] = [];
  const call = (counts: TruthCounts, label: string | undefined, alpha: number) => {
    for (const question of QUESTIONS) {
      const { won, lost } = WON[question](counts);
      const finding = { question, ...(label !== undefined && { label }), won, lost };
      if (evidenceOfWinning(won, lost) >= Math.log(1 / alpha)) better.push(finding);
      if (evidenceOfWinning(lost, won) >= Math.log(1 / alpha)) worse.push(finding);
    }
  };
  call(truth.all, undefined, falseCall / 2 / QUESTIONS.length);
  for (const [label, counts] of truth.classes) {
    call(counts, label, falseCall / 2 / (QUESTIONS.length * truth.classes.size));
  }
  const unproven = notShown(truth, settings);
  return { outcome: outcomeOf(better, worse, unproven), better, worse, unproven };
}

function outcomeOf(better: Finding[], worse: Finding[], unproven: PeopleDecision['unproven']): Outcome {
  const isWorseOverAll = worse.some(({ label }) => label === undefined);
  // (a single class that loses may be the price for another that gains, which is not known yet)
  if (worse.length > 0) return isWorseOverAll && better.length === 0 ? 'worse' : 'mixed';
  if (unproven.length > 0) return 'open';
  return better.length > 0 ? 'better' : 'not worse';
}

function notShown(
  { frames, all, classes }: PairTruth,
  settings: Readonly<DecisionOptions>,
): PeopleDecision['unproven'] {
  const { lossMargin, falseAlarmMargin, classLossMargin, falsePromote, classFalsePromote } = settings;
  const enough = Math.log(1 / falsePromote);
  const unproven: PeopleDecision['unproven'] = [];
  // (a class whose disputes are all judged counts in full, one without any dispute as well)
  const shareOf = (counts: TruthCounts) => (counts.disputed === 0 ? 1 : judgedShare(counts));
  const units = [...classes.values()].reduce((sum, counts) => sum + counts.found * shareOf(counts), 0);
  if (evidenceOfNotWorse(units + all.gained, all.lost, all.gained, lossMargin) < enough)
    unproven.push({ question: 'defects' });
  const parts = frames * shareOf(all);
  if (evidenceOfNotWorse(parts, all.added, all.silenced, falseAlarmMargin) < enough) {
    unproven.push({ question: 'false alarms' });
  }
  for (const [label, counts] of classes) {
    const { found, lost, gained } = counts;
    const ofClass = found * shareOf(counts);
    const shown = evidenceOfNotWorse(ofClass + gained, lost, gained, classLossMargin, CLASS_STAKES);
    if (shown < Math.log(1 / classFalsePromote)) {
      unproven.push({ question: 'defects', label });
    }
  }
  return unproven;
}
