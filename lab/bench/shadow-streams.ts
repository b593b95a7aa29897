import type { DetectOutcome, DetectorLike, DetectRequest, ModelInfo } from '../../src/contract/detector';
import type { Detection } from '../../src/contract/detection';
import type { ScoreMap } from '../../src/contract/score-map';
import { Random } from '../../src/kit/random';

/** Classes and counts of the simulated line: 20 % of the parts defective, 3 to 12 defects on each. */
export const CLASSES = ['open', 'short', 'mousebite', 'spur', 'copper', 'pin-hole'];
const DEFECT_RATE = 0.2;
const SIDE_PX = 640;

/** One part of a simulated line, as the true detections on it. */
export interface SimulatedPart {
  id: string;
  truth: Detection[];
}

/** @param defects how many a defective part has, at least and at most */
export function simulatedPart(seed: number, index: number, [least, most]: [number, number] = [3, 12]): SimulatedPart {
  const random = new Random('shadow part', seed, index);
  const count = random.next() < DEFECT_RATE ? least + Math.floor(random.next() * (most - least + 1)) : 0;
  const truth = Array.from({ length: count }, (): Detection => {
    const classId = Math.floor(random.next() * CLASSES.length);
    const size = () => 20 + random.next() * 40;
    const [width, height] = [size(), size()];
    const box = { x: random.next() * (SIDE_PX - width), y: random.next() * (SIDE_PX - height), width, height };
    return { label: CLASSES[classId] as string, classId, confidence: 1, box };
  });
  return { id: `part ${seed}/${index}`, truth };
}

/** How a simulated model errs. */
export interface SimulatedModel {
  name: string;
  /** Its errors are drawn from this: two models with one seed err alike, frame by frame. */
  weights: number;
  /** Share of true defects that it does not see, per class where it differs. */
  miss: number;
  missOf?: Partial<Record<string, number>>;
  /** False alarms per part. */
  falseAlarms: number;
  sha256?: string;
  classNames?: string[];
  /** Cells of its grid; null: it has none. */
  grid?: number | null;
}

/** What a model reports about a part: boxes a little off, confidences between 0.3 and 1. */
export function detectionsOf(model: SimulatedModel, { id, truth }: SimulatedPart): Detection[] {
  const random = new Random('shadow model', model.weights, id);
  const seen: Detection[] = [];
  for (const defect of truth) {
    const [luck, confidence, dx, dy] = [random.next(), random.next(), random.next(), random.next()];
    if (luck < (model.missOf?.[defect.label] ?? model.miss)) continue;
    const box = { ...defect.box, x: defect.box.x + dx * 3 - 1.5, y: defect.box.y + dy * 3 - 1.5 };
    seen.push({ ...defect, confidence: 0.3 + 0.7 * confidence, box });
  }
  if (random.next() < model.falseAlarms) {
    const classId = Math.floor(random.next() * CLASSES.length);
    const box = { x: random.next() * 600, y: random.next() * 600, width: 30, height: 30 };
    seen.push({ label: CLASSES[classId] as string, classId, confidence: 0.3 + 0.4 * random.next(), box });
  }
  return seen.sort((a, b) => b.confidence - a.confidence);
}

/** The best score of each class, in the first place of the grid. */
function scoresOf(detections: Detection[], places = 1): ScoreMap {
  const values = new Float32Array(CLASSES.length * places);
  for (const { classId, confidence } of detections) {
    values[classId * places] = Math.max(values[classId * places] as number, confidence);
  }
  return { classes: CLASSES.length, places, values };
}

/** The model in use, and candidates that must fare differently against it. */
export const PRIMARY: SimulatedModel = { name: 'primary', weights: 1, miss: 0.02, falseAlarms: 0.005 };

