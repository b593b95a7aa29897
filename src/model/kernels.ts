import { oneOf } from '../contract/validate';
import type { Kernels } from '../contract/manifest';
import { isExact, PROBE_CASES, probeInput, probeModel } from './kernel-probe';
import { createRuntimeSession, Tensor, type RuntimeOptions } from './runtime';

/**
 * Which integer kernels the runtime is to use. On x64 without VNNI its own choice adds pairs of byte products in 16 bits,
 * which saturate: a model certified at 92 mAP50 had 28 there. This is the one place that decides what is done about it.
 *
 * The processor is asked by calculation, not by its flags: /proc/cpuinfo shows the host's under an emulator, hypervisors
 * mask flags, and neither tells what the runtime makes of them. A small graph at the corner where sums saturate has answers
 * that are known; a kernel that gets them right is exact, whatever the processor calls itself.
 */

export type { Kernels };

/**
 * `auto`: the runtime's own where they are exact, else its non-saturating ones. `native`: the runtime's own, right or wrong;
 * for tests of what happens then. `exact`: never saturating, whatever it costs; for a reference.
 */
export const KERNEL_SETTINGS = ['auto', 'native', 'exact'] as const;
export type KernelSetting = (typeof KERNEL_SETTINGS)[number];

/**
 * int8 weights become uint8 ones, whose kernels add in 32 bits; the outputs are the same bit for bit. Of no use where the
 * native kernels are exact, and dear: with VNNI the runtime applies it too, and pcb-defects takes 97 ms instead of 33.
 * (Strings, see onnxruntime_session_options_config_keys.h.)
 */
const NON_SATURATING: RuntimeOptions = { config: { 'session.x64quantprecision': '1' } };

/** The graph as it is written: integers are turned into floats before they are multiplied. Slow. */
const IN_FLOAT: RuntimeOptions = { optimization: 'disabled' };

export interface KernelChoice {
  kernels: Kernels;
  runtime: RuntimeOptions;
  /** For people: the way in which a reference was calculated. */
  way: 'native integer kernels' | 'non-saturating integer kernels' | 'float, without graph optimizations';
}

const NATIVE: Omit<KernelChoice, 'kernels'> = { runtime: {}, way: 'native integer kernels' };
const REPLACED: Omit<KernelChoice, 'kernels'> = { runtime: NON_SATURATING, way: 'non-saturating integer kernels' };
const FLOAT: Omit<KernelChoice, 'kernels'> = { runtime: IN_FLOAT, way: 'float, without graph optimizations' };

const probed = new Map<RuntimeOptions, Promise<Kernels>>();

/** What the runtime's own kernels do on this processor. Some milliseconds the first time. */
export function nativeKernels(): Promise<Kernels> {
  return probe(NATIVE.runtime);
}

/**
 * @param setting default: the environment's EDGE_INSPECT_KERNELS, else `auto`
 * @throws InspectionError BAD_ARGUMENT for an environment variable that is none of the settings
 */
export async function kernelsFor(setting: KernelSetting = settingOfEnvironment()): Promise<KernelChoice> {
  const native = await nativeKernels();
  if (native === 'exact' || setting === 'native') return { ...NATIVE, kernels: native };
  const replaced = await probe(REPLACED.runtime);
  if (replaced === 'exact' || setting === 'auto') return { ...REPLACED, kernels: replaced };
  return { ...FLOAT, kernels: 'exact' };
}

function settingOfEnvironment(): KernelSetting {
  const value = process.env.EDGE_INSPECT_KERNELS;
  return value === undefined || value === '' ? 'auto' : oneOf(value, 'EDGE_INSPECT_KERNELS', KERNEL_SETTINGS);
}

/** Once per process and way. */
function probe(options: RuntimeOptions): Promise<Kernels> {
  let answer = probed.get(options);
  if (answer === undefined) {
    answer = runProbe(options);
    probed.set(options, answer);
  }
  return answer;
}

async function runProbe(options: RuntimeOptions): Promise<Kernels> {
  const session = await createRuntimeSession(probeModel(), { threads: 1, ...options });
  try {
    const outputs = await session.run(
      Object.fromEntries(
        PROBE_CASES.map((each) => {
          const { data, dims } = probeInput(each);
          return [`x.${each.name}`, new Tensor(each.activation, data, dims)];
        }),
      ),
    );
    const areExact = PROBE_CASES.every((each) => isExact(each, outputs[`y.${each.name}`]!.data as Uint8Array));
    return areExact ? 'exact' : 'saturating';
  } finally {
    await session.release();
  }
}
