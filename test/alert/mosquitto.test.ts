import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { connectAsync, type MqttClient } from 'mqtt';
import { get } from 'sparkplug-payload';
import { waitFor } from '../helpers/wait-for';
import { AlertJournal, feed, feedFlow } from './support/alert-feed';
import { brokerNodes, Mosquitto } from './support/mosquitto';
import { NodeRedProcess } from './support/node-red-process';
import { shippedSchemas } from './schemas';

const schemas = shippedSchemas();
const eclipse = get('spBv1.0');

/** A subscriber that has nothing to do with our code: MQTT.js, its own session, everything that goes over the wire. */
class Subscriber {
  readonly messages: { topic: string; payload: Buffer; retain: boolean }[] = [];

  private constructor(readonly client: MqttClient) {
    client.on('message', (topic, payload, { retain }) => this.messages.push({ topic, payload, retain }));
  }

  static async start(broker: Mosquitto, topic = '#'): Promise<Subscriber> {
    const client = await connectAsync(broker.url, {
      ...broker.clientOptions,
      clientId: `s-${topic.length}`,
      clean: false,
    });
    client.on('error', () => undefined);
    const subscriber = new Subscriber(client);
    await client.subscribeAsync(topic, { qos: 1 });
    return subscriber;
  }

  of<T = Record<string, unknown>>(topic: string): T[] {
    return this.messages.filter((m) => m.topic === topic).map(({ payload }) => JSON.parse(payload.toString()) as T);
  }
}

const noLimit = JSON.stringify({ rateLimit: { alerts: 0, perMs: 1000 } });

describe('defect-alert on Mosquitto with TLS and a password', () => {
  let broker: Mosquitto;
  let nodeRed: NodeRedProcess;
  let subscriber: Subscriber;

  before(async () => {
    broker = await Mosquitto.start();
    subscriber = await Subscriber.start(broker);
    nodeRed = await NodeRedProcess.start([
      ...brokerNodes(broker),
      ...feedFlow({
        station: 'line-1',
        minConfidence: 0.25,
        rules: noLimit,
        broker: 'broker',
        homeAssistant: 'homeassistant',
        deliveryPerSecond: 1000,
      }),
    ]);
  });
  after(async () => {
    await nodeRed?.stop();
    await subscriber?.client.endAsync(true);
    await broker?.stop();
  });

  it('is online, and everything on the wire fits its schema', async () => {
    // verdicts are told, not kept: frames before the connection would have none on the wire
    await waitFor('the station to be online', () => subscriber.of('inspection/line-1/status').length > 0, 60_000);
    await waitFor('the frames to be confirmed', () => feed(nodeRed.url, [0, 1, 2]));
    await waitFor('three alerts', () => subscriber.of('inspection/line-1/alert').length >= 3);
    await waitFor('three verdicts', () => subscriber.of('inspection/line-1/verdict').length >= 3);
    const expected = { alert: 'defect-alert', verdict: 'inspection-verdict', status: 'inspection-status' } as const;
    for (const [leaf, schema] of Object.entries(expected)) {
      const messages = subscriber.of(`inspection/line-1/${leaf}`);
      assert.ok(messages.length > 0, leaf);
      for (const message of messages) assert.ok(schemas[schema](message), JSON.stringify(schemas[schema].errors));
    }
    assert.equal(subscriber.of<{ status: string }>('inspection/line-1/status').at(-1)?.status, 'online');
  });

  it('keeps the last verdict, the status and the discovery for whoever subscribes later', async () => {
    const late = await connectAsync(broker.url, broker.clientOptions);
    const topics: string[] = [];
    late.on('message', (topic, _payload, { retain }) => topics.push(`${retain ? 'retained' : 'live'} ${topic}`));
    await late.subscribeAsync(['inspection/+/+', 'homeassistant/#'], { qos: 1 });
    await waitFor('what is retained', () => topics.length >= 10);
    await late.endAsync();
    assert.ok(topics.includes('retained inspection/line-1/status'));
    assert.ok(topics.includes('retained inspection/line-1/verdict'));
    assert.ok(topics.includes('retained homeassistant/binary_sensor/edge_inspect_line_1/defect/config'));
    assert.ok(!topics.includes('retained inspection/line-1/alert'), 'an alert is an event, not a state');
  });

  it('loses nothing, keeps the order and marks duplicates by id, through crashes of both sides', async () => {
    const journal = new AlertJournal();
    const all = 300;
    const alerts = () => subscriber.of<{ id: string; frame: { seq: number } }>('inspection/line-1/alert');
    const arrived = () => new Set(alerts().map(({ frame }) => frame.seq)).size;
    for (let seq = 3; seq < all; seq += 33) {
      const numbers = Array.from({ length: Math.min(33, all - seq) }, (_, i) => seq + i);
      if (seq === 69 || seq === 168) {
        // What the broker has acknowledged is in its hands, and this one loses some of it when it is killed: so it is
        // killed when it holds nothing. lab/soak/alerts-soak.ts kills it at any time and counts.
        await waitFor('what was sent so far', () => arrived() >= seq);
        await broker.kill('SIGKILL');
      }
      const confirmed = feed(nodeRed.url, numbers);
      if (seq === 135) {
        await nodeRed.kill('SIGKILL');
        await broker.resume();
        await nodeRed.resume();
      }
      if (seq === 234) await broker.resume();
      if (!(await confirmed)) await waitFor('the frames to be confirmed', () => feed(nodeRed.url, numbers));
    }
    await waitFor('all alerts', () => arrived() >= all, 60_000).catch(() => undefined);
    for (const alert of alerts()) journal.add(alert);
    assert.deepEqual(journal.missing(all), []);
    assert.equal(journal.outOfOrder, 0);
  });

  it('is offline by its Last Will when it is killed, and says goodbye itself when it is stopped', async () => {
    const status = () => subscriber.of<{ status: string; time?: string }>('inspection/line-1/status').at(-1);
    await waitFor('online', () => status()?.status === 'online');
    await nodeRed.kill('SIGKILL');
    await waitFor('the will', () => status()?.status === 'offline');
    await nodeRed.resume();
    await waitFor('online again', () => status()?.status === 'online');
    await nodeRed.kill('SIGTERM');
    await waitFor('the goodbye', () => status()?.status === 'offline');
    for (const message of subscriber.of('inspection/line-1/status')) assert.ok(schemas['inspection-status'](message));
  });
});

