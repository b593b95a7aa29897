/**
 * Alerts through a real Node-RED and a real Mosquitto (TLS, password), both killed again and again. A subscriber of its
 * own (MQTT.js, persistent session, QoS 1) checks every message with ajv and keeps a journal: each frame that was
 * confirmed must arrive at least once, in order. Prints figures; exits with 1 when an alert is missing, out of order or
 * not valid.
 *
 * Usage: npm run lab -- alerts-soak [--alerts 10000] [--broker-kills 20] [--node-red-kills 20] [--signal SIGKILL]
 */
import { parseArgs } from 'node:util';
import { connectAsync } from 'mqtt';
import { AlertJournal, feed, feedFlow } from '../../test/alert/support/alert-feed';
import { brokerNodes, Mosquitto } from '../../test/alert/support/mosquitto';
import { NodeRedProcess } from '../../test/alert/support/node-red-process';
import { waitFor } from '../../test/helpers/wait-for';
import { shippedSchemas } from '../../test/alert/schemas';

const { values } = parseArgs({
  options: {
    alerts: { type: 'string', default: '10000' },
    'broker-kills': { type: 'string', default: '20' },
    'node-red-kills': { type: 'string', default: '20' },
    signal: { type: 'string', default: 'SIGKILL' },
    batch: { type: 'string', default: '20' },
  },
});
const alerts = Number(values.alerts);
const brokerKills = Number(values['broker-kills']);
const nodeRedKills = Number(values['node-red-kills']);
const batch = Number(values.batch);
const signal = values.signal as NodeJS.Signals;

/** Sequence numbers after which somebody is killed: evenly spread, the two kinds in turn. */
function killPlan(kills: number, offset: number): Set<number> {
  return new Set(
    Array.from({ length: kills }, (_, i) => Math.floor((((i + offset) / kills) * alerts) / batch) * batch),
  );
}

async function main(): Promise<void> {
  const validate = shippedSchemas()['defect-alert'];
  const journal = new AlertJournal();
  let invalid = 0;
  const broker = await Mosquitto.start();
  const subscriber = await connectAsync(broker.url, { ...broker.clientOptions, clientId: 'journal', clean: false });
  subscriber.on('error', () => undefined);
  subscriber.on('message', (_topic, payload) => {
    const alert = JSON.parse(payload.toString()) as { id: string; frame: { seq: number } };
    if (!validate(alert)) invalid += 1;
    journal.add(alert);
  });
  await subscriber.subscribeAsync('inspection/soak/alert', { qos: 1 });
  const rules = JSON.stringify({ rateLimit: { alerts: 0, perMs: 1000 } });
  const nodeRed = await NodeRedProcess.start([
    ...brokerNodes(broker),
    ...feedFlow({ station: 'soak', minConfidence: 0.25, rules, broker: 'broker', deliveryPerSecond: 2000 }),
  ]);
  const startMs = Date.now();
  const brokerPlan = killPlan(brokerKills, 0.25);
  const nodeRedPlan = killPlan(nodeRedKills, 0.75);
  let handedOverAgain = 0;
  let outages: Promise<void> = Promise.resolve();
  let killed = { broker: 0, nodeRed: 0 };
  for (let seq = 0; seq < alerts; seq += batch) {
    const numbers = Array.from({ length: Math.min(batch, alerts - seq) }, (_, i) => seq + i);
    const confirmed = feed(nodeRed.url, numbers);
    if (brokerPlan.has(seq)) {
      killed = { ...killed, broker: killed.broker + 1 };
      await outages;
      // the line goes on while the broker is away
      outages = broker
        .kill(signal)
        .then(() => new Promise<void>((resolve) => setTimeout(resolve, 1000)))
        .then(() => broker.resume());
    }
    if (nodeRedPlan.has(seq)) {
      killed = { ...killed, nodeRed: killed.nodeRed + 1 };
      await nodeRed.kill('SIGKILL');
      await nodeRed.resume();
    }
    if (!(await confirmed)) {
      handedOverAgain += 1;
      await waitFor(`frames ${seq} to be confirmed`, () => feed(nodeRed.url, numbers));
    }
    if ((seq / batch) % 50 === 0) process.stderr.write(`${seq} frames, ${journal.frames} arrived\n`);
  }
  await outages;
  await waitFor('the last alerts', () => journal.frames >= alerts, 120_000).catch(() => undefined);
  const missing = journal.missing(alerts);
  const seconds = (Date.now() - startMs) / 1000;
  console.log(
    JSON.stringify(
      {
        frames: alerts,
        brokerKills: killed.broker,
        nodeRedKills: killed.nodeRed,
        brokerSignal: signal,
        arrived: journal.frames,
        missing: missing.length,
        outOfOrder: journal.outOfOrder,
        duplicatesById: journal.duplicates,
        framesHandedOverAgain: handedOverAgain * batch,
        invalidBySchema: invalid,
        seconds: Math.round(seconds),
      },
      null,
      2,
    ),
  );
  if (missing.length > 0) console.log(`missing: ${missing.slice(0, 20).join(', ')}`);
  await subscriber.endAsync(true);
  await nodeRed.stop();
  await broker.stop();
  process.exitCode = missing.length + journal.outOfOrder + invalid > 0 ? 1 : 0;
}

void main();
