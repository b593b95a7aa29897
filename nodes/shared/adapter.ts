import type { Node, NodeMessage, NodeMessageInFlow } from 'node-red';
import { messageOf } from '../../src/contract/errors';

export type Send = (message: NodeMessage | Array<NodeMessage | NodeMessage[] | null>) => void;
type Done = (error?: Error) => void;

/**
 * Installs the input handler of a node. Whatever `handle` throws or rejects with becomes a red status and done(err), so
 * that Catch nodes fire and Node-RED never sees an unhandled rejection; done is called exactly once.
 */
export function onInput<M extends NodeMessageInFlow>(
  node: Node,
  handle: (message: M, send: Send) => Promise<void> | void,
): void {
  node.on('input', (message, send, done: Done) => {
    void (async () => {
      try {
        await handle(message as M, send);
        done();
      } catch (error) {
        showError(node, error);
        done(error instanceof Error ? error : new Error(messageOf(error)));
      }
    })();
  });
}

/** Status texts are cut here: the editor shows about this many characters under a node. */
const STATUS_MAX_CHARS = 20;

export function statusText(text: string): string {
  return text.length <= STATUS_MAX_CHARS ? text : `${text.slice(0, STATUS_MAX_CHARS - 1)}…`;
}

export function showError(node: Node, error: unknown): void {
  node.status({ fill: 'red', shape: 'ring', text: statusText(messageOf(error)) });
}

/** Installs the close handler of a node: `close` is awaited, and an error in it never keeps a redeploy from ending. */
export function onClose(node: Node, close: (removed: boolean) => Promise<void> | void): void {
  node.on('close', (removed: boolean, done: () => void) => {
    void (async () => {
      try {
        await close(removed);
      } catch (error) {
        node.warn(messageOf(error));
      } finally {
        done();
      }
    })();
  });
}
