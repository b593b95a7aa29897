import type { NodeAPI } from 'node-red';
import type { BrokerMessage, BrokerPort } from '../../src/alert/deliver/broker';
import { expected } from '../../src/contract/errors';

/**
 * What is used of the core node `mqtt-broker` (packages/node_modules/@node-red/nodes/core/network/10-mqtt.js). It has no
 * documented interface for other nodes; register / deregister / publish / subscribe are what mqtt in and mqtt out use, and
 * publish calls back when the client does: for QoS 1 that is the PUBACK.
 */
interface MqttBrokerNode {
  type: string;
  connected: boolean;
  connecting: boolean;
  options: { will?: BrokerMessage };
  client?: { options: { will?: BrokerMessage } };
  /** Published before the connection is ended on purpose. */
  closeMessage?: BrokerMessage;
  register(user: BrokerUser): void;
  deregister(user: BrokerUser, done: () => void, autoDisconnect: boolean): void;
  connect(done?: () => void): void;
  disconnect(done?: () => void): void;
  publish(message: BrokerMessage, done: (error?: Error | string) => void): void;
  subscribe(topic: string, options: object, callback: (topic: string, payload: Buffer) => void, ref: string): void;
  unsubscribe(topic: string, ref: string, removed: boolean): void;
}

/** The broker node shows its state on its users: that is how one learns of it. */
interface BrokerUser {
  id: string;
  status(status: unknown): void;
}

/** How long a farewell may take: a redeploy must not hang on a broker that does not answer. */
const TELL_TIMEOUT_MS = 2000;

/** Wills that this package has set, and for which node: one connection has one will. */
const ownWills = new WeakMap<MqttBrokerNode, string>();

/** A station's use of a core mqtt-broker configuration node. */
export class BrokerLink implements BrokerPort {
  readonly #broker: MqttBrokerNode;
  readonly #user: BrokerUser;
  readonly #listeners: ((connected: boolean) => void)[] = [];
  readonly #topics: string[] = [];
  #registered = false;

  constructor(RED: NodeAPI, brokerId: string, userId: string) {
    const broker = RED.nodes.getNode(brokerId) as unknown as MqttBrokerNode | null;
    if (broker?.type !== 'mqtt-broker') throw expected('an mqtt-broker node', 'broker', brokerId);
    this.#broker = broker;
    this.#user = { id: userId, status: () => this.#tellListeners() };
  }

  get connected(): boolean {
    return this.#broker.connected;
  }

  /** Joins the connection, which is made now if nobody else has made it. Wills are to be set before. */
  open(): void {
    this.#registered = true;
    this.#broker.register(this.#user);
    this.#tellListeners();
  }

  publish({ topic, payload }: { topic: string; payload: string }): Promise<void> {
    return this.#publish({ topic, payload, qos: 1, retain: false });
  }

  async tell(message: BrokerMessage): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<boolean>((resolve) => (timer = setTimeout(() => resolve(false), TELL_TIMEOUT_MS)));
    const published = this.#publish(message).then(
      () => true,
      () => false,
    );
    const isThere = await Promise.race([published, timeout]);
    clearTimeout(timer);
    return isThere;
  }

  setWill(will: BrokerMessage): boolean {
    const present = this.#broker.options.will;
    if (present !== undefined && ownWills.get(this.#broker) !== this.#user.id) return false;
    ownWills.set(this.#broker, this.#user.id);
    const unchanged = present?.topic === will.topic && String(present.payload) === String(will.payload);
    if (unchanged) return true;
    this.#broker.options.will = will;
    // When Node-RED stops, the broker node may be closed before this one: its own farewell is the one that gets through.
    // One of this package stays no longer than its will: under a former name it would say that a station is offline.
    const { closeMessage } = this.#broker;
    if (closeMessage === undefined || closeMessage === present || closeMessage.topic === will.topic) {
      this.#broker.closeMessage = will;
    }
    // the client has its own copy of the options, which it reads again when it reconnects by itself
    if (this.#broker.client !== undefined) this.#broker.client.options.will = will;
    // A will goes with CONNECT: a connection that another node has made already is made anew.
    if (this.#broker.connected || this.#broker.connecting) this.#broker.disconnect(() => this.#broker.connect());
    return true;
  }

  subscribe(topic: string, listener: (payload: Buffer) => void): void {
    this.#topics.push(topic);
    this.#broker.subscribe(topic, { qos: 1 }, (_topic, payload) => listener(payload), this.#user.id);
  }

  onConnection(listener: (connected: boolean) => void): void {
    this.#listeners.push(listener);
    listener(this.connected);
  }

  /** Leaves the connection; with `removed` it is ended when nobody else uses it. */
  close(removed: boolean): Promise<void> {
    this.#listeners.length = 0;
    if (!this.#registered) return Promise.resolve();
    for (const topic of this.#topics) this.#broker.unsubscribe(topic, this.#user.id, removed);
    // a redeploy brings the same will back; only a station that is gone for good takes it along
    if (removed && ownWills.get(this.#broker) === this.#user.id) {
      ownWills.delete(this.#broker);
      delete this.#broker.options.will;
    }
    return new Promise((resolve) => this.#broker.deregister(this.#user, resolve, removed));
  }

  #tellListeners(): void {
    for (const listener of this.#listeners) listener(this.connected);
  }

  #publish(message: BrokerMessage): Promise<void> {
    return new Promise((resolve, reject) => {
      // without a connection the broker node drops the message and never calls back
      if (!this.connected) {
        reject(new Error('not connected'));
        return;
      }
      this.#broker.publish(message, (error) => {
        if (error === undefined || error === null) resolve();
        else reject(error instanceof Error ? error : new Error(String(error)));
      });
    });
  }
}
