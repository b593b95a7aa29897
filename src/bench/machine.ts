import { readFileSync } from 'node:fs';
import { arch, cpus, release, totalmem } from 'node:os';

/** Byte-wise multiply-and-add of the processor, which decides what an integer model can gain. */
export type DotProduct = 'vnni' | 'asimddp' | 'none';

export interface Machine {
  cpu: string;
  arch: string;
  cores: number;
  memoryBytes: number;
  system: string;
  node: string;
  /** Of the flags in /proc/cpuinfo, those that matter here. */
  features: string[];
  dotProduct: DotProduct;
}

/** Flags of /proc/cpuinfo: `flags` on x64, `Features` on arm64. */
const INTERESTING = ['avx2', 'avx512f', 'avx512_vnni', 'avx_vnni', 'asimd', 'asimddp', 'i8mm'];

/** @param cpuinfo the text of /proc/cpuinfo */
export function featuresIn(cpuinfo: string): string[] {
  const line = /^(?:flags|Features)\s*:\s*(.*)$/m.exec(cpuinfo)?.[1] ?? '';
  const flags = new Set(line.split(/\s+/));
  return INTERESTING.filter((feature) => flags.has(feature));
}

export function dotProductOf(features: readonly string[]): DotProduct {
  if (features.includes('avx512_vnni') || features.includes('avx_vnni')) return 'vnni';
  return features.includes('asimddp') ? 'asimddp' : 'none';
}

/** This machine. On systems without /proc the features are unknown: []. */
export function describeMachine(cpuinfoPath = '/proc/cpuinfo'): Machine {
  let cpuinfo = '';
  try {
    cpuinfo = readFileSync(cpuinfoPath, 'latin1');
  } catch {
    // no /proc here
  }
  const features = featuresIn(cpuinfo);
  // arm64 kernels do not name the model; a board says what it is
  const board = /^Model\s*:\s*(.*)$/m.exec(cpuinfo)?.[1];
  return {
    cpu: board ?? cpus()[0]?.model.trim() ?? 'unknown',
    arch: arch(),
    cores: cpus().length,
    memoryBytes: totalmem(),
    system: `${process.platform} ${release()}`,
    node: process.version,
    features,
    dotProduct: dotProductOf(features),
  };
}
