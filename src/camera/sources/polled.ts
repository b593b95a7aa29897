import { InspectionError, messageOf } from '../../contract/errors';
import { BackOff, type BackOffOptions } from '../../kit/back-off';
import type { FrameSource, Picture, SourceListener, SourceState } from './source';
import { cancelled, pause, throwIfAborted, withSignals } from '../../kit/wait';

export interface PolledOptions {
  label: string;
  /** Takes one picture now; `waiting` says that there is none yet, which is no fault. */
  grab: (signal: AbortSignal, waiting: () => void) => Promise<Picture>;
  /** Gives back what is held open. */
  release?: () => Promise<void> | void;
  listener: SourceListener;
  backOff?: Partial<BackOffOptions>;
}

/** A source that takes a picture when asked: folder, snapshot over HTTP, still camera. Grabs never overlap. */
export function polledSource(options: PolledOptions): FrameSource {
  const { grab, listener } = options;
  const backOff = new BackOff(options.backOff);
  const stopping = new AbortController();
  let state: SourceState | undefined;
  /** The grab under way; the next one waits for its end. */
  let line: Promise<unknown> = Promise.resolve();

  function enter(next: SourceState, error?: InspectionError): void {
    if (next === state && next !== 'lost') return;
    state = next;
    listener.onState(next, error);
  }

  async function grabNow(signal: AbortSignal): Promise<Picture> {
    throwIfAborted(signal);
    try {
      const picture = await grab(signal, () => enter('waiting'));
      backOff.reset();
      enter('live');
      return picture;
    } catch (error) {
      if (signal.aborted) throw cancelled();
      const known =
        error instanceof InspectionError
          ? error
          : new InspectionError('SOURCE_UNAVAILABLE', messageOf(error), { cause: error });
      // a picture that is broken does not mean that the camera is gone
      if (known.code === 'BAD_IMAGE') listener.onLoss('broken');
      else enter('lost', known);
      throw known;
    }
  }

  return {
    label: options.label,
    start: () => enter('connecting'),
    capture(_notBeforeMs, signal) {
      const result = line.then(() => withSignals([signal, stopping.signal], grabNow));
      line = result.catch(() => undefined);
      return result;
    },
    async recovered(signal) {
      if (state !== 'lost') return;
      await withSignals([signal, stopping.signal], (either) => pause(backOff.nextMs(), either));
    },
    async stop() {
      stopping.abort();
      await line;
      await options.release?.();
      enter('stopped');
    },
  };
}
