// Example 04 as it is in the package: the simulated line, commands through mqtt in, reports and refusals through mqtt out.
// Only the broker's port is changed, and for the second half the model, to a station folder made with the command line.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Phase } from '../../src/shadow/trial/phases';
import type { ShadowReport } from '../../src/shadow/trial/shadow-report';
import { Mosquitto } from '../helpers/mosquitto';
import { linkPackage } from '../helpers/linked-package';
import { NodeRedProcess } from '../helpers/node-red-process';
import { NODE_RED_4 } from '../helpers/node-red-versions';
import { ROOT } from '../helpers/root';
import { Subscriber } from '../helpers/subscriber';
import { waitFor } from '../helpers/wait-for';

type FlowNode = Record<string, unknown> & { id: string; type: string };

const TOPIC = 'inspection/station-1/shadow';
const MODEL = join(ROOT, 'models', 'pcb-defects');

const slots = (...args: string[]) =>
  JSON.parse(
    execFileSync(process.execPath, [join(ROOT, 'dist', 'src', 'cli', 'main.js'), 'slots', ...args, '--json'], {
      encoding: 'utf8',
    }),
  ) as { current: string; state: string; journal?: { operation: string; reason: string }[] };

describe('example 04 with commands over MQTT', () => {
  const userDir = mkdtempSync(join(tmpdir(), 'shadow-mqtt-'));
  const station = join(userDir, 'station');
  let broker: Mosquitto;
  let subscriber: Subscriber;
  let nodeRed: NodeRedProcess;

  before(async () => {
    broker = await Mosquitto.start();
    subscriber = await Subscriber.connect(broker.port);
    linkPackage(userDir);
    nodeRed = await NodeRedProcess.start({ ...NODE_RED_4, userDir });
  });
  after(async () => {
    await nodeRed?.stop();
    await subscriber?.stop();
    await broker?.stop();
    rmSync(userDir, { recursive: true, force: true });
  });

  async function deploy(change: Partial<Record<string, Record<string, unknown>>> = {}): Promise<void> {
    const example = readFileSync(join(ROOT, 'examples', '04 - Shadow a new model.json'), 'utf8');
    const port = String(broker.port);
    const flow = (JSON.parse(example) as FlowNode[]).map((node) => {
      return { ...node, ...(node.type === 'mqtt-broker' && { port }), ...change[node.type] };
    });
    subscriber.received.length = 0;
    await nodeRed.deploy(flow);
    await phaseIs('shadow');
  }

  const reports = () => subscriber.of<ShadowReport>(`${TOPIC}/report`);
  const refusals = () =>
    subscriber.received.filter(({ topic }) => topic === `${TOPIC}/refused`).map(({ text }) => text);
  const command = (word: string, reason = '') => subscriber.publish(`${TOPIC}/command/${word}`, reason);
  /** Asks until the answer is as wanted. */
  const statusThat = (what: string, holds: (report: ShadowReport) => boolean) =>
    waitFor(
      what,
      async () => {
        const before = reports().length;
        await command('status');
        // the first may be lost: the broker's node may not be connected yet, or the shadow not started
        const isAnswer = ({ event }: ShadowReport) => event === 'status';
        const found = await waitFor('a status', () => reports().slice(before).find(isAnswer), 2000).catch(
          () => undefined,
        );
        return found !== undefined && holds(found) && found;
      },
      180_000,
      300,
    );
  const phaseIs = (wanted: Phase) => statusThat(`the phase ${wanted}`, ({ phase }) => phase === wanted);
  const statusAfter = (wanted: number) => statusThat(`${wanted} frames`, ({ frames }) => frames >= wanted);

  it('answers status, refuses what it does not know with a sentence, and goes on', async () => {
    await deploy();
    const first = await statusAfter(3);
    assert.equal(first.phase, 'shadow');
    assert.equal(first.statistics?.disagreement.count, 0);
    await command('explode');
    await command('confirm');
    await waitFor('two refusals', () => refusals().length >= 2);
    assert.match(refusals()[0] ?? '', /^Expected one of canary, promote, .* for msg\.topic but received "explode"$/);
    assert.match(
      refusals()[1] ?? '',
      /^Expected a candidate in phase promoted for confirm but received "phase shadow"$/,
    );
    const { phase } = await statusAfter(first.frames + 3);
    assert.equal(phase, 'shadow');
    await command('reject', 'looks odd');
    await phaseIs('rejected');
    const ending = reports().find(({ event, phase }) => event === 'phase' && phase === 'rejected');
    assert.equal(ending?.text, 'looks odd');
    assert.equal(refusals().length, 2);
  });

  it('promotes, confirms and reverts a station, with the reasons in its journal', async () => {
    slots('init', station, '--model', MODEL);
    slots('install', station, '--model', MODEL);
    await deploy({ 'inspection-model': { model: station }, 'model-shadow': { candidate: '' } });
    await command('promote', 'by the shift leader');
    await phaseIs('promoted');
    assert.deepEqual([slots('status', station).current, slots('status', station).state], ['b', 'trial']);
    await command('confirm', 'a good week');
    await phaseIs('confirmed');
    assert.equal(slots('status', station).state, 'confirmed');
    await command('revert', 'the customer complained');
    await phaseIs('reverted');
    const { current, journal } = slots('status', station);
    assert.equal(current, 'a');
    const reasons = new Set(journal?.map(({ operation, reason }) => `${operation}: ${reason}`));
    for (const wanted of ['promote: by the shift leader', 'confirm: a good week', 'revert: the customer complained']) {
      assert.ok(reasons.has(wanted), `${wanted} is not in the journal: ${[...reasons].join('; ')}`);
    }
    assert.deepEqual(refusals(), []);
    const line = nodeRed.log.split('\n').filter((entry) => /Uncaught|unhandled/i.test(entry));
    assert.deepEqual(line, []);
  });
});
