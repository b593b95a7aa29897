// Sparkplug is switched on, but its library is an optional package that is not there: the parts must be judged all the same.
import assert from 'node:assert/strict';
import { register } from 'node:module';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import helper from 'node-red-node-test-helper';
import { detection, INFERENCE } from '../alert/fixtures';
import { waitFor } from '../helpers/wait-for';

// as in a user folder without the package: here it lies in node_modules
const HOOK = `export async function resolve(name, context, next) {
  if (name === 'sparkplug-payload') throw Object.assign(new Error('not there'), { code: 'ERR_MODULE_NOT_FOUND' });
  return next(name, context);
}`;
register(`data:text/javascript,${encodeURIComponent(HOOK)}`);

// eslint-disable-next-line @typescript-eslint/no-require-imports
const defectAlert = require(join(process.cwd(), 'dist', 'nodes', 'defect-alert', 'defect-alert.js')) as never;
// eslint-disable-next-line @typescript-eslint/no-require-imports
const mqttNodes = require('@node-red/nodes/core/network/10-mqtt.js') as never;

describe('defect-alert without the package sparkplug-payload', () => {
  before(() => new Promise<void>((resolve) => helper.startServer(resolve)));
  afterEach(() => helper.unload());
  after(() => new Promise<void>((resolve) => helper.stopServer(resolve)));

  it('judges every part by its rules, is red, and says what to install', async () => {
    const flow: object[] = [
      { id: 'tab', type: 'tab', label: 'test' },
      { id: 'b', type: 'mqtt-broker', broker: '127.0.0.1', port: '1', autoConnect: false },
      {
        id: 'n',
        z: 'tab',
        type: 'defect-alert',
        version: 1,
        station: 'line-1',
        rules: '{"classes":{"dent":{"ignore":true}}}',
        broker: 'b',
        sparkplugGroup: 'plant',
        wires: [['a'], ['v']],
      },
      { id: 'a', z: 'tab', type: 'helper' },
      { id: 'v', z: 'tab', type: 'helper' },
      { id: 'c', z: 'tab', type: 'catch', scope: null, uncaught: false, wires: [['e']] },
      { id: 'e', z: 'tab', type: 'helper' },
    ];
    await helper.load([defectAlert, mqttNodes] as never, flow as never);
    const verdicts: string[] = [];
    const alerts: unknown[] = [];
    const errors: string[] = [];
    helper
      .getNode('v')
      .on('input', ((message: { payload: { verdict: string } }) => verdicts.push(message.payload.verdict)) as never);
    helper.getNode('a').on('input', (message) => void alerts.push(message));
    helper
      .getNode('e')
      .on('input', ((message: { error: { message: string } }) => errors.push(message.error.message)) as never);
    const node = helper.getNode('n');
    const statuses: { fill?: string }[] = [];
    const status = node.status.bind(node);
    node.status = (now) => {
      if (typeof now === 'object') statuses.push(now);
      status(now);
    };
    for (const label of ['dent', 'scratch']) {
      node.receive({ payload: [detection({ label, confidence: 0.99 })], inference: INFERENCE });
    }
    await waitFor('two verdicts', () => verdicts.length === 2);
    await waitFor('the errors', () => errors.length >= 3);
    assert.deepEqual(verdicts, ['PASS', 'FAIL']);
    assert.equal(alerts.length, 1);
    for (const error of errors)
      assert.match(error, /sparkplug-payload .* not installed: npm install sparkplug-payload$/);
    await waitFor('the status', () => statuses.at(-1)?.fill === 'red');
  });
});
