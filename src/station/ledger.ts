import { EventEmitter } from 'node:events';

/**
 * Which frames of which camera are on their way through a detector right now. Detectors enter a frame when they accept
 * it and let it leave when it is answered; cameras look here before they capture, so that a slow model slows the
 * camera instead of filling the RAM. Emits `left` with the camera's name whenever one of its frames is answered.
 */
export class FrameLedger extends EventEmitter<{ left: [source: string] }> {
  readonly #sources = new Map<string, Set<string>>();

  constructor() {
    super();
    // every camera of a station listens
    this.setMaxListeners(0);
  }

  enter(source: string, frameId: string): void {
    const frames = this.#sources.get(source) ?? new Set();
    frames.add(frameId);
    this.#sources.set(source, frames);
  }

  leave(source: string, frameId: string): void {
    const frames = this.#sources.get(source);
    if (!frames?.delete(frameId)) return;
    if (frames.size === 0) this.#sources.delete(source);
    this.emit('left', source);
  }

  inFlight(source: string): number {
    return this.#sources.get(source)?.size ?? 0;
  }
}

/** The one ledger of this process. */
export const frameLedger = new FrameLedger();
