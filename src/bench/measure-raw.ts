import { actualThreads } from '../detector/options';
import { ModelSession, Tensor } from '../model/session';
import { WARMUP_FRAMES, type Candidate } from './candidate';
import type { BenchResult } from './run';
import { percentilesOf } from '../kit/percentiles';

/** Measures the models alone: sessions in this process, runs in turn, without picture and decoding. */
export async function measureRaw(
  candidates: readonly Candidate[],
  threads: number,
  runs: number,
  step: () => void,
): Promise<BenchResult['raw'][]> {
  const opened: { session: ModelSession; feeds: Record<string, Tensor>; loadMs: number; times: number[] }[] = [];
  try {
    for (const { loaded } of candidates) {
      const start = performance.now();
      const session = await ModelSession.open(loaded.bytes, { threads: actualThreads(threads) });
      const loadMs = performance.now() - start;
      opened.push({ session, loadMs, times: [], feeds: { [loaded.inputName]: greyTensor(loaded.manifest.input) } });
    }
    for (let run = -WARMUP_FRAMES; run < runs; run++) {
      for (const { session, feeds, times } of opened) {
        const start = performance.now();
        await session.run(feeds);
        if (run >= 0) times.push(performance.now() - start);
      }
      if (run >= 0) step();
    }
    return opened.map(({ loadMs, times }) => ({ loadMs, latencyMs: percentilesOf(times) }));
  } finally {
    for (const { session } of opened) await session.release();
  }
}

/** A picture of varying greys in the model's own input format. */
function greyTensor(input: Candidate['loaded']['manifest']['input']): Tensor {
  const { width, height, layout, type } = input;
  const shape = layout === 'nhwc' ? [1, height, width, 3] : [1, 3, height, width];
  const size = width * height * 3;
  return type === 'uint8'
    ? new Tensor(
        'uint8',
        Uint8Array.from({ length: size }, (_, i) => (i * 7) % 256),
        shape,
      )
    : new Tensor(
        'float32',
        Float32Array.from({ length: size }, (_, i) => ((i * 7) % 256) / 255),
        shape,
      );
}
