import { wilson, type Share } from '../../kit/intervals';
import type { FrameComparison } from './compare';
import { SequentialRate, type ErrorRates, type RateLimits } from './sequential';

/**
 * What the likeness of two models says. `promote`: alike, it may go on by itself. `reject`: harmful beyond doubt.
 * `different`: they differ, and likeness cannot tell which of the two is right, so a person decides. `keep`: not known yet.
 */
export type Decision = 'promote' | 'keep' | 'different' | 'reject';

/** One way in which the candidate surely differs from the model in use. */
export interface Difference {
  /** `missed`: of what the model in use saw. `extra`: frames in which only the candidate saw it. */
  kind: 'missed' | 'extra';
  /** undefined: over all classes, where no single class stands out. */
  label?: string;
  rate: Share;
}

export interface TrialJudgement {
  decision: Decision;
  /** Why, in words. */
  reason: string;
  /** Class that decided a rejection, or that differs most. */
  label?: string;
  /** Frames compared until here. */
  frames: number;
  /** What differs, the surest first; empty unless the decision is `different` or `reject`. */
  differences: Difference[];
}

export interface JudgeOptions {
  classNames: readonly string[];
  /** Share of the primary's detections of a class that the candidate misses. */
  missed: RateLimits;
  /** Share of frames in which the candidate sees something of a class that the primary does not. */
  extra: RateLimits;
  /** Share of frames that the candidate does not answer. */
  failed: RateLimits;
  /** The same share as `missed`, from where on the candidate is taken for blind: harmful, whatever a person might say. */
  blind: RateLimits;
  errors: ErrorRates;
  /** No promotion before this many frames were compared. */
  minimumFrames: number;
}

/**
 * Defaults: a class may be missed in 2 % of its occurrences and not in 10 %; extra detections in 1 % of all frames and
 * not in 5 %. Blind: more than half of a class is missed; a better model may well drop false alarms, but hardly that many.
 * The error rates hold for all classes together. 50 frames: no decision for a model on a handful of pictures.
 */
export const JUDGE_DEFAULTS: Omit<JudgeOptions, 'classNames'> = {
  missed: { acceptable: 0.02, unacceptable: 0.1 },
  extra: { acceptable: 0.01, unacceptable: 0.05 },
  failed: { acceptable: 0.005, unacceptable: 0.05 },
  blind: { acceptable: 0.5, unacceptable: 0.9 },
  errors: { falseReject: 0.01, falsePromote: 0.01 },
  minimumFrames: 50,
};

type Kind = 'missed' | 'extra' | 'failed' | 'blind';

interface Stream {
  kind: Kind;
  /** undefined: over all classes. */
  label: string | undefined;
  rate: SequentialRate;
}

const percent = (share: number) => `${(share * 100).toFixed(1)} %`;

const missedText = (label: string, counts: string) =>
  `The candidate misses ${label}: ${counts} that the model in use saw`;

/** Kinds that are harmful beyond doubt, and what is said then. */
const HARMFUL: Partial<Record<Kind, (label: string, counts: string) => string>> = {
  blind: missedText,
  failed: (_label, counts) => `The candidate gave no answer for ${counts} frames`,
};

const DIFFERENCES: Record<Difference['kind'], (label: string, counts: string) => string> = {
  missed: (label, counts) => `it does not see ${counts} ${label} that the model in use sees`,
  extra: (label, counts) => `it sees ${label} in ${counts} frames where the model in use sees none`,
};

function differenceText({ kind, label = 'findings', rate: { count, of, share = 0 } }: Difference): string {
  return DIFFERENCES[kind](label, `${count} of ${of} (${percent(share)})`);
}

const isDifference = (kind: Kind): kind is Difference['kind'] => kind === 'missed' || kind === 'extra';
const byEvidence = (a: Stream, b: Stream) => b.rate.evidenceAgainst - a.rate.evidenceAgainst;
const isAgainst = ({ rate }: Stream) => rate.decision === 'unacceptable';

/**
 * Tells how like a candidate is to the model in use, by sequential tests, one per class and kind of disagreement. It
 * cannot tell which of the two is right: a better candidate differs as much as a worse one (Lipman & Astles 1998, Clinical
 * Chemistry 44; the truth is needed where two tests disagree: Schatzkin et al. 1987, American Journal of Epidemiology 125).
 *
 * Different: any test of what is missed or extra may say so. Half of falseReject goes to the test over all classes; the
 * other half is shared equally by the rest (Bonferroni). So a candidate that is acceptable in every rate is ever called
 * different with probability at most falseReject.
 * Rejecting: only when it does not answer, or misses most of what the model in use sees, of a class or of all; the errors
 * are shared in the same way. So one that answers, and misses at most half of each class, is ever rejected with
 * probability at most falseReject.
 * Promoting: every test must accept, each at falsePromote. A bad candidate is bad in at least one rate, and that one
 * accepts with probability at most falsePromote, so no correction is needed (intersection-union test, Berger 1982,
 * Technometrics 24). A class that the line never shows is never accepted: the answer then stays `keep`, naming it.
 */
