import type { Node, NodeAPI, NodeMessageInFlow } from 'node-red';
import type { Books } from '../../src/station/books';
import type { Send } from './define-node';

type Message = NodeMessageInFlow & { frame?: unknown };

/** Something that a node which closes still had: a message that had come in, or messages that it would have sent. */
type Parcel = { node: string } & ({ received: Message } | { sent: Parameters<Send>[0] });

/** The part of a sending that hooks of Node-RED see; see nodered.org/docs/api/hooks/messaging. */
interface SendEvent {
  msg: Message;
  source?: { node?: { _flow?: { getNode?(id: string): unknown } } };
  destination: { id: string; node?: Node & { _inputCallback?: unknown; _inputCallbacks?: unknown } };
  cloneMessage?: boolean;
}

interface Hooks {
  add(id: string, hook: (event: SendEvent) => false | undefined): void;
  remove(id: string): void;
}

const HOOKS = 'edge-inspect-handover';

function frameIdOf(message: unknown): string | undefined {
  const { id } = Object((message as Message | undefined)?.frame) as { id?: unknown };
  return typeof id === 'string' ? id : undefined;
}

/**
 * Carries the frames of nodes that a deploy ends over to their successors of the same ids: what was on its way to a node, what
 * it was working on and what it answers when it is told to stop. Only while flows stop and start; in between it does nothing.
 */
export class Handover {
  readonly #RED: NodeAPI;
  readonly #books: Books;
  /** Nodes of ours that are closed, or about to be. */
  readonly #closed = new Set<string>();
  readonly #late = new WeakSet<object>();
  #parcels: Parcel[] = [];
  /** Frames under way when the flows stopped; undefined: they run. */
  #underWay: string[] | undefined;

  constructor(RED: NodeAPI, books: Books) {
    this.#RED = RED;
    this.#books = books;
    const { events } = RED;
    events.on('flows:stopping', () => this.#begin());
    events.on('flows:started', (event: { type?: string } = {}) => this.#end(event.type === 'full'));
    events.on('runtime-event', ({ id, payload }: { id: string; payload?: { state?: string; deploy?: boolean } }) => {
      // stopped for good, or until somebody starts it by hand: nobody waits for an answer then
      if (id === 'runtime-state' && payload?.state === 'stop' && payload.deploy !== true) this.#end(true);
    });
  }

  /** A node of this id works now. */
  open(node: string): void {
    this.#closed.delete(node);
  }

  close(node: string): void {
    this.#closed.add(node);
  }

  /** A message that came to a node which closes: for its successor. */
  received(node: string, message: Message): void {
    this.#hand({ node, received: message });
  }

  /** What a node that closes, or is closed, would send: its successor does. */
  sent(node: string, messages: Parameters<Send>[0]): void {
    this.#hand({ node, sent: messages });
  }

  /** Whether a message waited for its node while the flows were started anew. */
  isLate(message: object): boolean {
    return this.#late.has(message);
  }

  #hand(parcel: Parcel): void {
    if (this.#underWay === undefined) this.#deliver([parcel]);
    else this.#parcels.push(parcel);
  }

  #begin(): void {
    if (this.#underWay !== undefined) return;
    this.#underWay = this.#books.underWay;
    this.#hooks?.add(`preRoute.${HOOKS}`, (event) => this.#beforeRoute(event));
    this.#hooks?.add(`onReceive.${HOOKS}`, (event) => this.#beforeReceipt(event));
  }

  /** @param isAll every node has been stopped: what nobody handed over is lost */
  #end(isAll: boolean): void {
    const underWay = this.#underWay;
    if (underWay === undefined) return;
    this.#underWay = undefined;
    this.#hooks?.remove(`*.${HOOKS}`);
    const parcels = this.#parcels.splice(0);
    if (isAll) {
      const carried = new Set(parcels.flatMap(framesOf));
      this.#books.settleLost(underWay.filter((frame) => !carried.has(frame)));
    }
    this.#deliver(parcels);
  }

  #deliver(parcels: readonly Parcel[]): void {
    for (const parcel of parcels) {
      const successor = this.#closed.has(parcel.node) ? null : (this.#RED.nodes.getNode(parcel.node) as Node | null);
      if (!successor) this.#books.settleLost(framesOf(parcel));
      else if ('sent' in parcel) successor.send(parcel.sent);
      else {
        this.#late.add(parcel.received);
        successor.receive(parcel.received);
      }
    }
  }

  get #hooks(): Hooks | undefined {
    return (this.#RED as unknown as { hooks?: Hooks }).hooks;
  }

  #isOurs(node: string, message: Message): boolean {
    const frame = frameIdOf(message);
    return this.#closed.has(node) || (frame !== undefined && this.#books.knows(frame));
  }

  /** A message for a node that is gone and not there again: the router would drop it. */
  #beforeRoute({ msg, source, destination, cloneMessage }: SendEvent): false | undefined {
    const flow = source?.node?._flow;
    if (typeof flow?.getNode !== 'function' || flow.getNode(destination.id) || !this.#isOurs(destination.id, msg)) {
      return undefined;
    }
    this.received(destination.id, cloneMessage ? this.#RED.util.cloneMessage(msg) : msg);
    return false;
  }

  /** A message that was on its way when its node closed: nobody would read it. */
  #beforeReceipt({ msg, destination: { id, node } }: SendEvent): false | undefined {
    if (node?._inputCallback !== null || node._inputCallbacks !== null || !this.#isOurs(id, msg)) return undefined;
    this.received(id, msg);
    return false;
  }
}

function framesOf(parcel: Parcel): string[] {
  const messages = 'sent' in parcel ? [parcel.sent].flat(2) : [parcel.received];
  return messages.flatMap((message) => frameIdOf(message) ?? []);
}

/** Every node module is loaded with an API object of its own; those of one Node-RED share its events. */
const handovers = new WeakMap<object, Handover>();

export function joinHandover(RED: NodeAPI, books: Books): Handover {
  let handover = handovers.get(RED.events);
  if (handover === undefined) handovers.set(RED.events, (handover = new Handover(RED, books)));
  return handover;
}
