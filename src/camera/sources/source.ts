import type { InspectionError } from '../../contract/errors';
import type { FrameFormat, TruthBox } from '../../contract/frame';

/** One picture as a source hands it on: coded bytes, never decoded in this process. */
export interface Picture {
  bytes: Buffer;
  format: FrameFormat;
  /** Pixels as stored; 0 where they cannot be known without decoding. */
  width: number;
  height: number;
  /** When it was taken, ms of the steady clock (kit/clock.ts): as near to the exposure as the source can know. */
  capturedAtMs: number;
  /** The right answer, where the source draws its pictures itself. */
  truth?: TruthBox[];
}

/** `waiting`: a folder without a new picture, which is no fault. */
export type SourceState = 'connecting' | 'live' | 'waiting' | 'lost' | 'stopped';

export interface SourceListener {
  /** Called on every change. `error` says what is wrong and what to do about it; only with `lost`. */
  onState(state: SourceState, error?: InspectionError): void;
  /** A picture came that nobody could take, or that was broken: counted, never handed on. */
  onLoss(kind: LossKind): void;
}

/** `skipped`: the camera was faster than it was asked; `broken`: bytes that are no whole picture. */
export type LossKind = 'skipped' | 'broken';

/**
 * Every camera behind one interface: pictures are asked for, one by one. A source that streams keeps the newest picture
 * (or a few, see stream.ts); one that is polled takes a picture when asked.
 */
export interface FrameSource {
  /** Name for people and for `frame.source`: free of user names, passwords and query strings. */
  readonly label: string;
  /** Starts what runs all the time. Never throws: an absent camera is a state. */
  start(): void;
  /**
   * The next picture taken at or after `notBeforeMs`; every picture is given once per caller waiting for it.
   *
   * @throws InspectionError SOURCE_UNAVAILABLE at once while the camera is lost, BAD_IMAGE for bytes that are no picture,
   * CANCELLED when the signal aborts
   */
  capture(notBeforeMs: number, signal: AbortSignal): Promise<Picture>;
  /** Resolves when asking again makes sense after a failure: back-off over, or stream live again. Rejects on abort. */
  recovered(signal: AbortSignal): Promise<void>;
  /**
   * Lets the device go for as long as something else needs it, without a loss: whoever asks for a picture waits. Absent
   * where the device is free between two pictures.
   *
   * @param work gets a signal that aborts when the source is stopped
   * @throws what `work` throws; InspectionError SOURCE_UNAVAILABLE while it is lent already
   */
  lend?<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T>;
  /** Ends everything within 2 s; calls after it reject with CANCELLED. */
  stop(): Promise<void>;
}
