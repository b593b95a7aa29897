/**
 * Boards per second of the simulator, per look: drawing alone on one core, parts with their JPEG from the worker
 * thread, and what drawing costs the event loop of the process that asks.
 *
 * Usage: npm run lab -- simulate [boards]
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { simulateBoard, type DrawnLook } from '../../src/simulate/boards/board';
import { SimulatedLine } from '../../src/simulate/line-client';
import { integerBetween } from '../../src/contract/validate';

const LOOKS: DrawnLook[] = ['binarised', 'photo'];
const WARM_UP = 5;

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

/** Draws on this thread: milliseconds of every board by the clock, and of processor time on average. */
function draw(look: DrawnLook, boards: number): { wallMs: number[]; cpuMs: number } {
  for (let seed = 0; seed < WARM_UP; seed++) simulateBoard({ seed, look });
  const before = process.cpuUsage();
  const wallMs = Array.from({ length: boards }, (_, i) => {
    const started = performance.now();
    simulateBoard({ seed: WARM_UP + i, look });
    return performance.now() - started;
  });
  const { user, system } = process.cpuUsage(before);
  return { wallMs, cpuMs: (user + system) / 1000 / boards };
}

/** Parts per second from the worker thread, and the 99th percentile of the event loop's delay meanwhile, ms. */
async function line(look: DrawnLook, parts: number): Promise<{ perSecond: number; loopP99Ms: number }> {
  const source = new SimulatedLine({ look, defectRate: 0.9 });
  try {
    for (let i = 0; i < WARM_UP; i++) await source.part(i);
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    const started = performance.now();
    for (let i = 0; i < parts; i++) await source.part(WARM_UP + i);
    const seconds = (performance.now() - started) / 1000;
    delay.disable();
    return { perSecond: parts / seconds, loopP99Ms: delay.percentile(99) / 1e6 };
  } finally {
    await source.close();
  }
}

async function main(): Promise<void> {
  const boards = integerBetween(process.argv[2] ?? 100, 'boards', 1, 100_000);
  const rows = [];
  for (const look of LOOKS) {
    const { wallMs, cpuMs } = draw(look, boards);
    const { perSecond, loopP99Ms } = await line(look, boards);
    rows.push({
      look,
      'draw ms, median': median(wallMs).toFixed(1),
      'draw cpu ms, mean': cpuMs.toFixed(1),
      'boards/s': ((1000 * boards) / wallMs.reduce((sum, value) => sum + value, 0)).toFixed(1),
      'line parts/s': perSecond.toFixed(1),
      'loop delay p99 ms': loopP99Ms.toFixed(1),
    });
  }
  console.table(rows);
}

void main();
