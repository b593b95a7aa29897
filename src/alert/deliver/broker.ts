import type { Publisher } from './delivery';

export interface BrokerMessage {
  topic: string;
  payload: string | Buffer;
  qos: 0 | 1;
  retain: boolean;
}

/** A connection to an MQTT broker that is owned by somebody else; the adapter implements it over their client. */
export interface BrokerPort extends Publisher {
  /**
   * Best effort: nothing is kept when there is no connection. Resolves when it is handed over, or given up; true: the
   * broker has it.
   */
  tell(message: BrokerMessage): Promise<boolean>;
  /**
   * Sets the Last Will of the next connection. False when the connection already has one of somebody else, which then
   * stays.
   */
  setWill(will: BrokerMessage): boolean;
  subscribe(topic: string, listener: (payload: Buffer) => void): void;
  /** `listener` is called with every change of the connection, and the present state at once. */
  onConnection(listener: (connected: boolean) => void): void;
}
