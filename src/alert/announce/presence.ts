import { messageOf } from '../../contract/errors';
import type { BrokerMessage, BrokerPort } from '../deliver/broker';
import { discoveryMessages, type DiscoveryMessage } from './home-assistant';
import { sparkplugGroup, stationTopic } from '../judge/names';
import type { VerdictRecord } from '../judge/messages';
import type { GoldenRecord } from '../golden/records';
import { Retained } from './retained';
import { loadSparkplugCodec, SparkplugEdge } from './sparkplug';
import type { StateFile } from '../keep/state-file';

export interface PresenceOptions {
  station: string;
  version: string;
  /** Publish verdicts (retained, QoS 0: the last one counts). */
  verdicts: boolean;
  /** Discovery prefix of Home Assistant, usually `homeassistant`; undefined: no discovery. */
  homeAssistantPrefix?: string;
  /** Sparkplug group; undefined: no Sparkplug. */
  sparkplugGroup?: string;
  /** The station has golden samples. */
  golden?: boolean;
}

/** Whom the presence tells and asks. */
interface PresencePorts {
  warn(sentence: string): void;
  /** Names of the other stations that may be on the same broker. */
  others?(): string[];
}

/** Payload on `inspection/<station>/status`. */
export interface StatusMessage {
  status: 'online' | 'offline';
  station: string;
  time?: string;
  /** No part has come since then; absent: parts come. */
  silentSince?: string;
}

/** Liveness on `inspection/<station>/status`, retained. Without a time it is the Last Will, which is written in advance. */
export function statusMessage(station: string, status: StatusMessage['status'], nowMs?: number): BrokerMessage {
  return statusOnTopic(statusOf(station, status, nowMs));
}

/** @param silentSinceMs when the last part came, ms since 1970, while none comes any more */
export function statusOf(
  station: string,
  status: StatusMessage['status'],
  nowMs?: number,
  silentSinceMs?: number,
): StatusMessage {
  const time = nowMs === undefined ? {} : { time: new Date(nowMs).toISOString() };
  const silence = silentSinceMs === undefined ? {} : { silentSince: new Date(silentSinceMs).toISOString() };
  return { status, station, ...time, ...silence };
}

function statusOnTopic(status: StatusMessage): BrokerMessage {
  const { station } = status;
  const payload = JSON.stringify(status);
  return { topic: stationTopic(station, 'status'), payload, qos: 1, retain: true };
}

/**
 * What a station shows of itself on a broker beside its alerts: liveness with a Last Will, the last verdict, Home
 * Assistant discovery, Sparkplug births and data. All best effort: the next message makes up for a lost one.
 */
export class Presence {
  readonly #options: PresenceOptions;
  readonly #broker: BrokerPort;
  readonly #state: StateFile | undefined;
  readonly #sparkplug: SparkplugEdge | undefined;
  readonly #retained: Retained;
  readonly #ports: PresencePorts;
  #lastVerdict: VerdictRecord | undefined;
  #lastGolden: BrokerMessage | undefined;
  #silentSinceMs: number | undefined;
  #wasConnected = false;

  private constructor(
    options: PresenceOptions,
    broker: BrokerPort,
    state: StateFile | undefined,
    sparkplug: SparkplugEdge | undefined,
    ports: PresencePorts,
  ) {
    this.#options = options;
    this.#broker = broker;
    this.#state = state;
    this.#sparkplug = sparkplug;
    this.#ports = ports;
    this.#retained = new Retained(this.#topics(), broker, state);
  }

