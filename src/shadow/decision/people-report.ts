import { clopperPearson, wilson, Z_95, type Share } from '../../kit/intervals';
import type { ReviewStats } from '../review/review-store';
import type { Finding, Outcome, PeopleDecision, Question } from './decide';
import { judgedOf, judgedShare, type PairTruth, type TruthCounts } from './truth-counts';

/** A figure with its 95 % interval. */
export interface Estimate {
  value: number;
  low: number;
  high: number;
}

/** What people said about one class, in counts. */
export interface ClassTruth {
  label: string;
  /** Real defects that only the candidate found, and that only the model in use found. */
  gained: number;
  lost: number;
  /** False alarms that only the model in use raised, and that only the candidate raised. */
  silenced: number;
  added: number;
}

/** What people's answers say about two models: part of a shadow's report. Never an absolute recall: that takes more than disputes. */
export interface PeopleReport {
  outcome: Outcome;
  /** All of it in sentences. */
  text: string;
  /** Findings that one model had alone; how many of them are judged, and of how many nobody could tell or people disagree. */
  disputed: number;
  judged: number;
  unclear: number;
  /** Of the judged ones, those in which the candidate was right. */
  right: Share;
  defects: {
    gained: number;
    lost: number;
    /**
     * Defects that the candidate finds for each one that the model in use finds, where what both find is taken as real; null: not
     * enough is judged.
     */
    relative: Estimate | null;
  };
  falseAlarms: {
    silenced: number;
    added: number;
    /** More (or fewer, below 0) false alarms of the candidate per 1,000 parts; null: not enough is judged. */
    morePerThousandParts: Estimate | null;
  };
  classes: ClassTruth[];
  better: Finding[];
  worse: Finding[];
  /** What is not shown yet for a promotion. */
  unproven: { question: Question; label?: string }[];
  /** Parts that both passed and a person looked at: those with a defect, with the exact 95 % interval. */
  audit: Share;
  /** Cards that two people answered the same, and Cohen's kappa. */
  agreement: ReviewStats['agreement'];
  /** Cards that wait for a first, and for a second answer. */
  queue: { open: number; second: number };
}

/**
 * Ratio of the defects that two models find in the same parts, from the counts of both and of each alone, with the interval for
 * matched pairs on the log scale (Schatzkin et al. 1987, American Journal of Epidemiology 125; Chock, Irwig, Berry and Glasziou
 * 1997, Journal of Clinical Epidemiology 50).
 */
function relativeRate({ both, gained, lost }: TruthCounts, share: number): Estimate | null {
  const agreed = both * share;
  const [candidate, primary] = [agreed + gained, agreed + lost];
  if (share === 0 || candidate === 0 || primary === 0) return null;
  const value = candidate / primary;
  const half = Z_95 * Math.sqrt((gained + lost) / (candidate * primary));
  return { value, low: value * Math.exp(-half), high: value * Math.exp(half) };
}

/** Difference of two paired rates with the interval of its normal approximation, per 1,000 parts. */
function netPerThousand({ added, silenced }: TruthCounts, parts: number): Estimate | null {
  if (parts < 1) return null;
  const net = (added - silenced) / parts;
  const half = Z_95 * Math.sqrt(Math.max(0, (added + silenced) / parts - net * net) / parts);
  return { value: 1000 * net, low: 1000 * (net - half), high: 1000 * (net + half) };
}

export function peopleReport(truth: PairTruth, decision: PeopleDecision, stats: ReviewStats): PeopleReport {
  const { all, classes, frames, audited, auditDefects } = truth;
  const share = judgedShare(all);
  const right = wilson(all.gained + all.silenced, judgedOf(all) - all.otherClass);
  const audit = clopperPearson(auditDefects, audited);
  return {
    outcome: decision.outcome,
    text: sentences(truth, decision, right, audit).join(' '),
    disputed: all.disputed,
    judged: judgedOf(all),
    unclear: all.unclear,
    right,
    defects: { gained: all.gained, lost: all.lost, relative: relativeRate(all, share) },
    falseAlarms: {
      silenced: all.silenced,
      added: all.added,
      morePerThousandParts: netPerThousand(all, frames * share),
    },
    classes: [...classes].map(([label, { gained, lost, silenced, added }]) => ({
      label,
      gained,
      lost,
      silenced,
      added,
    })),
    better: decision.better,
    worse: decision.worse,
    unproven: decision.unproven,
    audit,
    agreement: stats.agreement,
    queue: { open: stats.open, second: stats.second },
  };
}

const QUESTION_TEXT: Record<Question, string> = { defects: 'in finding defects', 'false alarms': 'in false alarms' };

function nameOf({ question, label }: { question: Question; label?: string }): string {
  return label === undefined ? QUESTION_TEXT[question] : `${QUESTION_TEXT[question]} of class ${label}`;
}

function namesOf(list: readonly { question: Question; label?: string }[]): string {
  // what holds over all classes need not be repeated for each
  const overAll = new Set(list.filter(({ label }) => label === undefined).map(({ question }) => question));
  const named = list.filter(({ question, label }) => label === undefined || !overAll.has(question));
  return named.map(nameOf).join(' and ');
}

const OUTCOME_TEXT: Record<Outcome, (decision: PeopleDecision) => string> = {
  better: ({ better }) => `The new model is better ${namesOf(better)}, and nowhere worse by the margins.`,
  'not worse': () => 'The new model is not worse by the margins; that it is better is not shown.',
  worse: ({ worse }) => `The new model is worse ${namesOf(worse)}.`,
  mixed: ({ better, worse }) =>
    better.length > 0
      ? `The new model is better ${namesOf(better)} and worse ${namesOf(worse)}: a person decides.`
      : `The new model is worse ${namesOf(worse)}, and whether it is better elsewhere is not known: a person decides.`,
  open: ({ better, unproven }) => {
    const first = better.length > 0 ? `The new model is better ${namesOf(better)}. ` : '';
    return `${first}Not shown yet: that it is not worse ${namesOf(unproven)}.`;
  },
};

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

/** What is known, in words: 'Of 41 disputed findings judged by people the new model was right in 33.' */
function sentences({ all }: PairTruth, decision: PeopleDecision, right: Share, audit: Share): string[] {
  const { gained, lost, silenced, added } = all;
  if (judgedOf(all) === 0) return ['Nobody has judged a disputed finding yet.'];
  return [
    `Of ${right.of} disputed findings judged by people the new model was right in ${right.count}.`,
    `Defects that one alone found: ${gained} by the new model, ${lost} by the one in use; false alarms of one alone: ${added} by the new model, ${silenced} by the one in use.`,
    OUTCOME_TEXT[decision.outcome](decision),
    ...(audit.of > 0
      ? [`Of ${audit.of} parts that both passed ${audit.count} had a defect: surely less than ${percent(audit.high)}.`]
      : []),
  ];
}
