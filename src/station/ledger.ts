import { EventEmitter } from 'node:events';

/**
 * Which frames of which camera are on their way through a detector right now. Detectors enter a frame when they accept
 * it and let it leave when it is answered; cameras look here before they capture, so that a slow model slows the
 * camera instead of filling the RAM. Emits `left` with the camera's id whenever one of its frames is answered.
 */
export class FrameLedger extends EventEmitter<{ left: [camera: string] }> {
  /** By camera: its frames, and whether each came to a model that was still loading. */
  readonly #cameras = new Map<string, Map<string, boolean>>();

  constructor() {
    super();
    // every camera of a station listens
    this.setMaxListeners(0);
  }

  /** @param isEarly the model is still loading: what this frame holds up is not held up by a slow detector */
  enter(camera: string, frameId: string, isEarly = false): void {
    const frames = this.#cameras.get(camera) ?? new Map<string, boolean>();
    frames.set(frameId, isEarly);
    this.#cameras.set(camera, frames);
  }

  leave(camera: string, frameId: string): void {
    const frames = this.#cameras.get(camera);
    if (!frames?.delete(frameId)) return;
    if (frames.size === 0) this.#cameras.delete(camera);
    this.emit('left', camera);
  }

  inFlight(camera: string): number {
    return this.#cameras.get(camera)?.size ?? 0;
  }

  /** Whether a frame of this camera waits for a model that is still loading. */
  isEarly(camera: string): boolean {
    return [...(this.#cameras.get(camera)?.values() ?? [])].includes(true);
  }
}
