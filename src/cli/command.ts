import type { Command } from 'commander';
import { InspectionError, messageOf, type ErrorCode } from '../contract/errors';

/** One file per command: it adds itself to the program. The table of commands is in main.ts. */
export type RegisterCommand = (program: Command) => void;

export const EXIT_OK = 0;
export const EXIT_FAILED = 1;
export const EXIT_USAGE = 2;

/** Codes that mean: what was given on the command line cannot be used. Everything else is a failed run. */
const USAGE_CODES: ReadonlySet<ErrorCode> = new Set([
  'BAD_ARGUMENT',
  'BAD_IMAGE',
  'IMAGE_TOO_LARGE',
  'MODEL_NOT_FOUND',
  'MODEL_INVALID',
  'MODEL_UNSUPPORTED',
  'SOURCE_UNAVAILABLE',
]);

/** The process exit status for something thrown: 2 for bad usage, 1 for a failed check or a failed run. */
export function exitCodeOf(error: unknown): number {
  return error instanceof InspectionError && USAGE_CODES.has(error.code) ? EXIT_USAGE : EXIT_FAILED;
}

/** What a command gives back: the document for `--json`, and the text for people. */
export interface CommandResult {
  json: unknown;
  text: string;
  /** Set when a check did not pass: the sentence for stderr; the exit status is then 1. */
  failed?: string;
}

/** Writes to stderr, where progress and notes go so that stdout stays one JSON document. */
export function note(text: string): void {
  process.stderr.write(`${text}\n`);
}

/**
 * Wraps a command's work as a commander action: prints its result, turns errors into one sentence and an exit status.
 * The exit status is set, not forced, so that pipes drain.
 */
export function action<Options extends { json?: boolean }>(
  work: (options: Options, ...args: string[]) => Promise<CommandResult>,
): (...received: unknown[]) => Promise<void> {
  return async (...received) => {
    // commander calls with: positional arguments…, options, command
    const options = received[received.length - 2] as Options;
    const args = received.slice(0, -2) as string[];
    try {
      const result = await work(options, ...args);
      process.stdout.write(options.json ? `${JSON.stringify(result.json)}\n` : `${result.text}\n`);
      if (result.failed !== undefined) {
        note(result.failed);
        process.exitCode = EXIT_FAILED;
      }
    } catch (error) {
      note(`edge-inspect: ${messageOf(error)}`);
      process.exitCode = exitCodeOf(error);
    }
  };
}
