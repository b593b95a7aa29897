import type { Node, NodeAPI, NodeMessageInFlow } from 'node-red';
import { InspectionError, messageOf, type ErrorCode } from '../../src/contract/errors';

/** The same sentence of a node goes to the log and the debug sidebar at most this often, ms. */
const REPEAT_MS = 10_000;

/** What a red status says; `inspection.status.<word>` in the shared captions. */
const WORDS: Record<ErrorCode, string> = {
  BAD_ARGUMENT: 'bad-message',
  BAD_IMAGE: 'bad-image',
  IMAGE_TOO_LARGE: 'image-too-large',
  OUT_OF_MEMORY: 'out-of-memory',
  MODEL_NOT_FOUND: 'no-model',
  MODEL_INVALID: 'no-model',
  MODEL_UNSUPPORTED: 'no-model',
  DETECTOR_FAILED: 'no-model',
  DETECTOR_TIMEOUT: 'timeout',
  SOURCE_UNAVAILABLE: 'unreachable',
  IO_FAILED: 'io-failed',
  CHECK_FAILED: 'check-failed',
  CANCELLED: 'cancelled',
  SELF_TEST_FAILED: 'self-test',
  PART_NOT_FOUND: 'part-not-found',
};

/** The key of the short meaning of an error; `isSetting` where it is about the properties, not about a message. */
export function statusWordOf(error: unknown, isSetting: boolean): string {
  const code = error instanceof InspectionError ? error.code : undefined;
  if (isSetting && (code === undefined || code === 'BAD_ARGUMENT')) return 'settings';
  return code === undefined ? 'failed' : WORDS[code];
}

/**
 * Says what went wrong to whoever reads it. Catch nodes get every error, as an error. Where none listens the sentence goes
 * to the log and the debug sidebar, as a sentence, and the same one is not repeated for each frame of a camera.
 */
export class ErrorReport {
  readonly #RED: NodeAPI;
  readonly #node: Node;
  /** Sentences told of late: when, and how often they came since. */
  readonly #told = new Map<string, { at: number; since: number }>();

  constructor(RED: NodeAPI, node: Node) {
    this.#RED = RED;
    this.#node = node;
  }

  /** For an error about a message: what to call its `done` with. */
  forMessage(error: unknown): Error | string | undefined {
    if (this.#isListenedTo()) return error instanceof Error ? error : new Error(messageOf(error));
    return this.#once(messageOf(error));
  }

  /** For an error while the flow starts: Catch nodes are not at work yet. */
  atStart(error: unknown): void {
    this.#node.error(messageOf(error));
  }

  /** For an error that no incoming message is to blame for; `message` is what Catch nodes get it with. */
  say(error: unknown, message: NodeMessageInFlow | object = {}): void {
    const told = this.forMessage(error);
    if (told !== undefined) this.#node.error(told, message as NodeMessageInFlow);
  }

  /** The sentence, with how often it came while it was not told; undefined: told a moment ago. */
  #once(sentence: string): string | undefined {
    const now = performance.now();
    const before = this.#told.get(sentence);
    if (before !== undefined && now - before.at < REPEAT_MS) {
      before.since += 1;
      return undefined;
    }
    for (const [old, { at }] of this.#told) if (now - at >= REPEAT_MS) this.#told.delete(old);
    this.#told.set(sentence, { at: now, since: 0 });
    return before !== undefined && before.since > 0 ? `${sentence} (and ${before.since} times before)` : sentence;
  }

  /** Whether a Catch or Complete node may be waiting for this node's messages; in subflows that is taken for granted. */
  #isListenedTo(): boolean {
    const tab = (this.#node as Node & { z?: string }).z;
    // a configuration node: its users' Catch nodes get the sentence
    if (tab === undefined || tab === '') return false;
    let isListenedTo = false;
    let isOnTab = false;
    this.#RED.nodes.eachNode((other) => {
      const { id, type, z } = other as { id: string; type: string; z?: string };
      if (id === tab && type === 'tab') isOnTab = true;
      if ((type === 'catch' || type === 'complete') && z === tab) isListenedTo = true;
    });
    return isListenedTo || !isOnTab;
  }
}
