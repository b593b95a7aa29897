import type { ScoreMap } from '../contract/score-map';
import type { Tiling } from '../contract/tiling';
import type { DetectOutcome, DetectorLike, DetectorStats, DetectRequest, ModelInfo } from '../contract/detector';

/** Answers a frame in place of the primary, or hands it on to `primary`. Must answer every frame, and never reject. */
export type Route = (request: DetectRequest, primary: DetectorLike) => Promise<DetectOutcome>;

/** What the line got for a frame, with the threshold it asked for. */
export interface LineAnswer {
  outcome: DetectOutcome;
  confidence: number | undefined;
  /** How the picture was cut, where it was. */
  tiling?: Tiling | undefined;
}

export interface LineActivity {
  /** Frames that wait for their answer. */
  inFlight: number;
  /** Frames since the start. */
  offered: number;
}

/** Answers that are remembered for a shadow that gets the frame by another wire, by frame id. */
const REMEMBERED = 32;

/** Score maps that are kept until the shadow comes for them; a map is 0.2 MB with 6 classes, 2.7 MB with 80. */
const SCORES_KEPT = 4;

/** Whether the line's scores for a frame will be looked at. */
export type WantsScores = (frameId: string) => boolean;

interface Remembered {
  answer: Promise<LineAnswer>;
  resolve: (answer: LineAnswer) => void;
  /** Once it is there. */
  given: LineAnswer | undefined;
}

/**
 * The detector that a station's nodes talk to: the one in use, and a place where a canary may step in and a shadow may
 * look at the answers. Without either it only passes calls on.
 */
export class RoutedDetector implements DetectorLike {
  readonly primary: DetectorLike;
  #route: Route | undefined;
  #watchers = 0;
  readonly #answers = new Map<string, Remembered>();
  readonly #wantScores = new Set<WantsScores>();
  readonly #scores = new Map<string, ScoreMap | null>();
  #info: ModelInfo | undefined;
  #inFlight = 0;
  #offered = 0;

  constructor(primary: DetectorLike) {
    this.primary = primary;
  }

  /** Lets a route answer from now on; undefined: the primary answers everything again. Frames under way are kept. */
  setRoute(route: Route | undefined): void {
    this.#route = route;
  }

  /** Answers are remembered from now on. @returns a function that ends it */
  watch(): () => void {
    this.#watchers++;
    return () => {
      if (--this.#watchers === 0) this.#answers.clear();
    };
  }

  /** The line is asked for the scores of its whole grid for frames that `wants` says. @returns a function that ends it */
  keepScores(wants: WantsScores): () => void {
    this.#wantScores.add(wants);
    return () => {
      this.#wantScores.delete(wants);
      if (this.#wantScores.size === 0) this.#scores.clear();
    };
  }

  /** The scores of a frame of just now. null: its model has none; undefined: nobody wanted them, or they are gone. */
  scoresOf(frameId: string): ScoreMap | null | undefined {
    return this.#scores.get(frameId);
  }

  /** The answer that the line got for a frame; waits for one that is still to come. undefined: none came in time. */
  async answerOf(frameId: string, timeoutMs: number): Promise<LineAnswer | undefined> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), timeoutMs);
    });
    try {
      return await Promise.race([this.#remembered(frameId).answer, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** The answer that the line gave for a frame of just now; undefined: it is not known (any more). */
  answerGiven(frameId: string): LineAnswer | undefined {
    return this.#answers.get(frameId)?.given;
  }

  async detect(request: DetectRequest): Promise<DetectOutcome> {
    this.#offered++;
    this.#inFlight++;
    const id = request.frame?.id;
    const scores = id !== undefined && [...this.#wantScores].some((wants) => wants(id));
    const asked = scores ? { ...request, scores } : request;
    const answer = this.#route ? this.#route(asked, this.primary) : this.primary.detect(asked);
    const outcome = await answer.finally(() => this.#inFlight--);
    if (id !== undefined) this.#note(id, outcome, request);
    return outcome;
  }

  /** What the line is doing; cheap enough to be looked at every few milliseconds, which stats() is not. */
  activity(): LineActivity {
    return { inFlight: this.#inFlight, offered: this.#offered };
  }

  async start(): Promise<ModelInfo> {
    // a model that was taken over since counts, not the one that was started first
    return this.#info ?? this.primary.start();
  }

  async reconfigure(change: { threads?: number; model?: string }): Promise<ModelInfo> {
    this.#info = await this.primary.reconfigure(change);
    return this.#info;
  }

  stop(): Promise<void> {
    return this.primary.stop();
  }

  stats(): DetectorStats {
    return this.primary.stats();
  }

  #note(id: string, outcome: DetectOutcome, { confidence, tiling }: DetectRequest): void {
    const { scores, ...answer } = outcome.inspected ? outcome : { ...outcome, scores: undefined };
    if (scores !== undefined) {
      this.#scores.set(id, scores);
      dropOldest(this.#scores, SCORES_KEPT);
    }
    // without the map: 32 of them would be too much
    if (this.#watchers === 0) return;
    const remembered = this.#remembered(id);
    remembered.given = { outcome: answer, confidence, tiling };
    remembered.resolve(remembered.given);
  }

  #remembered(id: string): Remembered {
    const known = this.#answers.get(id);
    if (known !== undefined) return known;
    let resolve: Remembered['resolve'] = () => undefined;
    const answer = new Promise<LineAnswer>((done) => (resolve = done));
    const remembered: Remembered = { answer, resolve, given: undefined };
    this.#answers.set(id, remembered);
    dropOldest(this.#answers, REMEMBERED);
    return remembered;
  }
}

function dropOldest(map: Map<string, unknown>, keep: number): void {
  const oldest = map.size > keep ? map.keys().next().value : undefined;
  if (oldest !== undefined) map.delete(oldest);
}
