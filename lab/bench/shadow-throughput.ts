/**
 * What a shadow costs the line: parts per second and latency of the model in use with the shadow off and on,
 * alternating, at a paced line and at full load.
 *
 * Usage: npm run lab -- shadow-throughput MODEL [SECONDS] [ROUNDS]
 */
import { meanAbsoluteDifference } from '../../src/contract/score-map';
import { Detector } from '../../src/detector/detector';
import { RoutedDetector } from '../../src/detector/routed-detector';
import { ShadowRunner } from '../../src/shadow/trial/shadow-runner';
import { simulatePart } from '../../src/simulate/line';

const [MODEL = 'models/pcb-defects', SECONDS = '6', ROUNDS = '3'] = process.argv.slice(2);
const PICTURES = 12;

interface Load {
  name: string;
  /** Pause between two parts, ms; 0: the next part comes with the answer to the one before. */
  pauseMs: number;
}
const LOADS: Load[] = [
  { name: '10 parts/s', pauseMs: 100 },
  { name: 'full load', pauseMs: 0 },
];

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const median = (values: number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;

interface Result {
  perSecond: number;
  medianMs: number;
  shadowed: number;
  /** Frames whose score tensors were compared too. */
  compared: number;
}

async function run(
  line: RoutedDetector,
  candidate: Detector | undefined,
  images: Buffer[],
  load: Load,
): Promise<Result> {
  const runner = new ShadowRunner(line, { sample: 1 });
  let compared = 0;
  const endScores = line.keepScores((id) => candidate !== undefined && runner.wants(id));
  // as the controller does it: the line's scores of frames that the shadow will look at, beside the candidate's
  const shadow = async (image: Buffer, id: string, other: Detector): Promise<void> => {
    const scores = line.scoresOf(id);
    const wanted = scores !== undefined;
    const answer = await runner.offer({ image, frame: {}, id, confidence: undefined, scores: wanted }, other);
    if (typeof answer === 'string' || !answer.inspected || !scores || !answer.scores) return;
    meanAbsoluteDifference(scores, answer.scores);
    compared++;
  };
  const latencies: number[] = [];
  const startMs = performance.now();
  const endMs = startMs + Number(SECONDS) * 1000;
  let dueMs = startMs;
  for (let index = 0; performance.now() < endMs; index++) {
    const image = images[index % images.length] as Buffer;
    const id = String(index);
    const outcome = await line.detect({ image, frame: { id } });
    if (outcome.inspected) latencies.push(outcome.latencyMs.total);
    if (candidate) void shadow(image, id, candidate);
    dueMs += load.pauseMs;
    if (load.pauseMs > 0) await pause(Math.max(0, dueMs - performance.now()));
  }
  const seconds = (performance.now() - startMs) / 1000;
  while (runner.counters.underWay > 0) await pause(10);
  endScores();
  const shadowed = runner.counters.answered;
  return { perSecond: latencies.length / seconds, medianMs: median(latencies), shadowed, compared };
}

async function main(): Promise<void> {
  const images: Buffer[] = [];
  for (let index = 0; index < PICTURES; index++) {
    const { image } = await simulatePart({ look: 'photo' }, index);
    images.push(Buffer.from(image));
  }
  const line = new RoutedDetector(new Detector({ model: MODEL }));
  const candidate = new Detector({ model: MODEL, nice: 19, threads: 1 });
  await Promise.all([line.start(), candidate.start()]);
  console.log(
    '| load | parts/s off | parts/s on | ratio | median ms off | on | shadowed | tensors |\n| --- | --- | --- | --- | --- | --- | --- | --- |',
  );
  for (const load of LOADS) {
    const [off, on]: Result[][] = [[], []];
    for (let round = 0; round < Number(ROUNDS); round++) {
      off?.push(await run(line, undefined, images, load));
      on?.push(await run(line, candidate, images, load));
    }
    const figure = (results: Result[] = [], pick: (result: Result) => number) => median(results.map(pick));
    const [a, b] = [figure(off, (one) => one.perSecond), figure(on, (one) => one.perSecond)];
    const [c, d] = [figure(off, (one) => one.medianMs), figure(on, (one) => one.medianMs)];
    const counts = `${figure(on, (one) => one.shadowed)} | ${figure(on, (one) => one.compared)}`;
    console.log(
      `| ${load.name} | ${a.toFixed(2)} | ${b.toFixed(2)} | ${(b / a).toFixed(3)} | ${c.toFixed(1)} | ${d.toFixed(1)} | ${counts} |`,
    );
  }
  await Promise.all([line.stop(), candidate.stop()]);
}

void main();
