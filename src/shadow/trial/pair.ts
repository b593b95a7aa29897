import type { DetectOutcome, ModelInfo } from '../../contract/detector';
import type { Detection } from '../../contract/detection';
import { meanAbsoluteDifference, sameShape, shapeText, type ScoreMap } from '../../contract/score-map';
import { nms } from '../../detect/nms';
import type { FrameInfo } from '../../contract/frame';
import { compareFrame, type CompareOptions, type FrameComparison } from '../compare/compare';
import type { DisputedRecord } from '../evidence/disputed-record';
import type { DisputedStore } from '../evidence/disputed-store';
import type { Share } from '../../kit/intervals';
import type { Tiling } from '../../contract/tiling';
import type { ClassLimit, PairLimits } from '../compare/limits';
import { Judge, type JudgeOptions, type TrialJudgement } from '../compare/judge';
import { RollingStatistics, type ShadowStatistics } from '../compare/statistics';

/** A frame that the line has answered. */
export interface LineFrame {
  image: Uint8Array;
  frame: Partial<FrameInfo>;
  id: string;
  detections: Detection[];
  /** Of the upright picture, pixels; unknown: taken from the other model's answer. */
  size?: { width: number; height: number };
  /** Threshold that the line's detections have passed; undefined: the model's own. */
  confidence?: number;
  /** How the line's picture was cut, where it was. */
  tiling?: Tiling | undefined;
  /** Runs of the model that the line's answer took; absent: one. */
  runs?: number | undefined;
  /** What counts of each model's findings in this frame; undefined: `confidence` of both. */
  limits?: PairLimits;
  answeredBy: 'primary' | 'candidate';
  /** Of the model that answered. null: it has none; undefined: not asked for. */
  scores?: ScoreMap | null;
}

export interface PairOptions {
  primary: ModelInfo;
  candidate: ModelInfo;
  compare: CompareOptions;
  judge: Partial<Omit<JudgeOptions, 'classNames'>>;
  disputed: DisputedStore | undefined;
}

export interface PairResult {
  comparison: FrameComparison;
  judgement: TrialJudgement;
  /** Resolves with the saved record; undefined: nothing to save, or it is there already. Rejects with IO_FAILED. */
  saved: Promise<DisputedRecord | undefined>;
}

/** A model's answer to a frame. */
export type Answer = Extract<DetectOutcome, { inspected: true }>;

/** Two models on the same frames: what they agree on, and what follows from it. */
export class ModelPair {
  readonly primary: ModelInfo;
  readonly candidate: ModelInfo;
  readonly #options: PairOptions;
  readonly #statistics: RollingStatistics;
  readonly #judge: Judge;
  #noTensorDifference: string | undefined;

  constructor(options: PairOptions) {
    this.#options = options;
    this.primary = options.primary;
    this.candidate = options.candidate;
    this.#statistics = new RollingStatistics(options.primary.classNames);
    this.#judge = new Judge({ classNames: options.primary.classNames, ...options.judge });
  }

  get judgement(): TrialJudgement {
    return this.#judge.judgement;
  }

  get disagreement(): Share {
    return this.#statistics.disagreement;
  }

  get statistics(): ShadowStatistics {
    const { current } = this.#statistics;
    const reason = this.#noTensorDifference;
    return reason === undefined ? current : { ...current, tensorDifference: null, noTensorDifference: reason };
  }

  /** Whether the models' score tensors can be compared, as far as is known. */
  get comparesTensors(): boolean {
    return this.#noTensorDifference === undefined;
  }

  /** The other model answered the same frame. */
  answered(line: LineFrame, other: Answer): PairResult {
    const seen = this.seen(line, other);
    const { confidence = this.#options.compare.confidence, limits } = line;
    const comparison = compareFrame(seen.primary, seen.candidate, { ...this.#options.compare, confidence, limits });
    const lowest = (limit: ClassLimit | undefined, { label }: Detection) =>
      (limit?.(label) ?? confidence) - this.#options.compare.margin;
    // (the other model is asked for more than counts, for the threshold aid: no record holds that)
    const [primary, candidate] = (['primary', 'candidate'] as const).map((model) =>
      seen[model].filter((one) => one.confidence >= lowest(limits?.[model], one)),
    ) as [Detection[], Detection[]];
    this.#statistics.add(comparison, this.#tensorDifference(line.scores, other.scores));
    const judgement = this.#judge.compared(comparison);
    const disputed = comparison.disagrees || comparison.flip !== 'none';
    const saved = disputed ? this.#save(line, other, primary, candidate, comparison) : Promise.resolve(undefined);
    return { comparison, judgement, saved };
  }

  /** What each of the two saw, after NMS. */
  seen(line: LineFrame, other: Answer): Record<'primary' | 'candidate', Detection[]> {
    const [ours, theirs] = [nms(line.detections), nms(other.detections)];
    return line.answeredBy === 'primary' ? { primary: ours, candidate: theirs } : { primary: theirs, candidate: ours };
  }

  /** undefined: not taken for this frame, or not to be had from these models; then the reason is kept. */
  #tensorDifference(ours: LineFrame['scores'], theirs: LineFrame['scores']): number | undefined {
    if (ours === undefined || theirs === undefined) return undefined;
    if (ours === null || theirs === null) {
      this.#noTensorDifference = 'At least one of the models gives a list of detections instead of scores over a grid';
      return undefined;
    }
    if (sameShape(ours, theirs)) return meanAbsoluteDifference(ours, theirs);
    this.#noTensorDifference = `The models' scores have different shapes: ${shapeText(ours)} and ${shapeText(theirs)}`;
    return undefined;
  }

  /** The candidate had a frame and gave no answer. */
  failed(): TrialJudgement {
    return this.#judge.failed();
  }

  async #save(
    line: LineFrame,
    other: Answer,
    primary: Detection[],
    candidate: Detection[],
    { missed, extra, flip }: FrameComparison,
  ): Promise<DisputedRecord | undefined> {
    const identity = ({ name, version, sha256 }: ModelInfo) => ({ name, version, sha256 });
    const models = { primary: identity(this.primary), candidate: identity(this.candidate) };
    return this.#options.disputed?.save(line.image, {
      frame: line.frame,
      size: line.size ?? other.image,
      models,
      classNames: this.primary.classNames,
      answeredBy: line.answeredBy,
      primary,
      candidate,
      missed,
      extra,
      flip,
    });
  }
}