export class Judge {
  readonly #options: JudgeOptions;
  readonly #streams: Stream[] = [];
  #frames = 0;
  #rejected: TrialJudgement | undefined;

  constructor(options: Partial<JudgeOptions> & Pick<JudgeOptions, 'classNames'>) {
    this.#options = { ...JUDGE_DEFAULTS, ...options };
    const { classNames, missed, extra, failed, blind, errors } = this.#options;
    const half = errors.falseReject / 2;
    const shared = half / (2 * classNames.length + 1);
    const add = (kind: Kind, label: string | undefined, limits: RateLimits, alpha: number) =>
      this.#streams.push({ kind, label, rate: new SequentialRate(limits, alpha, errors.falsePromote) });
    add('missed', undefined, missed, half);
    add('blind', undefined, blind, half);
    for (const label of classNames) {
      add('missed', label, missed, shared);
      add('extra', label, extra, shared);
      add('blind', label, blind, shared);
    }
    add('failed', undefined, failed, shared);
  }

  /** A frame that both models answered. */
  compared(comparison: FrameComparison): TrialJudgement {
    this.#frames++;
    const labels = (detections: { label: string }[]) => new Set(detections.map(({ label }) => label));
    const extra = labels(comparison.extra);
    for (const { kind, label, rate } of this.#streams) {
      if (kind === 'failed') rate.add(false);
      else if (kind === 'extra') rate.add(extra.has(label ?? ''));
      else {
        const counts = (detection: { label: string }) => label === undefined || detection.label === label;
        for (const pair of comparison.matched) if (counts(pair.primary)) rate.add(false);
        for (const detection of comparison.missed) if (counts(detection)) rate.add(true);
      }
    }
    return this.judgement;
  }

  /** A frame that the candidate could not answer: it counts against it. */
  failed(): TrialJudgement {
    this.#frames++;
    for (const { kind, rate } of this.#streams) if (kind === 'failed') rate.add(true);
    return this.judgement;
  }

  get judgement(): TrialJudgement {
    this.#rejected ??= this.#rejection();
    return this.#rejected ?? this.#difference() ?? this.#waiting() ?? this.#promotion();
  }

  #rejection(): TrialJudgement | undefined {
    const against = this.#streams.filter((stream) => stream.kind in HARMFUL && isAgainst(stream)).sort(byEvidence)[0];
    if (against === undefined) return undefined;
    const { kind } = against;
    // the test over all classes found it: the class to name is the one with the most against it
    const ofClass = this.#streams.filter((stream) => stream.kind === kind && stream.label !== undefined);
    const { label, rate } = against.label === undefined ? (ofClass.sort(byEvidence)[0] ?? against) : against;
    const reason = HARMFUL[kind]?.(label ?? '', `${rate.failures} of ${rate.observed}`) ?? '';
    return { decision: 'reject', reason, label, frames: this.#frames, differences: this.#differences() };
  }

  /** What surely differs, the surest first; the test over all classes speaks only where no class does. */
  #differences(): Difference[] {
    const found = this.#streams.filter((stream) => isDifference(stream.kind) && isAgainst(stream)).sort(byEvidence);
    const ofClass = found.filter(({ label }) => label !== undefined);
    return (ofClass.length > 0 ? ofClass : found).flatMap(({ kind, label, rate }) =>
      isDifference(kind) ? [{ kind, label, rate: wilson(rate.failures, rate.observed) }] : [],
    );
  }

  #difference(): TrialJudgement | undefined {
    const differences = this.#differences();
    if (differences.length === 0) return undefined;
    const what = differences.map(differenceText).join('; ');
    const reason = `The candidate differs: ${what}. Which of the two is right, a person must say: see the disputed frames`;
    return { decision: 'different', reason, label: differences[0]?.label, frames: this.#frames, differences };
  }

  #waiting(): TrialJudgement | undefined {
    // (not blind follows from not missing)
    const undecided = this.#streams.filter(({ kind, rate }) => kind !== 'blind' && rate.decision !== 'acceptable');
    const slowest = undecided.sort((a, b) => b.rate.stillNeeded - a.rate.stillNeeded)[0];
    const frames = this.#frames;
    if (slowest === undefined && frames >= this.#options.minimumFrames) return undefined;
    if (slowest === undefined) {
      return {
        decision: 'keep',
        reason: `${this.#options.minimumFrames - frames} more frames are needed`,
        frames,
        differences: [],
      };
    }
    const { kind, label, rate } = slowest;
    const what = kind === 'missed' ? `occurrences of ${label ?? 'defects'}` : 'frames';
    return {
      decision: 'keep',
      reason: `At least ${rate.stillNeeded} more ${what} are needed`,
      frames,
      differences: [],
    };
  }

  #promotion(): TrialJudgement {
    const { missed, errors } = this.#options;
    const reason = `No class is missed in ${percent(missed.unacceptable)} or more, at ${percent(errors.falsePromote)} error`;
    return { decision: 'promote', reason, frames: this.#frames, differences: [] };
  }
}
