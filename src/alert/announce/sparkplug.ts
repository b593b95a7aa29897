import { InspectionError } from '../../contract/errors';
import { expected } from '../../contract/errors';
import type { VerdictRecord } from '../judge/messages';

/**
 * Sparkplug B 3.0 (Eclipse Foundation): the station is an edge node with one device, `inspection`. Payloads are coded by
 * the Eclipse Tahu library, an optional package, because its licence (EPL-2.0) and size are not everybody's.
 */
export const SPARKPLUG_PACKAGE = 'sparkplug-payload';
const DEVICE = 'inspection';
const NAMESPACE = 'spBv1.0';

type MetricType = 'String' | 'UInt32' | 'UInt64' | 'Double' | 'Boolean';

interface Metric {
  name: string;
  type: MetricType;
  value: string | number | boolean | null;
  timestamp?: number;
}

interface Payload {
  timestamp: number;
  seq?: number;
  metrics: Metric[];
}

/** As much of the library as is used here. */
export interface SparkplugCodec {
  encodePayload(payload: Payload): Uint8Array;
  decodePayload(bytes: Uint8Array): { metrics?: { name?: string | null; value?: unknown }[] | null };
}

export interface SparkplugMessage {
  topic: string;
  payload: Buffer;
  /** Death certificates are wills and go with QoS 1, all else with 0 (tck-id-payloads-*-qos). */
  qos: 0 | 1;
}

/** What the device tells: one row per metric. Names are part of the birth certificate, so they stay as they are. */
const DEVICE_METRICS: { name: string; type: MetricType; of: (record: VerdictRecord) => Metric['value'] }[] = [
  { name: 'Verdict', type: 'String', of: ({ verdict }) => verdict },
  { name: 'Reason', type: 'String', of: ({ reason }) => reason ?? null },
  { name: 'Frame', type: 'String', of: ({ frame }) => frame.id },
  { name: 'Defects', type: 'UInt32', of: ({ defects, defectsOmitted }) => defects.length + defectsOmitted },
  { name: 'Worst Defect', type: 'String', of: ({ defects }) => defects[0]?.label ?? null },
  { name: 'Latency ms', type: 'Double', of: ({ latencyMs }) => latencyMs },
  { name: 'Temperature C', type: 'Double', of: ({ thermal }) => thermal?.tempC ?? null },
  { name: 'Model', type: 'String', of: ({ model }) => model?.name ?? null },
  { name: 'Model SHA256', type: 'String', of: ({ model }) => model?.sha256 ?? null },
  { name: 'Rules', type: 'String', of: ({ rulesId }) => rulesId },
  { name: 'Counters/Triggers', type: 'UInt64', of: ({ counters }) => counters.triggers },
  { name: 'Counters/Pass', type: 'UInt64', of: ({ counters }) => counters.pass },
  { name: 'Counters/Fail', type: 'UInt64', of: ({ counters }) => counters.fail },
  { name: 'Counters/Not Inspected', type: 'UInt64', of: ({ counters }) => counters.notInspected },
];

/** Loads the Eclipse library; it is asked for by name only when somebody switches Sparkplug on. */
export async function loadSparkplugCodec(name = SPARKPLUG_PACKAGE): Promise<SparkplugCodec> {
  try {
    const library = (await import(name)) as {
      get?: (namespace: string) => SparkplugCodec | null;
      default?: { get: (namespace: string) => SparkplugCodec | null };
    };
    const codec = (library.get ?? library.default?.get)?.(NAMESPACE);
    if (codec) return codec;
  } catch (error) {
    throw new InspectionError(
      'BAD_ARGUMENT',
      `Expected the package ${SPARKPLUG_PACKAGE} for Sparkplug but it is not installed: npm install ${SPARKPLUG_PACKAGE}`,
      { cause: error },
    );
  }
  throw expected(`the package ${SPARKPLUG_PACKAGE} with spBv1.0`, 'Sparkplug', name);
}

/** Builds the messages of one edge node, with its sequence numbers: `seq` per message, `bdSeq` per connection. */
export class SparkplugEdge {
  readonly #codec: SparkplugCodec;
  readonly #group: string;
  readonly #node: string;
  readonly #version: string;
  #bdSeq: number;
  #seq = 0;
  #born = false;

  constructor(
    codec: SparkplugCodec,
    { group, node, version, bdSeq }: { group: string; node: string; version: string; bdSeq: number },
  ) {
    this.#codec = codec;
    this.#group = group;
    this.#node = node;
    this.#version = version;
    this.#bdSeq = bdSeq;
  }

  get bdSeq(): number {
    return this.#bdSeq;
  }

  get commandTopic(): string {
    return this.#topic('NCMD');
  }

  /** The will of the connection: must be set before it is made, with the bdSeq that its birth will carry. */
  death(): SparkplugMessage {
    const payload = { timestamp: Date.now(), metrics: [this.#bdSeqMetric()] };
    return { topic: this.#topic('NDEATH'), payload: Buffer.from(this.#codec.encodePayload(payload)), qos: 1 };
  }

  /** For the next connection; 0 … 255. */
  nextConnection(): number {
    this.#bdSeq = (this.#bdSeq + 1) % 256;
    this.#born = false;
    return this.#bdSeq;
  }

  /** NBIRTH and DBIRTH: every metric with its present value. */
  birth(record: VerdictRecord | undefined, nowMs: number): SparkplugMessage[] {
    this.#seq = 0;
    const node: Metric[] = [
      this.#bdSeqMetric(),
      { name: 'Node Control/Rebirth', type: 'Boolean', value: false },
      { name: 'Properties/Software', type: 'String', value: `@edge-inspect/node-red-inspection ${this.#version}` },
    ];
    this.#born = true;
    return [
      this.#message('NBIRTH', node, nowMs),
      this.#message(
        'DBIRTH',
        DEVICE_METRICS.map(({ name, type, of }) => ({ name, type, value: record === undefined ? null : of(record) })),
        nowMs,
      ),
    ];
  }

  /** DDATA of one verdict; undefined before the birth, as nothing may come before it. */
  data(record: VerdictRecord): SparkplugMessage | undefined {
    if (!this.#born) return undefined;
    const metrics = DEVICE_METRICS.map(({ name, type, of }) => ({ name, type, value: of(record) }));
    return this.#message('DDATA', metrics, Date.parse(record.time));
  }

  /** Whether a command asks for a new birth. Bytes that are no Sparkplug payload ask for nothing. */
  asksForRebirth(bytes: Uint8Array): boolean {
    try {
      const { metrics } = this.#codec.decodePayload(bytes);
      return (metrics ?? []).some(({ name, value }) => name === 'Node Control/Rebirth' && value === true);
    } catch {
      return false;
    }
  }

  #bdSeqMetric(): Metric {
    return { name: 'bdSeq', type: 'UInt64', value: this.#bdSeq };
  }

  #topic(type: string): string {
    const device = type.startsWith('D') ? `/${DEVICE}` : '';
    return `${NAMESPACE}/${this.#group}/${type}/${this.#node}${device}`;
  }

  #message(type: 'NBIRTH' | 'DBIRTH' | 'DDATA', metrics: Metric[], nowMs: number): SparkplugMessage {
    const payload = {
      timestamp: nowMs,
      seq: this.#seq,
      metrics: metrics.map((metric) => ({ ...metric, timestamp: nowMs })),
    };
    this.#seq = (this.#seq + 1) % 256;
    return { topic: this.#topic(type), payload: Buffer.from(this.#codec.encodePayload(payload)), qos: 0 };
  }
}
