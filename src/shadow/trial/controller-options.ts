import type { DetectorLike, DetectorOptions } from '../../contract/detector';
import { HEALTH_DEFAULTS, type HealthLimits } from './health';
import type { JudgeOptions } from '../compare/judge';
import type { DecisionOptions } from '../decision/decide';
import type { PartLog } from '../review/part-log';
import type { ReviewStore } from '../review/review-store';
import type { RoutedDetector } from '../../detector/routed-detector';
import type { ShadowRunnerOptions } from './shadow-runner';

export interface ShadowSettings {
  /** Share of frames that the candidate looks at, 0 … 1. */
  sample: number;
  /** Share of frames with a disagreement above which an alarm is raised, 0 … 1. */
  threshold: number;
  /** What counts as a detection, 0 … 1; undefined: as the frame's message says, else the model in use. */
  confidence: number | undefined;
  /** Share of parts that the candidate answers as a canary, 0 … 1; 0: no canary, straight to promoted. */
  canaryShare: number;
  /** Parts that a canary must have answered before it is promoted. */
  canaryParts: number;
  /**
   * Whether a candidate that passed the test moves on by itself, and a harmful one is rejected by itself; else both wait
   * for a command, the harmful one paused. One that differs waits for people in either case: what their answers show then leads
   * to promotion or rejection in the same way.
   */
  automatic: boolean;
  /** A report is sent every so many compared frames. */
  reportFrames: number;
  health: HealthLimits;
  judge: Partial<Omit<JudgeOptions, 'classNames'>>;
  runner: Partial<Pick<ShadowRunnerOptions, 'settleMs' | 'waitMs'>>;
  /** Folder of the evidence; undefined: disputed frames are sent, not kept. */
  disputedFolder: string | undefined;
  disputedItems: number;
  disputedBytes: number;
  /** Share of the parts that passed which are put to people all the same, 0 … 1. */
  auditRate: number;
  /** Margins and error rates of what people's answers decide. */
  decision: Partial<DecisionOptions>;
}

export const SHADOW_DEFAULTS: Readonly<ShadowSettings> = {
  sample: 0.25,
  threshold: 0.1,
  confidence: undefined,
  canaryShare: 0.1,
  canaryParts: 100,
  automatic: false,
  reportFrames: 50,
  health: HEALTH_DEFAULTS,
  judge: {},
  runner: {},
  disputedFolder: undefined,
  disputedItems: 500,
  disputedBytes: 1 << 30,
  auditRate: 0.01,
  decision: {},
};

export interface ControllerOptions {
  line: RoutedDetector;
  /** What the line was configured with: a station folder, a model folder or an .onnx file. */
  linePath: string;
  /** Path of the candidate; undefined: the one that waits in the other slot of the station. */
  candidate: string | undefined;
  publicKeyPem?: string;
  createDetector: (options: DetectorOptions) => DetectorLike;
  /** False while the station has nothing to spend on shadows. */
  allowed: (runs: number) => boolean;
  settings?: Partial<ShadowSettings>;
  /** Opens the store of people's answers; absent: nobody is asked. It is opened once, when the controller starts. */
  openReview?: () => Promise<ReviewStore>;
  /** Told of every part that was inspected, for truths that come days later. */
  parts?: Pick<PartLog, 'add'>;
  now?: () => number;
}

/** Niceness of a shadow: the lowest priority there is. A canary answers parts, so it runs like the line. */
export const SHADOW_NICE = 19;
/** How often the health window and the pointer of the station are looked at, ms. */
export const TICK_MS = 1000;