  /** Must have run before the connection is made, as a will can only be set then. */
  static async start(
    options: PresenceOptions,
    broker: BrokerPort,
    state: StateFile | undefined,
    ports: PresencePorts,
  ): Promise<Presence> {
    let edge: SparkplugEdge | undefined;
    if (options.sparkplugGroup !== undefined) {
      const group = sparkplugGroup(options.sparkplugGroup);
      const codec = await loadSparkplugCodec();
      const bdSeq = ((state?.state.bdSeq ?? 255) + 1) % 256;
      edge = new SparkplugEdge(codec, { group, node: options.station, version: options.version, bdSeq });
    }
    const presence = new Presence(options, broker, state, edge, ports);
    if (!presence.#setWill()) {
      ports.warn('The broker configuration has a Last Will of its own: it stays, and this station has none');
    }
    if (edge !== undefined) {
      await state?.save({ bdSeq: edge.bdSeq }).catch((error: unknown) => ports.warn(messageOf(error)));
      broker.subscribe(edge.commandTopic, (payload) => {
        if (edge.asksForRebirth(payload)) presence.#sparkplugBirth(edge);
      });
    }
    await presence.#retained.remember().catch((error: unknown) => ports.warn(messageOf(error)));
    broker.onConnection((connected) => presence.#connectionChanged(connected));
    return presence;
  }

  verdict(record: VerdictRecord): void {
    // Sparkplug has the metrics of production; a golden part is none of it
    const ofProduction = record.golden === undefined;
    if (this.#sparkplug !== undefined && ofProduction) this.#lastVerdict = structuredClone(record);
    if (this.#options.verdicts) {
      const topic = stationTopic(this.#options.station, 'verdict');
      void this.#broker.tell({ topic, payload: JSON.stringify(record), qos: 0, retain: true });
    }
    const data = ofProduction ? this.#sparkplug?.data(record) : undefined;
    if (data !== undefined) void this.#broker.tell({ ...data, retain: false });
  }

  /** Retained, so that whoever comes later knows how the last check ended; said again with every connection. */
  golden(record: GoldenRecord): void {
    const topic = stationTopic(this.#options.station, 'golden');
    this.#lastGolden = { topic, payload: JSON.stringify(record), qos: 1, retain: true };
    void this.#broker.tell(this.#lastGolden);
  }

  /** Parts do not come any more, or again (undefined); said again with every connection. */
  silence(silentSinceMs: number | undefined): void {
    this.#silentSinceMs = silentSinceMs;
    if (this.#wasConnected) this.#tellOnline();
  }

  #tellOnline(): void {
    const status = statusOf(this.#options.station, 'online', Date.now(), this.#silentSinceMs);
    void this.#broker.tell(statusOnTopic(status));
  }

  /** Says that the station goes away on purpose; the will is only for the other case. */
  async stop(): Promise<void> {
    if (this.#sparkplug !== undefined) await this.#broker.tell({ ...this.#sparkplug.death(), retain: false });
    await this.#broker.tell(statusMessage(this.#options.station, 'offline', Date.now()));
  }

  /** All on which something is retained. */
  #topics(): string[] {
    const { station, verdicts } = this.#options;
    const leaves = ['status', 'golden', ...(verdicts ? (['verdict'] as const) : [])] as const;
    return [...leaves.map((leaf) => stationTopic(station, leaf)), ...this.#discovery().map(({ topic }) => topic)];
  }

  #discovery(): DiscoveryMessage[] {
    const { station, version, homeAssistantPrefix, golden } = this.#options;
    return homeAssistantPrefix === undefined ? [] : discoveryMessages(station, version, homeAssistantPrefix, golden);
  }

  /** A connection has one will: the death certificate where Sparkplug is on (it must be), else the status. */
  #setWill(): boolean {
    const will =
      this.#sparkplug === undefined
        ? statusMessage(this.#options.station, 'offline')
        : { ...this.#sparkplug.death(), retain: false };
    return this.#broker.setWill(will);
  }

  #connectionChanged(connected: boolean): void {
    if (connected === this.#wasConnected) return;
    this.#wasConnected = connected;
    if (!connected) {
      if (this.#sparkplug !== undefined) {
        void this.#state?.save({ bdSeq: this.#sparkplug.nextConnection() }).catch(() => undefined);
        this.#setWill();
      }
      return;
    }
    this.#tellOnline();
    if (this.#lastGolden !== undefined) void this.#broker.tell(this.#lastGolden);
    for (const message of this.#discovery()) void this.#broker.tell({ ...message, qos: 1, retain: true });
    void this.#retained.clear(this.#ports.others?.() ?? []).catch(() => undefined);
    if (this.#sparkplug !== undefined) this.#sparkplugBirth(this.#sparkplug);
  }

  #sparkplugBirth(edge: SparkplugEdge): void {
    for (const message of edge.birth(this.#lastVerdict, Date.now()))
      void this.#broker.tell({ ...message, retain: false });
  }
}
