/**
 * A simulated line through the real flow (Node-RED, detector process, MQTT), each verdict against what was really
 * drawn. Prints recall and false-alarm rate per part, and whether the counters add up.
 *
 * Usage: npm run lab -- simulated-line [PARTS [CONFIDENCE]]
 */
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Mosquitto } from '../../test/helpers/mosquitto';
import { NodeRedProcess } from '../../test/helpers/node-red-process';
import { NODE_RED_4 } from '../../test/helpers/node-red-versions';
import { ROOT } from '../../test/helpers/root';
import { Subscriber } from '../../test/helpers/subscriber';
import { waitFor } from '../../test/helpers/wait-for';

type FlowNode = Record<string, unknown> & { id: string; type: string };

interface Part {
  verdict: 'PASS' | 'FAIL' | 'NOT_INSPECTED';
  counters: { triggers: number; pass: number; fail: number; notInspected: number };
  truth: { label: string }[];
}

const PARTS = Number(process.argv[2] ?? 500);
/** Least confidence of the alert rule; left out: as the example is shipped. */
const CONFIDENCE = process.argv[3] === undefined ? undefined : Number(process.argv[3]);
const DEFECT_RATE = 0.2;
/** Not a seed that the model was trained, calibrated or certified with. */
const SEED = 4_000_000;

/** The camera-to-MQTT example, with the truth of each part sent along to the subscriber. */
function flow(brokerPort: number, look: string): FlowNode[] {
  const folder = join(ROOT, 'examples');
  const file = readdirSync(folder).find((entry) => entry.startsWith('02 - ')) as string;
  const nodes = JSON.parse(readFileSync(join(folder, file), 'utf8')) as FlowNode[];
  const tab = nodes.find(({ type }) => type === 'tab') as FlowNode;
  const mqttBroker = nodes.find(({ type }) => type === 'mqtt-broker') as FlowNode;
  for (const node of nodes) {
    if (node.type === 'mqtt-broker') node.port = String(brokerPort);
    if (node.type === 'camera-in')
      Object.assign(node, { seed: SEED, look, defectRate: DEFECT_RATE, fps: 0, overload: 'every' });
    if (node.type === 'inspection-model') node.overload = 'every';
    if (node.type === 'defect-alert' && CONFIDENCE !== undefined) node.minConfidence = CONFIDENCE;
    if (node.type === 'defect-alert') (node.wires as string[][])[1]!.push('with-truth');
  }
  return [
    ...nodes,
    {
      id: 'with-truth',
      type: 'function',
      z: tab.id,
      func: 'const { verdict, counters } = msg.payload; return { payload: { verdict, counters, truth: msg.frame.truth } };',
      outputs: 1,
      wires: [['truth-out']],
    },
    { id: 'truth-out', type: 'mqtt out', z: tab.id, topic: 'line/part', qos: '1', broker: mqttBroker.id, wires: [] },
  ];
}

async function run(look: string): Promise<void> {
  const userDir = mkdtempSync(join(tmpdir(), 'line-'));
  mkdirSync(join(userDir, 'node_modules', '@edge-inspect'), { recursive: true });
  symlinkSync(ROOT, join(userDir, 'node_modules', '@edge-inspect', 'node-red-inspection'), 'dir');
  writeFileSync(
    join(userDir, 'package.json'),
    JSON.stringify({ name: 'line', private: true, dependencies: { '@edge-inspect/node-red-inspection': '*' } }),
  );
  const broker = await Mosquitto.start();
  const subscriber = await Subscriber.connect(broker.port, 'line/#');
  const nodeRed = await NodeRedProcess.start({ ...NODE_RED_4, userDir });
  try {
    await nodeRed.deploy(flow(broker.port, look));
    await waitFor(`${PARTS} parts`, () => subscriber.of<Part>('line/part').length >= PARTS, 1_800_000);
    report(look, subscriber.of<Part>('line/part').slice(0, PARTS));
  } finally {
    await nodeRed.stop();
    await subscriber.stop();
    await broker.stop();
    rmSync(userDir, { recursive: true, force: true });
  }
}

function report(look: string, parts: Part[]): void {
  const inspected = parts.filter(({ verdict }) => verdict !== 'NOT_INSPECTED');
  const defective = inspected.filter(({ truth }) => truth.length > 0);
  const good = inspected.filter(({ truth }) => truth.length === 0);
  const caught = defective.filter(({ verdict }) => verdict === 'FAIL').length;
  const falseAlarms = good.filter(({ verdict }) => verdict === 'FAIL').length;
  const { triggers, pass, fail, notInspected } = parts[parts.length - 1]!.counters;
  const percent = (part: number, whole: number): string => `${((100 * part) / Math.max(1, whole)).toFixed(1)} %`;
  console.log(
    [
      `${look}: ${parts.length} parts, ${defective.length} defective, ${good.length} good, ${parts.length - inspected.length} not inspected`,
      `  recall      ${percent(caught, defective.length)} (${caught} of ${defective.length} defective parts failed)`,
      `  false alarm ${percent(falseAlarms, good.length)} (${falseAlarms} of ${good.length} good parts failed)`,
      `  counters    ${triggers} triggers = ${pass} PASS + ${fail} FAIL + ${notInspected} NOT_INSPECTED: ${triggers === pass + fail + notInspected ? 'they add up' : 'THEY DO NOT ADD UP'}`,
    ].join('\n'),
  );
}

async function main(): Promise<void> {
  for (const look of ['binarised', 'photo']) await run(look);
}

void main();
