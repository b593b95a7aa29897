/**
 * `npm run lab -- self-test-starts [model] [starts]`: starts a good model again and again, each time in a new detector process that
 * asks its golden pictures, on 1, 2 and 4 threads. Prints how often it was refused (it never should be) and how long a start took.
 */
import { Detector } from '../../src/detector/detector';
import { messageOf } from '../../src/contract/errors';
import { percentilesOf } from '../../src/kit/percentiles';
import { resolveModelPath } from '../../src/model/resolve';

const [given = 'pcb-defects', starts = '100'] = process.argv.slice(2);

async function main(): Promise<void> {
  const model = resolveModelPath(given, [process.cwd()]);
  for (const threads of [1, 2, 4]) {
    const refusals: string[] = [];
    const times: number[] = [];
    for (let i = 0; i < Number(starts); i++) {
      const detector = new Detector({ model, threads });
      const start = performance.now();
      await detector.start().then(
        ({ selfTest }) => selfTest === 'passed' || refusals.push('it has no self-test'),
        (error: unknown) => refusals.push(messageOf(error)),
      );
      times.push(performance.now() - start);
      await detector.stop();
    }
    const { p50, p99 } = percentilesOf(times);
    console.log(
      `${threads} threads: ${refusals.length} of ${starts} starts refused; a start takes ${p50.toFixed(0)} ms (p99 ${p99.toFixed(0)})`,
    );
    for (const refusal of new Set(refusals)) console.log(`  ${refusal}`);
  }
}

void main();
