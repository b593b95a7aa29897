import type { Tiling } from '../../contract/tiling';
import type { DetectOutcome, DetectorLike } from '../../contract/detector';
import type { FrameInfo } from '../../contract/frame';
import type { RoutedDetector } from '../../detector/routed-detector';
import { inShare } from './sampling';

/** Why the shadow left a frame out; the line is never touched. */
export const DROP_REASONS = ['not sampled', 'shadow busy', 'line busy', 'no budget', 'candidate not ready'] as const;
export type DropReason = (typeof DROP_REASONS)[number];

export interface ShadowCounters {
  /** Frames that came: answered + unanswered + underWay + the sum of dropped. */
  offered: number;
  answered: number;
  /** Frames given to the candidate that it could not inspect. */
  unanswered: number;
  underWay: number;
  dropped: Record<DropReason, number>;
}

export interface ShadowRunnerOptions {
  /** Share of frames to look at, 0 … 1. */
  sample: number;
  /** Asked once per frame, right before it is handed over: false while the station has nothing to spend on shadows. */
  allowed: (runs: number) => boolean;
  /** The line must have been idle this long before the shadow starts: a line at full load is only idle for moments. */
  settleMs: number;
  /** A frame that finds the line busy for longer than this is dropped. */
  waitMs: number;
}

export const RUNNER_DEFAULTS: Readonly<ShadowRunnerOptions> = {
  sample: 0.25,
  allowed: () => true,
  settleMs: 15,
  waitMs: 500,
};

/** How often a waiting shadow looks whether the line is idle, ms. */
const LOOK_MS = 5;

export interface ShadowFrame {
  image: Uint8Array;
  frame: Partial<FrameInfo>;
  /** Stands for the frame where it has no id. */
  id: string;
  confidence: number | undefined;
  /** How the picture is cut: as the line's was. */
  tiling?: Tiling | undefined;
  /** Runs of the model that it will cost; absent: one. */
  runs?: number | undefined;
  /** Whether the scores of the whole grid are wanted with the answer. */
  scores?: boolean;
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/**
 * Runs a second model on frames of the line, one at a time, only while the line is idle. A frame it has no time for is
 * dropped here and counted.
 */
export class ShadowRunner {
  readonly #options: ShadowRunnerOptions;
  readonly #line: Pick<RoutedDetector, 'activity'>;
  readonly #dropped = Object.fromEntries(DROP_REASONS.map((reason) => [reason, 0])) as Record<DropReason, number>;
  #offered = 0;
  #answered = 0;
  #unanswered = 0;
  #busy = false;

  constructor(line: Pick<RoutedDetector, 'activity'>, options: Partial<ShadowRunnerOptions> = {}) {
    this.#line = line;
    this.#options = { ...RUNNER_DEFAULTS, ...options };
  }

  get counters(): ShadowCounters {
    return {
      offered: this.#offered,
      answered: this.#answered,
      unanswered: this.#unanswered,
      underWay: this.#busy ? 1 : 0,
      dropped: { ...this.#dropped },
    };
  }

  /**
   * Lets `other` look at a frame that the line has answered.
   *
   * @returns its answer, or why there is none
   */
  async offer(shadow: ShadowFrame, other: DetectorLike): Promise<DetectOutcome | DropReason> {
    this.#offered++;
    const refusal = this.#refusal(shadow.id, other);
    if (refusal !== undefined) return this.#drop(refusal);
    this.#busy = true;
    try {
      if (!(await this.#lineSettles())) return this.#drop('line busy');
      if (!this.#options.allowed(shadow.runs ?? 1)) return this.#drop('no budget');
      const { image, frame, confidence, scores, tiling } = shadow;
      const outcome = await other.detect({ image, frame, confidence, scores, ...(tiling && { tiling }) });
      if (outcome.inspected) this.#answered++;
      else this.#unanswered++;
      return outcome;
    } finally {
      this.#busy = false;
    }
  }

  /** Whether a frame that is offered now would be looked at, as far as that can be told before the line has it. */
  wants(id: string): boolean {
    return !this.#busy && inShare(id, this.#options.sample, 'shadow');
  }

  #refusal(id: string, other: DetectorLike): DropReason | undefined {
    if (!inShare(id, this.#options.sample, 'shadow')) return 'not sampled';
    if (this.#busy) return 'shadow busy';
    return other.stats().state === 'ready' ? undefined : 'candidate not ready';
  }

  #drop(reason: DropReason): DropReason {
    this.#dropped[reason]++;
    return reason;
  }

  /** Waits until the line has been idle for settleMs; false when that does not happen within waitMs. */
  async #lineSettles(): Promise<boolean> {
    const { settleMs, waitMs } = this.#options;
    const startedMs = performance.now();
    let idleSinceMs: number | undefined;
    let answeredBefore = -1;
    for (;;) {
      const { inFlight, offered } = this.#line.activity();
      const nowMs = performance.now();
      // a frame that came and went between two looks ends the quiet as well
      if (inFlight > 0 || offered !== answeredBefore) idleSinceMs = undefined;
      answeredBefore = offered;
      if (inFlight === 0) {
        idleSinceMs ??= nowMs;
        if (nowMs - idleSinceMs >= settleMs) return true;
      }
      if (nowMs - startedMs > waitMs) return false;
      await pause(LOOK_MS);
    }
  }
}
