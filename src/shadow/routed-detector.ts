import type { DetectOutcome, DetectorLike, DetectorStats, DetectRequest, ModelInfo } from '../detector/api';

/** Answers a frame in place of the primary, or hands it on to `primary`. Must answer every frame, and never reject. */
export type Route = (request: DetectRequest, primary: DetectorLike) => Promise<DetectOutcome>;

/** What the line got for a frame, with the threshold it asked for. */
export interface LineAnswer {
  outcome: DetectOutcome;
  confidence: number | undefined;
}

export interface LineActivity {
  /** Frames that wait for their answer. */
  inFlight: number;
  /** Frames since the start. */
  offered: number;
}

/** Answers that are remembered for a shadow that gets the frame by another wire, by frame id. */
const REMEMBERED = 32;

interface Remembered {
  answer: Promise<LineAnswer>;
  resolve: (answer: LineAnswer) => void;
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

  async detect(request: DetectRequest): Promise<DetectOutcome> {
    this.#offered++;
    this.#inFlight++;
    const answer = this.#route ? this.#route(request, this.primary) : this.primary.detect(request);
    const outcome = await answer.finally(() => this.#inFlight--);
    const id = request.frame?.id;
    if (this.#watchers > 0 && id !== undefined) {
      this.#remembered(id).resolve({ outcome, confidence: request.confidence });
    }
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

  #remembered(id: string): Remembered {
    const known = this.#answers.get(id);
    if (known !== undefined) return known;
    let resolve: Remembered['resolve'] = () => undefined;
    const answer = new Promise<LineAnswer>((done) => (resolve = done));
    const remembered = { answer, resolve };
    this.#answers.set(id, remembered);
    const oldest = this.#answers.size > REMEMBERED ? this.#answers.keys().next().value : undefined;
    if (oldest !== undefined) this.#answers.delete(oldest);
    return remembered;
  }
}
