import type { DetectorLike, DetectorOptions, ModelInfo } from '../../contract/detector';

/** The detector of the candidate: none, a niced one for a shadow, or one like the line's for a canary. */
export class CandidateProcess {
  readonly #create: (options: DetectorOptions) => DetectorLike;
  #detector: DetectorLike | undefined;

  constructor(create: (options: DetectorOptions) => DetectorLike) {
    this.#create = create;
  }

  get detector(): DetectorLike | undefined {
    return this.#detector;
  }

  /** Starts a process, and ends the former one when the new one is ready. @throws InspectionError when it cannot start */
  async start(options: DetectorOptions): Promise<ModelInfo> {
    const former = this.#detector;
    const next = this.#create(options);
    try {
      const info = await next.start();
      this.#detector = next;
      await former?.stop();
      return info;
    } catch (error) {
      await next.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    const detector = this.#detector;
    this.#detector = undefined;
    await detector?.stop();
  }
}
