/**
 * A Node-RED that is deployed again and again, in every way (full, flows, nodes, reload), while pictures come by HTTP: every
 * caller has to be answered with a verdict (or that nobody is at home, for the moment in which the route is away), and memory
 * stays flat.
 *
 * Usage: npm run lab -- torture-deploys [200] [--seed 1]
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Random } from '../../src/kit/random';
import { linkPackage } from '../../test/helpers/linked-package';
import { NodeRedProcess } from '../../test/helpers/node-red-process';
import { NODE_RED_4 } from '../../test/helpers/node-red-versions';
import { writeTinyModel } from '../../test/helpers/tiny-model';
import { until } from '../../test/helpers/until';
import { colouredPicture } from '../../test/shadow/tiny-folder';
import { HANG_MS, runTorture, Tally, type Row, type TortureOptions } from './harness';

const LANES = 3;
const WAYS = ['full', 'flows', 'nodes', 'reload'] as const;
/** Deploys before memory counts: modules are loaded, caches are filled. */
const WARM_DEPLOYS = 10;

function flow(model: string, round: number): object[] {
  const base = { z: 'tab', x: 0, y: 0 };
  return [
    { id: 'tab', type: 'tab', label: `line ${round}` },
    { id: 'model', type: 'inspection-model', name: '', model, threads: 1 },
    { ...base, id: 'in', type: 'http in', url: '/part', method: 'post', wires: [['detect']] },
    {
      ...base,
      id: 'detect',
      type: 'yolo-int8-detect',
      model: 'model',
      confidence: 0.3 + (round % 5) / 10,
      wires: [['nms']],
    },
    { ...base, id: 'nms', type: 'nms', iou: 0.4 + (round % 5) / 20, wires: [['alert']] },
    { ...base, id: 'alert', type: 'defect-alert', station: 'torture', name: `round ${round}`, wires: [[], ['out']] },
    { ...base, id: 'out', type: 'http response', statusCode: '', headers: {}, wires: [] },
  ];
}

/** A process and its children. */
function familyOf(pid: number): number[] {
  const children = readdirSync(`/proc/${pid}/task`).flatMap((task) => {
    const text = readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').trim();
    return text === '' ? [] : text.split(' ').map(Number);
  });
  return [pid, ...children];
}

export async function tortureDeploys({ count, seed }: TortureOptions): Promise<Row[]> {
  const userDir = mkdtempSync(join(tmpdir(), 'torture-deploys-'));
  const random = new Random('torture deploys', seed);
  const model = writeTinyModel(join(userDir, 'tiny.onnx'));
  const { image } = await colouredPicture(seed);
  linkPackage(userDir);
  const nodeRed = await NodeRedProcess.start({ ...NODE_RED_4, userDir });
  const tally = new Tally('redeploys under load', () => (nodeRed.isRunning ? familyOf(nodeRed.pid) : []));
  const answers = { verdict: 0, away: 0 };
  let isOver = false;
  const lane = async (): Promise<void> => {
    while (!isOver) {
      try {
        const signal = AbortSignal.timeout(HANG_MS);
        const headers = { 'content-type': 'image/png' };
        const response = await fetch(`${nodeRed.url}/part`, {
          method: 'POST',
          body: new Uint8Array(image),
          headers,
          signal,
        });
        const text = await response.text();
        if (response.status === 200 && /"verdict":"(PASS|FAIL|NOT_INSPECTED)"/.test(text)) answers.verdict += 1;
        else if (response.status === 404) answers.away += 1;
        else tally.fault(`A caller was answered ${response.status} ${text.slice(0, 100)}`);
      } catch (error) {
        if ((error as Error).name === 'TimeoutError') {
          tally.lost += 1;
          tally.fault(`A caller was not answered within ${HANG_MS / 1000} s`);
        } else answers.away += 1;
      }
      await sleep(30);
    }
  };
  try {
    await nodeRed.deploy(flow(model, 0) as never);
    const lanes = Array.from({ length: LANES }, lane);
    await until('the first verdict', () => answers.verdict > 0, 60_000);
    for (let round = 1; round <= count + WARM_DEPLOYS; round++) {
      if (round === WARM_DEPLOYS) tally.warm();
      if (round > WARM_DEPLOYS) tally.count += 1;
      const way = random.pick(WAYS);
      const response = await nodeRed.post('/flows', flow(model, round), way);
      if (!response.ok) tally.fault(`A deploy (${way}) was answered ${response.status}`);
      const [at, before] = [performance.now(), answers.verdict];
      if (random.chance(0.5)) {
        await until('a verdict after the deploy', () => answers.verdict > before, 60_000);
        tally.recovered(performance.now() - at);
      } else await sleep(random.integer(0, 800));
    }
    isOver = true;
    await Promise.all(lanes);
    tally.check(nodeRed.isRunning, 'Node-RED has ended');
    const loud = nodeRed.log.split('\n').filter((line) => line.includes('[error]'));
    tally.check(
      loud.length === 0,
      `${loud.length} errors in the log: ${[...new Set(loud)].slice(0, 2).join(' · ').slice(0, 300)}`,
    );
    const row = tally.row();
    return [{ ...row, test: `${row.test}, ${answers.verdict} verdicts, ${answers.away} away` }];
  } finally {
    isOver = true;
    await nodeRed.stop();
    rmSync(userDir, { recursive: true, force: true });
  }
}

if (require.main === module) void runTorture(tortureDeploys, 200);
