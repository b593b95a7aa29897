/** The one place that knows onnxruntime-node. */
import type { InferenceSession, Tensor as RuntimeTensor } from 'onnxruntime-node';
import { onnxruntime } from './onnxruntime';
import { runtimeError } from './runtime-text';

export const { Tensor } = onnxruntime;
export type Tensor = RuntimeTensor;
export type RuntimeSession = InferenceSession;

export interface RuntimeOptions {
  /** Intra-op threads, ≥ 1. */
  threads?: number;
  /**
   * Whether waiting threads spin. Off by default: it cuts CPU use between frames by about half at about equal latency,
   * and on a Pi that half is heat.
   */
  spinning?: boolean;
  /** Graph optimizations of the runtime; `disabled` is for tools that look at a graph as it is. Default `all`. */
  optimization?: 'disabled' | 'basic' | 'extended' | 'all';
  /** Writes the graph to this file as it is after optimization: what the runtime made of a model. */
  saveOptimizedTo?: string;
  /** More session configuration entries, see onnxruntime_session_options_config_keys.h; values are strings. */
  config?: Record<string, string>;
}

/** Name, element type and shape of an input or output; −1 for a dimension that is only known at run time. */
export interface IoInfo {
  name: string;
  type: string;
  dims: number[];
}

/**
 * The runtime takes configuration entries as nested objects: `a.b` is `{ a: { b } }`.
 */
function nestConfig(entries: Record<string, string>): Record<string, unknown> {
  const nested: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(entries)) {
    const path = key.split('.');
    let level = nested;
    for (const part of path.slice(0, -1)) level = (level[part] ??= {}) as Record<string, unknown>;
    level[path[path.length - 1] as string] = value;
  }
  return nested;
}

function describe(metadata: readonly InferenceSession.ValueMetadata[]): IoInfo[] {
  return metadata.map((value) => ({
    name: value.name,
    type: value.isTensor ? value.type : 'not a tensor',
    dims: value.isTensor ? value.shape.map((dim) => (typeof dim === 'number' ? dim : -1)) : [],
  }));
}

/** Inputs and outputs of a session. */
export function ioOfSession(session: RuntimeSession): { inputs: IoInfo[]; outputs: IoInfo[] } {
  return { inputs: describe(session.inputMetadata), outputs: describe(session.outputMetadata) };
}

/**
 * Loads a model on the CPU.
 *
 * @param model the file's bytes (so that what was verified is what runs), or a path (for memory-mapped loading)
 * @throws InspectionError MODEL_INVALID, OUT_OF_MEMORY
 */
export async function createRuntimeSession(
  model: Uint8Array | string,
  options: RuntimeOptions = {},
): Promise<RuntimeSession> {
  const settings: InferenceSession.SessionOptions = {
    executionProviders: ['cpu'],
    intraOpNumThreads: options.threads ?? 1,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    // a plan would take one more block for all values of a run, beside the pieces that the first run left in the arena: 4 to
    // 8 MB a session for nothing (pcb-defects INT8)
    enableMemPattern: false,
    graphOptimizationLevel: options.optimization ?? 'all',
    ...(options.saveOptimizedTo !== undefined && { optimizedModelFilePath: options.saveOptimizedTo }),
    // errors reach the caller as exceptions; the runtime's own log on stderr would only repeat them
    logSeverityLevel: 4,
    extra: nestConfig({
      'session.intra_op.allow_spinning': options.spinning ? '1' : '0',
      ...options.config,
    }),
  };
  try {
    return await (typeof model === 'string'
      ? onnxruntime.InferenceSession.create(model, settings)
      : onnxruntime.InferenceSession.create(model, settings));
  } catch (error) {
    throw runtimeError(error, 'MODEL_INVALID', 'Expected an ONNX model that the runtime can load but it said');
  }
}
