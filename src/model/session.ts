import { kernelsFor, type Kernels, type KernelSetting } from './kernels';
import {
  createRuntimeSession,
  ioOfSession,
  Tensor,
  type IoInfo,
  type RuntimeOptions,
  type RuntimeSession,
} from './runtime';

/** The tensor type of the runtime. */
export { Tensor };
export type { IoInfo };

export interface SessionOptions extends RuntimeOptions {
  /** Which integer kernels the runtime is to use, see kernels.ts. Default: what EDGE_INSPECT_KERNELS says, else `auto`. */
  kernels?: KernelSetting;
}

/** One loaded model in this process. `run` is synchronous native work: it stalls the calling thread's event loop. */
export class ModelSession {
  readonly inputs: IoInfo[];
  readonly outputs: IoInfo[];

  private constructor(
    private readonly session: RuntimeSession,
    /** What the integer kernels of this session do with large sums; says nothing of a model without integers. */
    readonly kernels: Kernels,
  ) {
    const { inputs, outputs } = ioOfSession(session);
    this.inputs = inputs;
    this.outputs = outputs;
  }

  /**
   * Loads a model on the CPU, with integer kernels that cannot saturate.
   *
   * @param model the file's bytes (so that what was verified is what runs), or a path (for memory-mapped loading)
   * @throws InspectionError MODEL_INVALID
   */
  static async open(model: Uint8Array | string, options: SessionOptions = {}): Promise<ModelSession> {
    const { kernels, ...runtime } = options;
    const choice = await kernelsFor(kernels);
    const session = await createRuntimeSession(model, {
      ...runtime,
      ...choice.runtime,
      config: { ...choice.runtime.config, ...runtime.config },
    });
    return new ModelSession(session, choice.kernels);
  }

  /** Runs the model once. @param feeds one tensor per input name @returns one tensor per output name */
  run(feeds: Record<string, Tensor>): Promise<Record<string, Tensor>> {
    return this.session.run(feeds);
  }

  /** Gives the memory back; the session cannot be used afterwards. */
  release(): Promise<void> {
    return this.session.release();
  }
}
