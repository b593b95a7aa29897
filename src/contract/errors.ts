/**
 * The stable error codes of the engine. Flows and scripts may switch on `error.code`;
 * the sentence in `error.message` is for people and may be reworded.
 */
export const ERROR_CODES = {
  BAD_ARGUMENT: 'a property, option or message value is not usable',
  BAD_IMAGE: 'the bytes are not an image that can be decoded',
  IMAGE_TOO_LARGE: 'the image declares more pixels than are accepted',
  OUT_OF_MEMORY: 'there is not enough memory for what was asked',
  MODEL_NOT_FOUND: 'there is no model at the path',
  MODEL_INVALID: 'the file is not a usable detection model, or does not match its manifest',
  MODEL_UNSUPPORTED: 'the model loads, but its inputs or outputs fit no known layout',
  SELF_TEST_FAILED: 'the model does not answer its golden pictures as it did when it was made',
  DETECTOR_FAILED: 'the detector process died or could not start',
  DETECTOR_TIMEOUT: 'the detector process did not answer in time',
  PART_NOT_FOUND: 'the picture does not show the part that was taught',
  SOURCE_UNAVAILABLE: 'the camera, folder or URL cannot be reached',
  IO_FAILED: 'a file could not be read or written',
  CHECK_FAILED: 'a check that was asked for did not pass',
  CANCELLED: 'the operation was stopped on request',
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

/** An error with a stable code and one sentence a controls engineer can act on. */
export class InspectionError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'InspectionError';
    this.code = code;
  }

  /** The sentence alone: Catch nodes and logs show what this returns. */
  override toString(): string {
    return this.message;
  }
}

/** Longest piece of a received value that is repeated in a message, in characters. */
const RECEIVED_MAX_CHARS = 80;

/** Describes a received value in a few words: `"abc"`, `1.5`, `an array of length 3`, `a Buffer of 12 bytes`. */
export function describeValue(value: unknown): string {
  if (value === undefined || value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  if (typeof value === 'string') {
    const shown = value.length > RECEIVED_MAX_CHARS ? `${value.slice(0, RECEIVED_MAX_CHARS)}…` : value;
    return JSON.stringify(shown);
  }
  if (ArrayBuffer.isView(value)) return `a ${value.constructor.name} of ${value.byteLength} bytes`;
  if (Array.isArray(value)) return `an array of length ${value.length}`;
  return `a value of type ${typeof value}`;
}

/**
 * The one sentence for every bad value: *Expected X for Y but received Z*.
 *
 * @param what what would have been right, with units: `a number between 0 and 1`
 * @param forWhat the name the user knows: `confidence`
 * @param received the value as it came
 */
export function expected(
  what: string,
  forWhat: string,
  received: unknown,
  code: ErrorCode = 'BAD_ARGUMENT',
): InspectionError {
  return new InspectionError(code, `Expected ${what} for ${forWhat} but received ${describeValue(received)}`);
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