export const CANDIDATES: Record<string, SimulatedModel> = {
  identical: PRIMARY,
  'as good, with errors of its own': { name: 'retrained', weights: 2, miss: 0.01, falseAlarms: 0.005 },
  'blind to one class': { ...PRIMARY, name: 'blind', missOf: { spur: 1 } },
  'misses a third of one class': { name: 'worse', weights: 3, miss: 0.01, missOf: { spur: 1 / 3 }, falseAlarms: 0.005 },
  'never detects': { ...PRIMARY, name: 'never', miss: 1, falseAlarms: 0 },
  'false alarms on 4 parts of 10': { ...PRIMARY, name: 'nervous', weights: 4, miss: 0.01, falseAlarms: 0.4 },
};

/** Candidates that are better than the model in use, which likeness cannot tell from worse: they must end as `different`. */
export const BETTER: Record<string, { primary: SimulatedModel; candidate: SimulatedModel }> = {
  'finds 10 points more': {
    primary: { ...PRIMARY, miss: 0.12 },
    candidate: { name: 'sharper', weights: 7, miss: 0.02, falseAlarms: 0.005 },
  },
  'false alarms on 10 points fewer parts': {
    primary: { ...PRIMARY, falseAlarms: 0.12 },
    candidate: { name: 'calmer', weights: 8, miss: 0.02, falseAlarms: 0.02 },
  },
};

export function infoOf(model: SimulatedModel): ModelInfo {
  const { classNames = CLASSES } = model;
  return {
    name: model.name,
    version: '1.0.0',
    sha256: model.sha256 ?? Buffer.from(model.name.padEnd(32, '.').slice(0, 32)).toString('hex'),
    precision: 'int8',
    kernels: 'exact',
    selfTest: 'none',
    classNames,
    input: { width: SIDE_PX, height: SIDE_PX },
  };
}

/** A detector without a process: the bytes of a frame are its part as JSON. */
export class SimulatedDetector implements DetectorLike {
  readonly seen: string[] = [];
  inFlight = 0;
  offered = 0;
  restarts = 0;
  stopped = false;
  /** Set to make it fail. */
  failure: Extract<DetectOutcome, { inspected: false }> | undefined;

  constructor(
    public model: SimulatedModel,
    private readonly modelAt: (path: string) => SimulatedModel | undefined = () => undefined,
    private readonly latencyMs = 0,
  ) {}

  async start(): Promise<ModelInfo> {
    return infoOf(this.model);
  }

  async detect({ image, frame, confidence = 0.25, scores }: DetectRequest): Promise<DetectOutcome> {
    this.offered++;
    this.inFlight++;
    if (this.latencyMs > 0) await new Promise((resolve) => setTimeout(resolve, this.latencyMs));
    this.inFlight--;
    this.seen.push(frame?.id ?? '');
    if (this.failure !== undefined) return this.failure;
    const part = JSON.parse(Buffer.from(image).toString('utf8')) as SimulatedPart;
    const detections = detectionsOf(this.model, part);
    return {
      inspected: true,
      detections: detections.filter((detection) => detection.confidence >= confidence),
      ...(scores && { scores: this.model.grid === null ? null : scoresOf(detections, this.model.grid) }),
      image: { width: SIDE_PX, height: SIDE_PX },
      confidence,
      latencyMs: { queue: 0, decode: 0, infer: this.latencyMs, total: this.latencyMs },
      model: infoOf(this.model),
      threads: 1,
    };
  }

  async reconfigure({ model = '' }: { model?: string }): Promise<ModelInfo> {
    const next = this.modelAt(model);
    if (next === undefined) throw new Error(`no model at ${model}`);
    this.model = next;
    return infoOf(next);
  }

  async stop(): Promise<void> {
    this.stopped = true;
  }

  stats() {
    const { inFlight, offered, restarts, stopped } = this;
    return {
      state: stopped ? ('stopped' as const) : ('ready' as const),
      pid: undefined,
      inFlight,
      waiting: 0,
      offered,
      inspected: offered - inFlight,
      notInspected: 0,
      restarts,
      threads: 1,
      kernels: 'exact' as const,
      rssBytes: undefined,
      cpuMs: undefined,
    };
  }
}
