import type { InspectionError } from '../contract/errors';

/** A time without a process: why, and for how long frames still wait for the next one. */
export class Outage {
  readonly #onTooLong: () => void;
  #timer: NodeJS.Timeout | undefined;
  #isTooLong = false;
  #reason: InspectionError | undefined;

  /** @param onTooLong called when it lasts longer than frames should wait */
  constructor(onTooLong: () => void) {
    this.#onTooLong = onTooLong;
  }

  /** Frames no longer wait. */
  get isTooLong(): boolean {
    return this.#isTooLong;
  }

  /** Why the process is gone, or why the last try to replace it failed. */
  get reason(): InspectionError | undefined {
    return this.#reason;
  }

  begin(reason: InspectionError, patienceMs: number): void {
    this.#reason = reason;
    this.#timer = setTimeout(() => {
      this.#isTooLong = true;
      this.#onTooLong();
    }, patienceMs);
  }

  /** One more try failed. */
  goesOn(reason: InspectionError): void {
    this.#reason = reason;
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#isTooLong = false;
    this.#reason = undefined;
  }
}
