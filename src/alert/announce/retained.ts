import type { BrokerPort } from '../deliver/broker';
import { slug } from '../judge/names';
import type { StateFile } from '../keep/state-file';
import { discoveryNode } from './home-assistant';

/** Whether a topic is one of a station. */
function isOf(topic: string, station: string): boolean {
  return topic.startsWith(`inspection/${station}/`) || topic.split('/').includes(discoveryNode(slug(station)));
}

/**
 * What a station leaves on a broker: retained messages stay there when the station gets another name, or says less than it
 * did. So the topics are remembered, and those that it does not use any more are emptied.
 */
export class Retained {
  readonly #topics: readonly string[];
  readonly #broker: BrokerPort;
  readonly #state: StateFile | undefined;

  /** @param topics all on which this station may leave something */
  constructor(topics: readonly string[], broker: BrokerPort, state: StateFile | undefined) {
    this.#topics = topics;
    this.#broker = broker;
    this.#state = state;
  }

  /** Topics that were used before and are not now. */
  get #left(): string[] {
    return (this.#state?.state.retained ?? []).filter((topic) => !this.#topics.includes(topic));
  }

  /** To be called before the first message: what is said from now on is known, whatever happens. */
  async remember(): Promise<void> {
    await this.#state?.save({ retained: [...this.#topics, ...this.#left] });
  }

  /**
   * Empties what was left, and forgets it once the broker has that.
   *
   * @param others names of stations whose topics are theirs by now
   */
  async clear(others: readonly string[]): Promise<void> {
    const left = this.#left;
    if (left.length === 0) return;
    const cleared = await Promise.all(
      left.map(async (topic) => {
        if (others.some((station) => isOf(topic, station))) return true;
        // an empty retained message takes away the one before (MQTT 3.1.1, 3.3.1.3)
        return this.#broker.tell({ topic, payload: '', qos: 1, retain: true });
      }),
    );
    const kept = left.filter((_, index) => cleared[index] !== true);
    await this.#state?.save({ retained: [...this.#topics, ...kept] });
  }
}
