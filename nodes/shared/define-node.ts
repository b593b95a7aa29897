import { setImmediate } from 'node:timers/promises';
import type { Node, NodeAPI, NodeDef, NodeMessage, NodeMessageInFlow } from 'node-red';
import { InspectionError, messageOf } from '../../src/contract/errors';
import type { Station } from '../../src/station/station';
import { ErrorReport, statusWordOf } from './error-report';
import {
  migrate,
  readProperties,
  type NodeProperties,
  type PropertyTable,
  type Raw,
  type ValuesOf,
} from './properties';
import { joinHandover, type Handover } from './handover';
import { joinStation } from './station';
import { StatusBadge, type Badge } from './status-badge';

export type Send = (message: NodeMessage | Array<NodeMessage | NodeMessage[] | null>) => void;

type Handler<M> = (message: M, send: Send) => Promise<void> | void;
type Closer = (removed: boolean) => Promise<void> | void;

/** What a node has while it runs. */
export interface NodeContext<T extends PropertyTable, N extends Node = Node> {
  readonly RED: NodeAPI;
  readonly node: N;
  /** What the nodes of this Node-RED have in common. */
  readonly station: Station;
  /** The properties, checked and converted. */
  readonly config: ValuesOf<T>;
  /** The same as they stand in the flow, brought to the present version. */
  readonly raw: Raw;
  /** Shows a status, throttled; what is not given of `text` stays empty. */
  readonly show: (badge: Badge) => void;
  /** A caption of this node, `<type>.status.<key>`. */
  readonly word: (key: string, values?: Record<string, string | number>) => string;
  /** A red status with a short meaning, and the sentence for whoever listens: for errors that no message brought. */
  readonly fail: (error: unknown, message?: object) => void;
  /** Done when the node is closed, in reverse order; `removed`: for good, not for a redeploy. */
  readonly onClose: (close: Closer) => void;
  /** Sends at any time: what a node that is being closed says is sent by its successor, after a deploy. */
  readonly send: Send;
  /** Whether the node is being closed, or is. */
  readonly isClosing: () => boolean;
  /** Gives a message back: the successor of this node gets it after the deploy, as if it came then. */
  readonly leaveToSuccessor: (message: object) => void;
  /** Whether a message waited for this node while it was being started anew. */
  readonly isLate: (message: object) => boolean;
}

/** A node type. */
export interface NodeDefinition<T extends PropertyTable, M extends NodeMessageInFlow, N extends Node = Node> {
  properties: NodeProperties<T>;
  /**
   * Begins, and returns what is done with a message. What it throws makes the node refuse: a red status, one sentence, and
   * every message is refused with it.
   */
  start(context: NodeContext<T, N>): Handler<M> | void;
  /** Called once when the node refuses, for what others see of it; `raw`: its properties, unchecked. */
  refused?(node: N, error: unknown, raw: Raw): void;
  /** What becomes of a message when the node refuses: it must not be lost. The error is told after it. */
  refuse?(message: M, send: Send, error: unknown, node: N): void;
  /** The node answers what comes while it closes by itself; else its successor gets that. */
  answersWhileClosing?: boolean;
  /** Types of the credentials, as registerType wants them. */
  credentials?: Record<string, { type: 'text' | 'password' }>;
}

/**
 * Registers a node type: reads its properties, shows its status, refuses with a sentence, calls done exactly once for every
 * message, and closes what it opened. Whatever a handler throws or rejects with becomes a red status and done(error), so
 * that Catch nodes fire and Node-RED never sees an unhandled rejection.
 */
export function defineNode<T extends PropertyTable, M extends NodeMessageInFlow, N extends Node = Node>(
  RED: NodeAPI,
  definition: NodeDefinition<T, M, N>,
): void {
  const { properties, credentials } = definition;
  // has the numbers of the station served, from the first node module on
  joinStation(RED);

  function Constructor(this: N, flow: NodeDef) {
    RED.nodes.createNode(this, flow);
    new RunningNode(RED, this, definition).begin(flow as unknown as Raw);
  }
  RED.nodes.registerType(properties.type, Constructor as never, credentials && { credentials });
}

