import type { Node, NodeStatus } from 'node-red';

/** Status texts are cut here: the editor shows about this many characters under a node. */
const MAX_CHARS = 20;
/** Longest time between a change and its showing, ms: every change goes over the websocket of every open editor. */
const INTERVAL_MS = 500;

export type Badge = { fill: 'red' | 'green' | 'yellow' | 'blue' | 'grey'; shape: 'dot' | 'ring'; text?: string };

/** The status under a node: shown at once when it was quiet, and then the newest at most every INTERVAL_MS. */
export class StatusBadge {
  readonly #node: Node;
  #shown = '';
  #newest: Badge | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(node: Node) {
    this.#node = node;
  }

  show(badge: Badge): void {
    this.#newest = badge;
    if (this.#timer !== undefined) return;
    this.#paint();
    this.#timer = setTimeout(() => this.#ring(), INTERVAL_MS);
  }

  /** No more changes: a node that is gone has no status. */
  stop(): void {
    clearTimeout(this.#timer);
    this.show = () => undefined;
  }

  #ring(): void {
    this.#timer = undefined;
    if (this.#newest !== undefined) this.show(this.#newest);
  }

  #paint(): void {
    const badge = this.#newest as Badge;
    this.#newest = undefined;
    const text = badge.text ?? '';
    const status: NodeStatus = { ...badge, text: text.length <= MAX_CHARS ? text : `${text.slice(0, MAX_CHARS - 1)}…` };
    const key = JSON.stringify(status);
    if (key !== this.#shown) this.#node.status(status);
    this.#shown = key;
  }
}
