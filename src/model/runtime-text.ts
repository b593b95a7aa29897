import { InspectionError, messageOf, type ErrorCode } from '../contract/errors';

/** Where in its own source the runtime was: `/onnxruntime_src/onnxruntime/core/….cc:123`, or `tensorprotoutils.cc:1422 GetSizeInBytes`. */
const SOURCE_PLACE = /\S*\w\.(?:cc|cpp|cxx|h|hpp|inc):\d+(?: [A-Z][a-z0-9]+[A-Z]\w*(?= ))?/g;
/** The function it was in: `onnxruntime::common::Status onnxruntime::Loop::Run(const Context&) const`. */
const FUNCTION = /(?:[\w:<>,*&~]+ )*[\w<>,~]+::[\w:<>,~]+\([^()]*\)(?: const)?/g;
/** Longest text of the runtime that is repeated, characters. */
const MAX_CHARS = 240;

const OUT_OF_MEMORY = /bad.?alloc|failed to allocate memory|available memory of \d+ is smaller|out of memory/i;

/** What the runtime says of a model, as one line without its source files and functions. */
export function runtimeText(error: unknown): string {
  const line = messageOf(error).replace(SOURCE_PLACE, ' ').replace(FUNCTION, ' ').replace(/\s+/g, ' ').trim();
  return line.length <= MAX_CHARS ? line : `${line.slice(0, MAX_CHARS - 1)}…`;
}

/** An error of the runtime as one of ours. @param sentence what was wanted; what the runtime says follows */
export function runtimeError(error: unknown, code: ErrorCode, sentence: string): InspectionError {
  if (error instanceof InspectionError) return error;
  const text = runtimeText(error);
  if (OUT_OF_MEMORY.test(text)) {
    return new InspectionError('OUT_OF_MEMORY', 'There was not enough memory to run the model', { cause: error });
  }
  return new InspectionError(code, `${sentence}: ${text}`, { cause: error });
}
