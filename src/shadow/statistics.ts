import type { FrameComparison } from './compare';
import { meanOf, wilson, type MeanEstimate, type Share } from './intervals';

export interface ClassStatistics {
  label: string;
  /** Of what the primary saw of this class, the share that the candidate did not. */
  missed: Share;
  /** Share of frames with something of this class that only the candidate saw. */
  extra: Share;
  /** Overlap of the boxes of what both saw. */
  boxIou: MeanEstimate;
  /** Candidate minus primary. */
  confidenceShift: MeanEstimate;
}

export interface ShadowStatistics {
  frames: number;
  /** Share of frames in which anything was missed or extra. */
  disagreement: Share;
  passToFail: Share;
  failToPass: Share;
  boxIou: MeanEstimate;
  confidenceShift: MeanEstimate;
  classes: ClassStatistics[];
}

/** Frames that the rolling figures look back on. */
export const WINDOW_FRAMES = 1000;

/** Sums of one class, or of all, over the window; frames leave the way they came. */
class Tally {
  seen = 0;
  missed = 0;
  framesWithExtra = 0;
  matched = 0;
  iou = 0;
  iouSquared = 0;
  shift = 0;
  shiftSquared = 0;

  apply({ matched, missed, extra }: Pick<FrameComparison, 'matched' | 'missed' | 'extra'>, sign: 1 | -1): void {
    this.seen += sign * (matched.length + missed.length);
    this.missed += sign * missed.length;
    if (extra.length > 0) this.framesWithExtra += sign;
    this.matched += sign * matched.length;
    for (const pair of matched) {
      this.iou += sign * pair.iou;
      this.iouSquared += sign * pair.iou ** 2;
      this.shift += sign * pair.confidenceShift;
      this.shiftSquared += sign * pair.confidenceShift ** 2;
    }
  }

  get boxIou(): MeanEstimate {
    return meanOf(this.matched, this.iou, this.iouSquared);
  }

  get confidenceShift(): MeanEstimate {
    return meanOf(this.matched, this.shift, this.shiftSquared);
  }
}

/** Figures over the last frames that both models answered, with 95 % intervals. */
export class RollingStatistics {
  readonly #windowFrames: number;
  readonly #frames: FrameComparison[] = [];
  readonly #all = new Tally();
  readonly #classes: Map<string, Tally>;
  #disagreeing = 0;
  #passToFail = 0;
  #failToPass = 0;

  constructor(classNames: readonly string[], windowFrames = WINDOW_FRAMES) {
    this.#windowFrames = windowFrames;
    this.#classes = new Map(classNames.map((label) => [label, new Tally()]));
  }

  add(comparison: FrameComparison): void {
    this.#frames.push(comparison);
    this.#apply(comparison, 1);
    const oldest = this.#frames.length > this.#windowFrames ? this.#frames.shift() : undefined;
    if (oldest !== undefined) this.#apply(oldest, -1);
  }

  #apply(comparison: FrameComparison, sign: 1 | -1): void {
    this.#all.apply(comparison, sign);
    for (const [label, tally] of this.#classes) {
      tally.apply(
        {
          matched: comparison.matched.filter(({ primary }) => primary.label === label),
          missed: comparison.missed.filter((detection) => detection.label === label),
          extra: comparison.extra.filter((detection) => detection.label === label),
        },
        sign,
      );
    }
    if (comparison.disagrees) this.#disagreeing += sign;
    if (comparison.flip === 'PASS to FAIL') this.#passToFail += sign;
    if (comparison.flip === 'FAIL to PASS') this.#failToPass += sign;
  }

  get disagreement(): Share {
    return wilson(this.#disagreeing, this.#frames.length);
  }

  get current(): ShadowStatistics {
    const frames = this.#frames.length;
    return {
      frames,
      disagreement: this.disagreement,
      passToFail: wilson(this.#passToFail, frames),
      failToPass: wilson(this.#failToPass, frames),
      boxIou: this.#all.boxIou,
      confidenceShift: this.#all.confidenceShift,
      classes: [...this.#classes].map(([label, tally]) => ({
        label,
        missed: wilson(tally.missed, tally.seen),
        extra: wilson(tally.framesWithExtra, frames),
        boxIou: tally.boxIou,
        confidenceShift: tally.confidenceShift,
      })),
    };
  }
}