class RunningNode<T extends PropertyTable, M extends NodeMessageInFlow, N extends Node> {
  readonly #RED: NodeAPI;
  readonly #node: N;
  readonly #definition: NodeDefinition<T, M, N>;
  readonly #badge: StatusBadge;
  readonly #report: ErrorReport;
  readonly #closers: Closer[] = [];
  readonly #handover: Handover;
  /** Why every message is refused. */
  #refusal: unknown;
  #isClosing = false;

  constructor(RED: NodeAPI, node: N, definition: NodeDefinition<T, M, N>) {
    this.#RED = RED;
    this.#node = node;
    this.#definition = definition;
    this.#badge = new StatusBadge(node);
    this.#report = new ErrorReport(RED, node);
    this.#handover = joinHandover(RED, joinStation(RED).books);
    this.#handover.open(node.id);
  }

  #send(messages: Parameters<Send>[0]): void {
    if (this.#isClosing) this.#handover.sent(this.#node.id, messages);
    else this.#node.send(messages);
  }

  begin(flow: Raw): void {
    // before start: a node that cannot start has things to close too
    this.#installClose();
    const handler = this.#start(flow);
    if (handler !== undefined) this.#installInput(handler);
  }

  #start(flow: Raw): Handler<M> | void {
    try {
      return this.#definition.start(this.#contextOf(flow));
    } catch (error) {
      this.#refusal = error;
      this.#showError(error, true);
      this.#report.atStart(error);
      this.#definition.refused?.(this.#node, error, migrate(this.#definition.properties, flow));
      return (message, send) => {
        this.#definition.refuse?.(message, send, error, this.#node);
        throw error;
      };
    }
  }

  #contextOf(flow: Raw): NodeContext<T, N> {
    const { properties } = this.#definition;
    return {
      RED: this.#RED,
      node: this.#node,
      station: joinStation(this.#RED),
      config: readProperties(properties, flow),
      raw: migrate(properties, flow),
      show: (badge) => this.#badge.show(badge),
      word: (key, values) => this.#RED._(`${properties.type}.status.${key}`, values),
      fail: (error, message) => {
        if (this.#isWished(error)) return;
        this.#showError(error, false);
        this.#report.say(error, message);
      },
      onClose: (close) => void this.#closers.unshift(close),
      send: (messages) => this.#send(messages),
      isClosing: () => this.#isClosing,
      leaveToSuccessor: (message) => this.#handover.received(this.#node.id, message as NodeMessageInFlow),
      isLate: (message) => this.#handover.isLate(message),
    };
  }

  /** What a redeploy cuts short is nothing that went wrong. */
  #isWished(error: unknown): boolean {
    return this.#isClosing && error instanceof InspectionError && error.code === 'CANCELLED';
  }

  #showError(error: unknown, isSetting: boolean): void {
    const text = this.#RED._(`inspection.status.${statusWordOf(error, isSetting)}`);
    this.#badge.show({ fill: 'red', shape: 'ring', text });
  }

  #installInput(handler: Handler<M>): void {
    this.#node.on('input', (message, _send, done) => {
      if (this.#isClosing && !this.#definition.answersWhileClosing) {
        this.#handover.received(this.#node.id, message);
        return;
      }
      const send: Send = (messages) => this.#send(messages);
      // what is not typed: a text is told as a sentence, an Error as its parts
      const finish = done as (error?: Error | string) => void;
      void (async () => {
        try {
          await handler(message as M, send);
        } catch (error) {
          if (this.#isWished(error)) return finish();
          // a node that refuses goes on showing why
          if (error !== this.#refusal) this.#showError(error, false);
          finish(this.#report.forMessage(error));
          return;
        }
        finish();
      })();
    });
  }

  #installClose(): void {
    this.#node.on('close', (removed: boolean, done: () => void) => {
      this.#isClosing = true;
      void (async () => {
        this.#handover.close(this.#node.id);
        this.#badge.stop();
        // what is on its way to this node comes in these turns of the event loop, before Node-RED takes its ears off
        await setImmediate();
        await setImmediate();
        for (const close of this.#closers) {
          try {
            await close(removed);
          } catch (error) {
            // an error in here must not keep a redeploy from ending
            this.#node.warn(messageOf(error));
          }
        }
        done();
      })();
    });
  }
}
