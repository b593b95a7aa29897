import type { DotProduct } from './machine';
import type { BenchReport } from './run';
import type { Kernels, Precision } from '../contract/manifest';
import type { NcnnResult } from './ncnn';

/** One model at one number of threads. */
export interface UserBenchResult {
  /** Name of the model, and the hash of its file: no path of the machine it was measured on. */
  name: string;
  sha256: string;
  precision: Precision;
  kernels: string;
  threads: number;
  sizeBytes: number;
  /** From the start of the detector process to its first answer. */
  loadMs: number;
  /** From handing over an encoded picture to the detections. */
  latencyMs: { p50: number; p90: number; p99: number };
  /** Median of the model alone, without picture and decoding. */
  modelMs: number;
  /** Share of all cores while it works. 0 … 100 */
  cpuPercent: number | null;
  rssBytes: number | null;
  /** Whole board's rails as the PMIC measures them, per inspection; a Raspberry Pi 5 tells it. */
  energyMilliJoule: number | null;
}

/** What `edge-inspect bench --report` measured on somebody's machine, to be sent in for the table in the documentation. */
export interface UserBenchReport {
  reportVersion: 1;
  /** @format date-time */
  measuredAt: string;
  /** Version of the package. */
  version: string;
  machine: {
    cpu: string;
    arch: string;
    cores: number;
    memoryBytes: number;
    system: string;
    node: string;
    dotProduct: DotProduct;
  };
  /** What the runtime's own integer kernels do on this processor. */
  nativeKernels: Kernels;
  /** Before the first and after the last frame; null where there is no sensor. */
  temperatureC: { before: number | null; after: number | null };
  /** Whether the firmware held the clock back at the end; null where it does not tell. */
  throttled: boolean | null;
  /** Frames per result. */
  runs: number;
  results: UserBenchResult[];
  /** ncnn with FP16, where it is installed and a model for it was named. */
  ncnn: NcnnResult | null;
}

const rounded = (value: number): number => Math.round(value * 100) / 100;

/** @param version of the package @param measuredAt ISO 8601 */
export function userReportOf(report: BenchReport, version: string, measuredAt: string): UserBenchReport {
  const { cpu, arch, cores, memoryBytes, system, node, dotProduct } = report.machine;
  const throttling = report.results.map(({ board }) => board?.throttling).filter((each) => each !== undefined);
  return {
    reportVersion: 1,
    measuredAt,
    version,
    machine: { cpu, arch, cores, memoryBytes, system, node, dotProduct },
    nativeKernels: report.nativeKernels,
    temperatureC: report.temperatureC,
    throttled: throttling.length === 0 ? null : throttling.some(({ throttled }) => throttled),
    runs: report.runs,
    results: report.results.map((result) => ({
      name: result.name,
      sha256: result.sha256,
      precision: result.precision,
      kernels: result.kernels,
      threads: result.threads,
      sizeBytes: result.sizeBytes,
      loadMs: rounded(result.loadMs),
      latencyMs: {
        p50: rounded(result.latencyMs.p50),
        p90: rounded(result.latencyMs.p90),
        p99: rounded(result.latencyMs.p99),
      },
      modelMs: rounded(result.raw.latencyMs.p50),
      cpuPercent: result.cpuPercent === null ? null : rounded(result.cpuPercent),
      rssBytes: result.rssBytes,
      energyMilliJoule: result.energyMilliJoule === undefined ? null : rounded(result.energyMilliJoule),
    })),
    ncnn: report.ncnn,
  };
}
