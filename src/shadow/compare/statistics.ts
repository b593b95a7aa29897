import type { FrameComparison } from './compare';
import { meanOf, wilson, type MeanEstimate, type Share } from '../../kit/intervals';

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
  /**
   * Mean absolute difference of the two score tensors (every class at every place of the grid, 0 … 1) over the frames of
   * which both were kept; null when there is none to take, and `noTensorDifference` says why.
   */
  tensorDifference: MeanEstimate | null;
  noTensorDifference?: string;
  classes: ClassStatistics[];
}

/** Frames that the rolling figures look back on. */
export const WINDOW_FRAMES = 1000;

/** Values that come and go, for their mean. */
class Sum {
  #of = 0;
  #sum = 0;
  #squares = 0;

  apply(value: number, sign: 1 | -1): void {
    this.#of += sign;
    this.#sum += sign * value;
    this.#squares += sign * value ** 2;
  }

  get mean(): MeanEstimate {
    return meanOf(this.#of, this.#sum, this.#squares);
  }
}

/** Sums of one class, or of all, over the window; frames leave the way they came. */
class Tally {
  seen = 0;
  missed = 0;
  framesWithExtra = 0;
  readonly #iou = new Sum();
  readonly #shift = new Sum();

  apply({ matched, missed, extra }: Pick<FrameComparison, 'matched' | 'missed' | 'extra'>, sign: 1 | -1): void {
    this.seen += sign * (matched.length + missed.length);
    this.missed += sign * missed.length;
    if (extra.length > 0) this.framesWithExtra += sign;
    for (const pair of matched) {
      this.#iou.apply(pair.iou, sign);
      this.#shift.apply(pair.confidenceShift, sign);
    }
  }

  get boxIou(): MeanEstimate {
    return this.#iou.mean;
  }

  get confidenceShift(): MeanEstimate {
    return this.#shift.mean;
  }
}

interface Frame {
  comparison: FrameComparison;
  /** Mean absolute difference of the score tensors; undefined: not taken for this frame. */
  tensorDifference: number | undefined;
}

/** Figures over the last frames that both models answered, with 95 % intervals. */
export class RollingStatistics {
  readonly #windowFrames: number;
  readonly #frames: Frame[] = [];
  readonly #all = new Tally();
  readonly #classes: Map<string, Tally>;
  readonly #tensors = new Sum();
  #disagreeing = 0;
  #passToFail = 0;
  #failToPass = 0;

  constructor(classNames: readonly string[], windowFrames = WINDOW_FRAMES) {
    this.#windowFrames = windowFrames;
    this.#classes = new Map(classNames.map((label) => [label, new Tally()]));
  }

  add(comparison: FrameComparison, tensorDifference?: number): void {
    const frame = { comparison, tensorDifference };
    this.#frames.push(frame);
    this.#apply(frame, 1);
    const oldest = this.#frames.length > this.#windowFrames ? this.#frames.shift() : undefined;
    if (oldest !== undefined) this.#apply(oldest, -1);
  }

  #apply({ comparison, tensorDifference }: Frame, sign: 1 | -1): void {
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
    if (tensorDifference !== undefined) this.#tensors.apply(tensorDifference, sign);
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
      tensorDifference: this.#tensors.mean,
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
