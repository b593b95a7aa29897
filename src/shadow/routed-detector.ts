import type { DetectOutcome, DetectorLike, DetectorStats, DetectRequest, ModelInfo } from '../detector/api';

/** Answers a frame in place of the primary, or hands it on to `primary`. Must answer every frame, and never reject. */
export type Route = (request: DetectRequest, primary: DetectorLike) => Promise<DetectOutcome>;

/** Called with every frame and its answer, after the answer went to the line. */
export type OutcomeListener = (request: DetectRequest, outcome: DetectOutcome) => void;

/** Answers that are remembered for a shadow that gets the frame by another wire, by frame id. */
const REMEMBERED = 32;

/**
 * The detector that a station's nodes talk to: the one in use, and a place where a canary may step in and a shadow may
 * listen. Without either it only passes calls on.
 */
export class RoutedDetector implements DetectorLike {
  readonly primary: DetectorLike;
  #route: Route | undefined;
  readonly #listeners = new Set<OutcomeListener>();
  readonly #answers = new Map<string, Promise<DetectOutcome>>();

  constructor(primary: DetectorLike) {
    this.primary = primary;
  }

  /** Lets a route answer from now on; undefined: the primary answers everything again. Frames under way are kept. */
  setRoute(route: Route | undefined): void {
    this.#route = route;
  }

  /** @returns a function that ends the listening */
  listen(listener: OutcomeListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** The answer that the line got, or will get, for a frame; undefined for one that was not seen, or long ago. */
  answerOf(frameId: string): Promise<DetectOutcome> | undefined {
    return this.#answers.get(frameId);
  }

  async detect(request: DetectRequest): Promise<DetectOutcome> {
    const answer = this.#route ? this.#route(request, this.primary) : this.primary.detect(request);
    if (this.#listeners.size > 0) this.#remember(request, answer);
    return answer;
  }

  #remember(request: DetectRequest, answer: Promise<DetectOutcome>): void {
    const id = request.frame?.id;
    if (id !== undefined) {
      this.#answers.set(id, answer);
      const oldest = this.#answers.size > REMEMBERED ? this.#answers.keys().next().value : undefined;
      if (oldest !== undefined) this.#answers.delete(oldest);
    }
    // A shadow that throws must not reach the line.
    void answer.then((outcome) => {
      for (const listener of this.#listeners) listener(request, outcome);
    });
  }

  start(): Promise<ModelInfo> {
    return this.primary.start();
  }

  reconfigure(change: { threads?: number; model?: string }): Promise<ModelInfo> {
    return this.primary.reconfigure(change);
  }

  stop(): Promise<void> {
    return this.primary.stop();
  }

  stats(): DetectorStats {
    return this.primary.stats();
  }
}
