import { ModelSession, Tensor } from '../../../model/session';
import { encodeOnnx, type ModelProto } from '../../../onnx';
import type { Range } from '../../calibrate/ranges/range';
import { rewriteModel, type RewriteOptions } from '../rewrite';

/** How many of the most sensitive layers are tried, one step after the other. */
const STEPS: readonly number[] = [0, 1, 2, 4, 8, 16];
const WARM_UP = 3;
const RUNS = 12;

export interface BudgetInput {
  prepared: ModelProto;
  ranges: ReadonlyMap<string, Range>;
  options: RewriteOptions;
  threads: number;
  /** Percent that a run may take longer than without any float layer. */
  percent: number;
  /** The convolutions whose outputs are decoded: float first, they cost least per noise. */
  outputs: readonly string[];
  /** All others, the most sensitive first. */
  layers: readonly string[];
  signal?: AbortSignal | undefined;
}

/**
 * Which convolutions stay float so that a run takes no longer than the budget allows, measured here and now: first those whose
 * outputs are decoded, then ever more of the most sensitive ones. A step that is too slow ends it; the last one before counts.
 *
 * @returns names of nodes, those of `options.keepFloat` among them
 */
export async function floatWithinBudget(input: BudgetInput): Promise<Set<string>> {
  const always = input.options.keepFloat ?? new Set<string>();
  const plain = await Timed.open(input, always);
  try {
    return await chooseFloat({ ...input, always }, async (names) => {
      input.signal?.throwIfAborted();
      const candidate = await Timed.open(input, names);
      try {
        return await slowdown(candidate, plain);
      } finally {
        await candidate.close();
      }
    });
  } finally {
    await plain.close();
  }
}

/** @param slowdownOf how many times as long a run takes with these float */
export async function chooseFloat(
  {
    always,
    outputs,
    layers,
    percent,
  }: Pick<BudgetInput, 'outputs' | 'layers' | 'percent'> & { always: ReadonlySet<string> },
  slowdownOf: (names: ReadonlySet<string>) => Promise<number>,
): Promise<Set<string>> {
  const first = new Set([...always, ...outputs]);
  const free = layers.filter((name) => !first.has(name));
  let chosen = new Set(always);
  for (const step of STEPS) {
    const tried = new Set([...first, ...free.slice(0, step)]);
    if ((await slowdownOf(tried)) > 1 + percent / 100) break;
    chosen = tried;
  }
  return chosen;
}

/** A version of the model with its run times. */
class Timed {
  private constructor(
    private readonly session: ModelSession,
    private readonly feeds: Record<string, Tensor>,
  ) {}

  static async open(
    { prepared, ranges, options, threads }: BudgetInput,
    keepFloat: ReadonlySet<string>,
  ): Promise<Timed> {
    const { model } = rewriteModel(prepared, ranges, { ...options, keepFloat });
    const session = await ModelSession.open(encodeOnnx(model), { threads, kernels: 'exact' });
    const [picture] = session.inputs;
    const count = picture!.dims.reduce((product, dim) => product * dim, 1);
    const isByte = picture!.type === 'uint8';
    const noise = Array.from({ length: count }, (_, at) => (at * 7919) % 256);
    const data = isByte ? Uint8Array.from(noise) : Float32Array.from(noise, (value) => value / 255);
    const tensor = new Tensor(isByte ? 'uint8' : 'float32', data as Float32Array, picture!.dims);
    return new Timed(session, { [picture!.name]: tensor });
  }

  /** One run, ms. */
  async run(): Promise<number> {
    const start = performance.now();
    await this.session.run(this.feeds);
    return performance.now() - start;
  }

  close(): Promise<void> {
    return this.session.release();
  }
}

/** How many times as long a run takes: the median of both, run in turn so that both see the same state of the machine. */
async function slowdown(candidate: Timed, plain: Timed): Promise<number> {
  const times: [number[], number[]] = [[], []];
  for (let run = -WARM_UP; run < RUNS; run++) {
    const [a, b] = [await candidate.run(), await plain.run()];
    if (run < 0) continue;
    times[0].push(a);
    times[1].push(b);
  }
  return median(times[0]) / median(times[1]);
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1]!;
}
