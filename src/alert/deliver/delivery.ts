import { systemClock, type Clock } from '../../kit/clock';
import type { Outbox, OutboxEntry } from './outbox';

/** A connection to a broker, as far as delivery needs it. */
export interface Publisher {
  readonly connected: boolean;
  /** Resolves when the broker has acknowledged the message (PUBACK), rejects when it surely or possibly did not get it. */
  publish(message: { topic: string; payload: string }): Promise<void>;
}

export interface DeliveryOptions {
  /** Messages sent and not yet acknowledged. Default 8. */
  window?: number;
  /** Most messages per second, so that the return of a broker is no flood. Default 50. */
  perSecond?: number;
  /** Without an acknowledgement for this long the messages are sent again. Default 30,000 ms. */
  ackTimeoutMs?: number;
  /** Wait after a failed publish before the next try, ms. Default 1,000. */
  retryMs?: number;
}

const DEFAULTS: Required<DeliveryOptions> = { window: 8, perSecond: 50, ackTimeoutMs: 30_000, retryMs: 1000 };

/**
 * Sends an outbox to a broker: in order, a few at a time, not faster than `perSecond`. When a message fails, sending goes
 * on from the oldest that is not acknowledged (go-back-N), so that the order of first arrivals is the order of alerts;
 * what was already there arrives twice, with the same id.
 */
export class Delivery {
  readonly #outbox: Outbox;
  readonly #publisher: Publisher;
  readonly #options: Required<DeliveryOptions>;
  readonly #clock: Clock;
  /** Numbers sent since the last step back, and when. */
  #inFlight = new Map<number, number>();
  #ackedAhead = new Set<number>();
  #lastSent = 0;
  /** Changes with every step back: answers to older sends only count as acknowledgements. */
  #round = 0;
  #budget: number;
  #budgetAtMs: number;
  #timer: NodeJS.Timeout | undefined;
  #notBeforeMs = 0;
  #wasConnected = false;
  #stopped = false;

  constructor(outbox: Outbox, publisher: Publisher, options: DeliveryOptions = {}, clock: Clock = systemClock) {
    this.#clock = clock;
    this.#budgetAtMs = clock.steadyMs();
    this.#outbox = outbox;
    this.#publisher = publisher;
    this.#options = { ...DEFAULTS, ...options };
    this.#budget = this.#options.window;
  }

  /** Call when there is a new message, and when the connection came or went. */
  wake(): void {
    if (this.#stopped) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const nowMs = this.#clock.steadyMs();
    if (!this.#publisher.connected) {
      this.#wasConnected = false;
      return;
    }
    if (!this.#wasConnected) this.#restartClocks(nowMs);
    if (this.#isStuck(nowMs)) this.#stepBack(0);
    while (this.#inFlight.size < this.#options.window) {
      const waitMs = Math.max(this.#notBeforeMs - nowMs, this.#paceMs(nowMs));
      const entry = this.#next();
      if (entry === undefined) break;
      if (waitMs > 0) {
        this.#wakeIn(waitMs);
        return;
      }
      this.#budget -= 1;
      this.#send(entry, nowMs);
    }
    if (this.#inFlight.size > 0) this.#wakeIn(this.#options.ackTimeoutMs + 1);
  }

  /** Ends sending; what is not acknowledged stays in the outbox. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #wakeIn(delayMs: number): void {
    this.#timer = setTimeout(() => this.wake(), Math.max(1, delayMs));
    this.#timer.unref();
  }

  #next(): OutboxEntry | undefined {
    const { pending } = this.#outbox;
    // found within the first few: only what is in flight comes before it
    return pending.find(({ number }) => number > this.#lastSent);
  }

  /** How long until one more may be sent, ms (token bucket as deep as the window). */
  #paceMs(nowMs: number): number {
    const { perSecond, window } = this.#options;
    const elapsedMs = Math.max(0, nowMs - this.#budgetAtMs);
    this.#budgetAtMs = nowMs;
    this.#budget = Math.min(window, this.#budget + (elapsedMs * perSecond) / 1000);
    return this.#budget >= 1 ? 0 : ((1 - this.#budget) * 1000) / perSecond;
  }

  /** MQTT.js sends what was in flight again by itself when the connection is back: its time begins anew. */
  #restartClocks(nowMs: number): void {
    this.#wasConnected = true;
    for (const number of this.#inFlight.keys()) this.#inFlight.set(number, nowMs);
  }

  #isStuck(nowMs: number): boolean {
    const [oldestMs] = this.#inFlight.values();
    return oldestMs !== undefined && nowMs - oldestMs > this.#options.ackTimeoutMs;
  }

  #send({ number, topic, payload }: OutboxEntry, nowMs: number): void {
    const round = this.#round;
    this.#lastSent = number;
    this.#inFlight.set(number, nowMs);
    this.#publisher.publish({ topic, payload }).then(
      () => this.#acked(number),
      () => {
        if (round === this.#round) this.#stepBack(this.#options.retryMs);
        this.wake();
      },
    );
  }

  #acked(number: number): void {
    this.#inFlight.delete(number);
    this.#ackedAhead.add(number);
    let upTo = 0;
    for (const entry of this.#outbox.pending) {
      if (!this.#ackedAhead.has(entry.number)) break;
      upTo = entry.number;
    }
    if (upTo > 0) this.#outbox.ack(upTo);
    const oldest = this.#outbox.pending[0]?.number ?? Infinity;
    for (const ahead of this.#ackedAhead) if (ahead < oldest) this.#ackedAhead.delete(ahead);
    this.wake();
  }

  #stepBack(waitMs: number): void {
    this.#round += 1;
    this.#inFlight.clear();
    this.#ackedAhead.clear();
    this.#lastSent = (this.#outbox.pending[0]?.number ?? this.#lastSent + 1) - 1;
    this.#notBeforeMs = this.#clock.steadyMs() + waitMs;
  }
}
