import { InspectionError, messageOf } from '../../contract/errors';
import { BackOff, type BackOffOptions } from '../../kit/back-off';
import type { FrameSource, Picture, SourceListener, SourceState } from './source';
import { cancelled, pause, throwIfAborted, Waiters, withSignals } from '../../kit/wait';

export interface StreamSink {
  picture(picture: Picture): void;
  broken(): void;
}

export interface StreamedOptions {
  label: string;
  /** Opens the stream and feeds the sink until it ends, which is always a loss; rejects with what went wrong. */
  open: (sink: StreamSink, signal: AbortSignal) => Promise<void>;
  listener: SourceListener;
  /** Pictures kept for whoever asks next; older ones give way. */
  keep: number;
  /** Longest time until the first picture, ms. */
  startMs: number;
  /** Longest time between two pictures, ms: a camera that hangs sends neither bytes nor an end. */
  stallMs: number;
  backOff?: Partial<BackOffOptions>;
}

/** A stream that lived this long was well: the next loss begins with the shortest pause again, ms. */
const HEALTHY_MS = 5_000;

/** A source that sends pictures whether asked or not: kept open, watched, and opened anew whenever it ends. */
export function streamedSource(options: StreamedOptions): FrameSource {
  return new StreamedSource(options);
}

class StreamedSource implements FrameSource {
  readonly label: string;
  readonly #options: StreamedOptions;
  readonly #backOff: BackOff;
  readonly #stopping = new AbortController();
  readonly #arrivals = new Waiters<Picture>();
  readonly #returns = new Waiters<void>();
  readonly #kept: Picture[] = [];
  #state: SourceState = 'connecting';
  #error: InspectionError | undefined;
  #running: Promise<void> = Promise.resolve();
  /** Aborts when the stream that is open shall end. */
  #opening = new AbortController();
  /** Works with the device while no stream is open. */
  #borrower: (() => Promise<void>) | undefined;

  constructor(options: StreamedOptions) {
    this.label = options.label;
    this.#options = options;
    this.#backOff = new BackOff(options.backOff);
  }

  start(): void {
    this.#options.listener.onState('connecting');
    this.#running = this.#run();
  }

  async capture(notBeforeMs: number, signal: AbortSignal): Promise<Picture> {
    throwIfAborted(signal);
    if (this.#stopping.signal.aborted) throw cancelled();
    if (this.#state === 'lost' && this.#error) throw this.#error;
    for (;;) {
      // looked at again after each arrival: two pictures may come in one turn of the event loop
      for (let kept = this.#kept.shift(); kept; kept = this.#kept.shift()) {
        if (kept.capturedAtMs >= notBeforeMs) return kept;
        this.#options.listener.onLoss('skipped');
      }
      const picture = await this.#arrivals.wait(signal);
      if (picture.capturedAtMs >= notBeforeMs) return picture;
    }
  }

  async recovered(signal: AbortSignal): Promise<void> {
    if (this.#state === 'lost') await this.#returns.wait(signal);
  }

  lend<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    if (this.#stopping.signal.aborted) return Promise.reject(cancelled());
    if (this.#borrower !== undefined) {
      return Promise.reject(unavailable(`The camera at ${this.label} is being measured already`));
    }
    return new Promise((resolve, reject) => {
      this.#borrower = () => {
        if (this.#stopping.signal.aborted) return Promise.resolve(reject(cancelled()));
        return work(this.#stopping.signal).then(resolve, reject);
      };
      this.#opening.abort();
    });
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#arrivals.rejectAll(cancelled());
    this.#returns.rejectAll(cancelled());
    this.#kept.length = 0;
    await this.#running;
    this.#enter('stopped');
  }

  async #run(): Promise<void> {
    await this.#open();
    // whoever was about to borrow when it was stopped
    await this.#borrower?.();
  }

  async #open(): Promise<void> {
    const stopping = this.#stopping.signal;
    while (!stopping.aborted) {
      this.#opening = new AbortController();
      if (this.#borrower !== undefined) {
        await this.#borrower();
        this.#borrower = undefined;
        // a stop may have come meanwhile
        continue;
      }
      const openedAtMs = performance.now();
      const error = await this.#openOnce(stopping);
      if (stopping.aborted) return;
      if (this.#borrower !== undefined) continue;
      if (performance.now() - openedAtMs > HEALTHY_MS) this.#backOff.reset();
      this.#enter('lost', error);
      this.#arrivals.rejectAll(error);
      const waiting = withSignals([stopping, this.#opening.signal], (signal) => pause(this.#backOff.nextMs(), signal));
      await waiting.catch(() => undefined);
    }
  }

  /** One life of the stream; resolves with the reason of its end. */
  async #openOnce(stopping: AbortSignal): Promise<InspectionError> {
    const { label, open, startMs, stallMs, listener } = this.#options;
    const watchdog = new AbortController();
    let stalled: InspectionError | undefined;
    const timeoutAfter = (ms: number, what: string) =>
      setTimeout(() => {
        const seconds = Math.round(ms / 100) / 10;
        stalled = unavailable(`The camera at ${label} ${what} for ${seconds} s: check that it is on and not in use`);
        watchdog.abort();
      }, ms);
    let timer = timeoutAfter(startMs, 'has sent no picture');
    let isOver = false;
    const sink: StreamSink = {
      picture: (picture) => {
        // what a program wrote before it was ended may still arrive
        if (isOver) return;
        clearTimeout(timer);
        timer = timeoutAfter(stallMs, 'has been silent');
        this.#deliver(picture);
      },
      broken: () => listener.onLoss('broken'),
    };
    try {
      await withSignals([stopping, watchdog.signal, this.#opening.signal], (signal) => open(sink, signal));
      return stalled ?? unavailable(`The stream of the camera at ${label} ended: check that it is on`);
    } catch (error) {
      if (stalled) return stalled;
      return error instanceof InspectionError ? error : unavailable(messageOf(error), error);
    } finally {
      isOver = true;
      clearTimeout(timer);
    }
  }

  #deliver(picture: Picture): void {
    if (this.#stopping.signal.aborted) return;
    this.#enter('live');
    if (this.#arrivals.size > 0) {
      this.#arrivals.resolveAll(picture);
      return;
    }
    this.#kept.push(picture);
    if (this.#kept.length > this.#options.keep) {
      this.#kept.shift();
      this.#options.listener.onLoss('skipped');
    }
  }

  #enter(state: SourceState, error?: InspectionError): void {
    if (state === 'lost') this.#kept.length = 0;
    this.#error = error;
    if (state === this.#state && state !== 'lost') return;
    this.#state = state;
    this.#options.listener.onState(state, error);
    if (state === 'live') this.#returns.resolveAll();
  }
}

function unavailable(sentence: string, cause?: unknown): InspectionError {
  return new InspectionError('SOURCE_UNAVAILABLE', sentence, { cause });
}