describe('Sparkplug B on Mosquitto', () => {
  let broker: Mosquitto;
  let nodeRed: NodeRedProcess;
  let subscriber: Subscriber;

  before(async () => {
    broker = await Mosquitto.start();
    subscriber = await Subscriber.start(broker, 'spBv1.0/#');
    nodeRed = await NodeRedProcess.start([
      ...brokerNodes(broker),
      ...feedFlow({ station: 'line-1', minConfidence: 0.25, broker: 'broker', sparkplugGroup: 'Plant' }),
    ]);
  });
  after(async () => {
    await nodeRed?.stop();
    await subscriber?.client.endAsync(true);
    await broker?.stop();
  });

  const told = (type: string) =>
    subscriber.messages
      .filter(({ topic }) => topic.split('/')[2] === type)
      .map(({ payload }) => {
        const { seq, metrics } = eclipse!.decodePayload(payload);
        return { seq: Number(seq), metrics: Object.fromEntries((metrics ?? []).map((m) => [String(m.name), m.value])) };
      });

  it('is born, tells data in sequence, is reborn on command, and dies with the bdSeq it was born with', async () => {
    await waitFor('the birth', () => told('DBIRTH').length === 1);
    await waitFor('the frames to be confirmed', () => feed(nodeRed.url, [0, 1]));
    await waitFor('data', () => told('DDATA').length === 2);
    assert.deepEqual(
      [told('NBIRTH')[0]?.seq, told('DBIRTH')[0]?.seq, ...told('DDATA').map(({ seq }) => seq)],
      [0, 1, 2, 3],
    );
    assert.equal(told('DDATA')[1]?.metrics.Verdict, 'FAIL');

    const rebirth = {
      timestamp: 1,
      metrics: [{ name: 'Node Control/Rebirth', type: 'Boolean' as const, value: true }],
    };
    await subscriber.client.publishAsync('spBv1.0/Plant/NCMD/line-1', Buffer.from(eclipse!.encodePayload(rebirth)));
    await waitFor('the rebirth', () => told('DBIRTH').length === 2);

    const bornWith = Number(told('NBIRTH')[0]?.metrics.bdSeq);
    assert.equal(Number(told('NBIRTH')[1]?.metrics.bdSeq), bornWith);
    await nodeRed.kill('SIGKILL');
    await waitFor('the death certificate', () => told('NDEATH').length === 1);
    assert.equal(Number(told('NDEATH')[0]?.metrics.bdSeq), bornWith);
    await nodeRed.resume();
    await waitFor('the next birth', () => told('NBIRTH').length === 3);
    assert.equal(Number(told('NBIRTH')[2]?.metrics.bdSeq), (bornWith + 1) % 256);
  });
});
