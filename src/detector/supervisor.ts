import { setTimeout as sleep } from 'node:timers/promises';
import { InspectionError, type ErrorCode } from '../contract/errors';
import type { ModelInfo } from '../contract/detector';
import { BackOff } from '../kit/back-off';
import { DetectorProcess, type ProcessSettings } from './detector-process';

/** A process that dies this often while it loads a model for the first time will not get better by more tries. */
const FIRST_START_ATTEMPTS = 3;

/** A process that can be given work, and the model in it. */
export interface Running {
  process: DetectorProcess;
  model: ModelInfo;
}

export interface SupervisorListener {
  /** A process is ready for work. */
  onUp(): void;
  /** The process died and will be replaced after a pause. */
  onDown(reason: InspectionError): void;
  /** One more try to replace it failed; the next one follows. */
  onStillDown(reason: InspectionError): void;
  /** No first process can be had with these settings; nothing more is tried. */
  onFailed(reason: InspectionError): void;
}

/** First wait after a death, ms: long enough that a crash loop leaves the processor to others. */
const FIRST_PAUSE_MS = 250;

const stopped = () => new InspectionError('CANCELLED', 'The detector was stopped');

/** Trouble of the machine, not of the model. */
const PASSING: ReadonlySet<ErrorCode> = new Set(['DETECTOR_FAILED', 'OUT_OF_MEMORY']);

/** The process said itself that the model cannot be used: trying again would end the same way. */
const isFinal = (error: unknown) => error instanceof InspectionError && !PASSING.has(error.code);

/** Keeps one detector process running: starts it, starts it anew when it dies, swaps it for another one. */
export class Supervisor {
  readonly backOff = new BackOff({ firstMs: FIRST_PAUSE_MS });
  readonly #listener: SupervisorListener;
  readonly #alive = new Set<DetectorProcess>();
  #settings: ProcessSettings;
  #running: Running | undefined;
  #restarts = 0;
  /** Aborted by stop(): whatever waits or loads for this life gives up. */
  #life = new AbortController();

  constructor(settings: ProcessSettings, listener: SupervisorListener) {
    this.#settings = settings;
    this.#listener = listener;
  }

  get settings(): ProcessSettings {
    return this.#settings;
  }

  /** What start() will use; replace() is for a process that runs. */
  set settings(settings: ProcessSettings) {
    this.#settings = settings;
  }

  /** undefined while there is none, while it is being ended, and while it is swapped for another. */
  get running(): Running | undefined {
    return this.#running?.process.isUsable ? this.#running : undefined;
  }

  /** How often a process was started to replace one that died. */
  get restarts(): number {
    return this.#restarts;
  }

  /** Starts the first process. Rejects with the reason after onFailed(), or CANCELLED when stopped meanwhile. */
  async start(): Promise<ModelInfo> {
    this.#life.abort();
    this.#life = new AbortController();
    return this.#launch(this.#life.signal, true);
  }

  /**
   * Warms up a process with other settings while the present one works on, lets the present one finish what it has,
   * then takes the new one. When the new one cannot be had, everything stays as it is and this rejects.
   */
  async replace(settings: ProcessSettings): Promise<ModelInfo> {
    const { signal } = this.#life;
    if (signal.aborted) throw stopped();
    const next = this.#spawn(settings);
    let model: ModelInfo;
    try {
      model = await next.ready;
    } catch (error) {
      await next.kill(stopped());
      throw error;
    }
    if (signal.aborted) throw stopped();
    // a life of its own: restarts that are under way with the old settings give up
    this.#life.abort();
    this.#life = new AbortController();
    const life = this.#life.signal;
    this.#settings = settings;
    const old = this.#running;
    // from here on nobody gives it work, and its end is no death
    this.#running = undefined;
    if (old) {
      await old.process.drained();
      void old.process.kill(stopped());
    }
    if (life.aborted) throw stopped();
    return this.#adopt(next, model, life);
  }

  /** Ends every process; resolves when they are gone. */
  async stop(): Promise<void> {
    this.#life.abort();
    this.#running = undefined;
    await Promise.all([...this.#alive].map((process) => process.kill(stopped())));
  }

  #spawn(settings: ProcessSettings): DetectorProcess {
    const process = new DetectorProcess(settings);
    this.#alive.add(process);
    void process.gone.then(() => this.#alive.delete(process));
    return process;
  }

  /**
   * Tries until a process is ready, with growing pauses. What worked once is never given up: a model file that is away,
   * memory that is short or a disk that is slow must not end the line until somebody deploys.
   */
  async #launch(life: AbortSignal, isFirst: boolean): Promise<ModelInfo> {
    for (let attempt = 1; ; attempt++) {
      const process = this.#spawn(this.#settings);
      try {
        const model = await process.ready;
        if (!life.aborted) return this.#adopt(process, model, life);
      } catch (error) {
        if (!life.aborted && isFirst && (isFinal(error) || attempt === FIRST_START_ATTEMPTS)) {
          await process.kill(stopped());
          this.#listener.onFailed(error as InspectionError);
          throw error;
        }
        if (!life.aborted && !isFirst) this.#listener.onStillDown(error as InspectionError);
      }
      void process.kill(stopped());
      await this.#pauseBeforeRestart(life);
    }
  }

  async #pauseBeforeRestart(life: AbortSignal): Promise<void> {
    try {
      await sleep(this.backOff.nextMs(), undefined, { signal: life });
    } catch {
      throw stopped();
    }
    this.#restarts += 1;
  }

  #adopt(process: DetectorProcess, model: ModelInfo, life: AbortSignal): ModelInfo {
    this.#running = { process, model };
    this.#listener.onUp();
    void process.gone.then((reason) => {
      if (!life.aborted) this.#relaunch(reason, life);
    });
    return model;
  }

  #relaunch(reason: InspectionError, life: AbortSignal): void {
    this.#running = undefined;
    this.#listener.onDown(reason);
    this.#pauseBeforeRestart(life)
      .then(() => this.#launch(life, false))
      // told to the listener already, or stopped
      .catch(() => {});
  }
}
