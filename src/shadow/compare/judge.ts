import type { FrameComparison } from './compare';
import { SequentialRate, type ErrorRates, type RateLimits } from './sequential';

export type Decision = 'promote' | 'keep' | 'reject';

export interface TrialJudgement {
  decision: Decision;
  /** One sentence: why. */
  reason: string;
  /** Class that decided a rejection. */
  label?: string;
  /** Frames compared until here. */
  frames: number;
}

export interface JudgeOptions {
  classNames: readonly string[];
  /** Share of the primary's detections of a class that the candidate misses. */
  missed: RateLimits;
  /** Share of frames in which the candidate sees something of a class that the primary does not. */
  extra: RateLimits;
  /** Share of frames that the candidate does not answer. */
  failed: RateLimits;
  errors: ErrorRates;
  /** No promotion before this many frames were compared. */
  minimumFrames: number;
}

/**
 * Defaults: a class may be missed in 2 % of its occurrences and not in 10 %; extra detections in 1 % of all frames and
 * not in 5 %. The error rates hold for all classes together. 50 frames: no decision for a model on a handful of pictures.
 */
export const JUDGE_DEFAULTS: Omit<JudgeOptions, 'classNames'> = {
  missed: { acceptable: 0.02, unacceptable: 0.1 },
  extra: { acceptable: 0.01, unacceptable: 0.05 },
  failed: { acceptable: 0.005, unacceptable: 0.05 },
  errors: { falseReject: 0.01, falsePromote: 0.01 },
  minimumFrames: 50,
};

type Kind = 'missed' | 'extra' | 'failed';

interface Stream {
  kind: Kind;
  /** undefined: over all classes. */
  label: string | undefined;
  rate: SequentialRate;
}

const percent = (share: number) => `${(share * 100).toFixed(1)} %`;

const REJECTIONS: Record<Kind, (label: string, counts: string) => string> = {
  missed: (label, counts) => `The candidate misses ${label}: ${counts} that the model in use saw`,
  extra: (label, counts) => `The candidate sees ${label} in ${counts} frames where the model in use sees none`,
  failed: (_label, counts) => `The candidate gave no answer for ${counts} frames`,
};

/**
 * Decides between two models by sequential tests, one per class and kind of disagreement.
 *
 * Rejecting: any test may reject. Half of falseReject goes to the test over all classes, which is the fastest against a
 * model that sees nothing; the other half is shared equally by the rest (Bonferroni). So a candidate that is good in
 * every rate is ever rejected with probability at most falseReject.
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
    const { classNames, missed, extra, failed, errors } = this.#options;
    const half = errors.falseReject / 2;
    const shared = half / (2 * classNames.length + 1);
    const add = (kind: Kind, label: string | undefined, limits: RateLimits, alpha: number) =>
      this.#streams.push({ kind, label, rate: new SequentialRate(limits, alpha, errors.falsePromote) });
    add('missed', undefined, missed, half);
    for (const label of classNames) {
      add('missed', label, missed, shared);
      add('extra', label, extra, shared);
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
    return this.#rejected ?? this.#waiting() ?? this.#promotion();
  }

  #rejection(): TrialJudgement | undefined {
    const byEvidence = (a: Stream, b: Stream) => b.rate.evidenceAgainst - a.rate.evidenceAgainst;
    const against = this.#streams.filter(({ rate }) => rate.decision === 'unacceptable').sort(byEvidence)[0];
    if (against === undefined) return undefined;
    const { kind } = against;
    // the test over all classes found it: the class to name is the one with the most against it
    const ofClass = this.#streams.filter((stream) => stream.kind === kind && stream.label !== undefined);
    const { label, rate } = against.label === undefined ? (ofClass.sort(byEvidence)[0] ?? against) : against;
    const reason = REJECTIONS[kind](label ?? '', `${rate.failures} of ${rate.observed}`);
    return { decision: 'reject', reason, label, frames: this.#frames };
  }

  #waiting(): TrialJudgement | undefined {
    const undecided = this.#streams.filter(({ rate }) => rate.decision !== 'acceptable');
    const slowest = undecided.sort((a, b) => b.rate.stillNeeded - a.rate.stillNeeded)[0];
    const frames = this.#frames;
    if (slowest === undefined && frames >= this.#options.minimumFrames) return undefined;
    if (slowest === undefined) {
      return { decision: 'keep', reason: `${this.#options.minimumFrames - frames} more frames are needed`, frames };
    }
    const { kind, label, rate } = slowest;
    const what = kind === 'missed' ? `occurrences of ${label ?? 'defects'}` : 'frames';
    return { decision: 'keep', reason: `At least ${rate.stillNeeded} more ${what} are needed`, frames };
  }

  #promotion(): TrialJudgement {
    const { missed, errors } = this.#options;
    const reason = `No class is missed in ${percent(missed.unacceptable)} or more, at ${percent(errors.falsePromote)} error`;
    return { decision: 'promote', reason, frames: this.#frames };
  }
}
