/**
 * What thermal-guard costs per message: a flow in a real Node-RED with the guard in line against the same flow without
 * it, in one run, turn about.; exits 1 above 0.1 ms.
 *
 * Usage: npm run lab -- thermal-guard [messages]
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import helper from 'node-red-node-test-helper';
import thermalGuard from '../../nodes/thermal-guard/thermal-guard';
import { station } from '../../nodes/shared/station';

const MESSAGES = Number(process.argv[2] ?? 5000);
const ROUNDS = 7;
const LIMIT_MS = 0.1;

const folder = mkdtempSync(join(tmpdir(), 'guard-bench-'));
const sensor = join(folder, 'temp');
writeFileSync(sensor, '50000');

const FLOW = [
  { id: 'tab', type: 'tab' },
  { id: 'guard', z: 'tab', type: 'thermal-guard', soft: 75, hard: 82, sensor, wires: [['guarded'], []] },
  { id: 'relay', z: 'tab', type: 'helper', wires: [['plain']] },
  { id: 'guarded', z: 'tab', type: 'helper' },
  { id: 'plain', z: 'tab', type: 'helper' },
];

const picture = Buffer.alloc(150_000);

/** Sends the messages one after the other and waits for the last; ms per message. */
function time(from: string, to: string): Promise<number> {
  const [source, target] = [helper.getNode(from), helper.getNode(to)];
  return new Promise((resolve) => {
    let arrived = 0;
    const started = performance.now();
    const onInput = () => {
      if (++arrived < MESSAGES) return;
      target.off('input', onInput);
      resolve((performance.now() - started) / MESSAGES);
    };
    target.on('input', onInput);
    for (let i = 0; i < MESSAGES; i++) {
      const frame = { id: String(i), seq: i, source: `camera ${i % 4}`, format: 'jpeg' };
      source.receive({ payload: picture, frame });
    }
  });
}

const median = (values: number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;

async function main(): Promise<void> {
  await new Promise<void>((resolve) => void helper.startServer(resolve));
  await helper.load(thermalGuard, FLOW);
  // a plain node that hands messages on: what any node in the place of the guard costs
  const relay = helper.getNode('relay');
  relay.on('input', (message) => relay.send(message));

  let worst = 0;
  for (const [state, framesPerSecond] of [
    ['nothing held back', Infinity],
    ['rate reduced', 10],
  ] as const) {
    station.scheduler.setBudget(
      { framesPerSecond, reason: framesPerSecond === Infinity ? '' : 'benchmark' },
      'benchmark',
    );
    // the first messages are compiled, not measured
    await time('relay', 'plain');
    await time('guard', 'guarded');
    const [guarded, plain]: [number[], number[]] = [[], []];
    for (let round = 0; round < ROUNDS; round++) {
      plain.push(await time('relay', 'plain'));
      guarded.push(await time('guard', 'guarded'));
    }
    const [withGuard, without] = [median(guarded), median(plain)];
    worst = Math.max(worst, withGuard - without);
    console.log(
      `${state}: ${(withGuard * 1000).toFixed(1)} µs per message with the guard, ${(without * 1000).toFixed(1)} µs with a plain node: ` +
        `${((withGuard - without) * 1000).toFixed(1)} µs more`,
    );
  }
  console.log(`${worst < LIMIT_MS ? 'holds ' : 'MISSED'}  less than ${LIMIT_MS} ms per message`);
  process.exitCode = worst < LIMIT_MS ? 0 : 1;
  await helper.unload();
  await new Promise<void>((resolve) => void helper.stopServer(resolve));
  rmSync(folder, { recursive: true, force: true });
}

void main();
