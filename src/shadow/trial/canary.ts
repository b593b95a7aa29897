import type { DetectorLike } from '../../contract/detector';
import type { Route } from '../../detector/routed-detector';
import { inShare } from './sampling';

/** Frames on their way from the detector to the shadow, at most. */
const REMEMBERED = 256;

/** Lets the candidate answer for a share of the parts. A part it cannot answer is answered by the primary. */
export class Canary {
  answered = 0;
  fellBack = 0;
  #frames = 0;
  readonly #answeredIds = new Set<string>();

  constructor(readonly share: number) {}

  /** Whether the candidate answered for a frame, lately. */
  hasAnswered(frameId: string): boolean {
    return this.#answeredIds.has(frameId);
  }

  #note(id: string): void {
    this.#answeredIds.add(id);
    const oldest = this.#answeredIds.size > REMEMBERED ? this.#answeredIds.values().next().value : undefined;
    if (oldest !== undefined) this.#answeredIds.delete(oldest);
  }

  /**
   * @param candidate the detector of the candidate; undefined while it is being exchanged
   * @param failed called for each part that it could not answer
   */
  route(candidate: () => DetectorLike | undefined, failed: () => void): Route {
    return async (request, primary) => {
      const id = request.frame?.id ?? `frame ${this.#frames++}`;
      const detector = inShare(id, this.share, 'canary') ? candidate() : undefined;
      if (detector === undefined) return primary.detect(request);
      const outcome = await detector.detect(request);
      if (outcome.inspected) {
        this.answered++;
        this.#note(id);
        return outcome;
      }
      // a bad picture is bad for both; let the primary say so
      if (outcome.reason !== 'bad image') {
        this.fellBack++;
        failed();
      }
      return primary.detect(request);
    };
  }
}
