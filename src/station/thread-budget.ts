import { EventEmitter } from 'node:events';
import type { DetectorLike } from '../contract/detector';
import { InspectionError, messageOf } from '../contract/errors';
import { shareThreads } from './threads';

type Threaded = Pick<DetectorLike, 'reconfigure'>;

interface Kept {
  configured: number;
  /** What the detector was last asked to use, and what it should use. */
  asked: number;
  wanted: number;
  changing: boolean;
}

interface Limit {
  threads: number;
  /** Only these; undefined: every detector. */
  only: Threaded | undefined;
}

/**
 * Has detectors use the threads they may. A detector warms up a second process before the first one goes, so a change
 * loses no frame but takes seconds: one change at a time per detector, and of the wishes that came meanwhile only the
 * last. Emits `problem` when a detector cannot change; it then goes on as it was.
 */
export class ThreadBudget extends EventEmitter<{ problem: [InspectionError] }> {
  readonly #detectors = new Map<Threaded, Kept>();
  readonly #limits = new Map<string, Limit>();

  /** @param configured threads the detector uses when nothing is held back, at least 1 */
  add(detector: Threaded, configured: number): void {
    this.#detectors.set(detector, { configured, asked: configured, wanted: configured, changing: false });
    this.#apply();
  }

  remove(detector: Threaded): void {
    this.#detectors.delete(detector);
    this.#apply();
  }

  /**
   * Sets or lifts a limit.
   *
   * @param threads for all detectors concerned together; undefined: no limit
   */
  limit(owner: string, threads: number | undefined, only?: Threaded): void {
    const before = this.#limits.get(owner);
    if (before?.threads === threads && before?.only === only) return;
    if (threads === undefined) this.#limits.delete(owner);
    else this.#limits.set(owner, { threads, only });
    this.#apply();
  }

  #apply(): void {
    for (const kept of this.#detectors.values()) kept.wanted = kept.configured;
    for (const { threads, only } of this.#limits.values()) {
      const concerned = [...this.#detectors].filter(([detector]) => only === undefined || detector === only);
      const shares = shareThreads(
        threads,
        concerned.map(([, kept]) => kept.configured),
      );
      concerned.forEach(([, kept], i) => (kept.wanted = Math.min(kept.wanted, shares[i] ?? kept.wanted)));
    }
    for (const [detector, kept] of this.#detectors) void this.#change(detector, kept);
  }

  async #change(detector: Threaded, kept: Kept): Promise<void> {
    if (kept.changing) return;
    kept.changing = true;
    while (kept.asked !== kept.wanted && this.#detectors.get(detector) === kept) {
      kept.asked = kept.wanted;
      try {
        await detector.reconfigure({ threads: kept.asked });
      } catch (error) {
        const isGone = this.#detectors.get(detector) !== kept;
        if (!isGone) this.emit('problem', problemOf(error, kept.asked));
      }
    }
    kept.changing = false;
  }
}

function problemOf(error: unknown, threads: number): InspectionError {
  const code = error instanceof InspectionError ? error.code : 'DETECTOR_FAILED';
  return new InspectionError(code, `The detector could not change to ${threads} threads: ${messageOf(error)}`);
}
