// Every example as it is in the package, imported into an empty Node-RED: nothing is changed but the broker's port.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { installPackage, type InstalledPackage } from '../helpers/installed-package';
import { Mosquitto } from '../helpers/mosquitto';
import { NodeRedProcess } from '../helpers/node-red-process';
import { NODE_RED_4 } from '../helpers/node-red-versions';
import { ROOT } from '../helpers/root';
import { Subscriber } from '../helpers/subscriber';
import { waitFor } from '../helpers/wait-for';

type FlowNode = Record<string, unknown> & { id: string; type: string };

const EXAMPLES = readdirSync(join(ROOT, 'examples')).filter((name) => name.endsWith('.json'));

describe('the examples in an empty Node-RED', () => {
  let installed: InstalledPackage;
  let broker: Mosquitto;
  let subscriber: Subscriber;
  let nodeRed: NodeRedProcess;

  before(async () => {
    installed = installPackage();
    broker = await Mosquitto.start();
    subscriber = await Subscriber.connect(broker.port);
    nodeRed = await NodeRedProcess.start({ ...NODE_RED_4, userDir: installed.userDir });
  });
  after(async () => {
    await nodeRed?.stop();
    await subscriber?.stop();
    await broker?.stop();
    installed?.remove();
  });

  for (const name of EXAMPLES) {
    it(`${name}: every node is known and none complains`, async () => {
      const example = JSON.parse(readFileSync(join(installed.packageDir, 'examples', name), 'utf8')) as FlowNode[];
      const flow = example.map((node) => (node.type === 'mqtt-broker' ? { ...node, port: String(broker.port) } : node));
      const logged = nodeRed.log.length;
      await nodeRed.deploy(flow);
      if (example.some(({ type }) => type === 'inspection-model')) {
        await waitFor('the model to be ready', () => / ready, sha256 /.test(nodeRed.log.slice(logged)));
      }
      if (flow.some(({ type }) => type === 'mqtt out')) {
        const seen = subscriber.received.length;
        await waitFor('a message over MQTT', () => subscriber.received.length > seen);
      }
      await waitFor('the flows to start', () => nodeRed.log.slice(logged).includes('Started'));
      const complaints = nodeRed.log
        .slice(logged)
        .split('\n')
        .filter((line) => /\[error\]|Waiting for missing types|Uncaught/.test(line));
      assert.deepEqual(complaints, []);
    });
  }
});
