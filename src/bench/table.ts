import type { BenchReport, BenchResult } from './run';

/** A column of the comparison: what it says, and what it takes from a result. */
interface Column {
  head: string;
  cell: (result: BenchResult, base: BenchResult | undefined) => string;
}

const ms = (value: number): string => value.toFixed(1);
const orDash = (value: number | null, format: (value: number) => string): string =>
  value === null ? '-' : format(value);

/** The float model at the same number of threads, which others are compared with. */
export function baseOf(result: BenchResult, results: readonly BenchResult[]): BenchResult | undefined {
  return results.find(({ precision, threads }) => precision === 'fp32' && threads === result.threads);
}

export const COLUMNS: readonly Column[] = [
  { head: 'model', cell: ({ model }) => model },
  { head: 'precision', cell: ({ precision }) => precision },
  { head: 'kernels', cell: ({ kernels }) => kernels },
  { head: 'threads', cell: ({ threads }) => String(threads) },
  { head: 'MB', cell: ({ sizeBytes }) => (sizeBytes / 1e6).toFixed(2) },
  { head: 'load ms', cell: ({ loadMs }) => loadMs.toFixed(0) },
  { head: 'p50 ms', cell: ({ latencyMs }) => ms(latencyMs.p50) },
  { head: 'p90 ms', cell: ({ latencyMs }) => ms(latencyMs.p90) },
  { head: 'p99 ms', cell: ({ latencyMs }) => ms(latencyMs.p99) },
  { head: 'model p50', cell: ({ raw }) => ms(raw.latencyMs.p50) },
  {
    head: 'speedup',
    cell: (result, base) => (base ? `${(base.raw.latencyMs.p50 / result.raw.latencyMs.p50).toFixed(2)}x` : '-'),
  },
  { head: 'CPU %', cell: ({ cpuPercent }) => orDash(cpuPercent, (value) => value.toFixed(0)) },
  { head: 'RSS MB', cell: ({ rssBytes }) => orDash(rssBytes, (value) => (value / 1e6).toFixed(0)) },
  { head: 'mAP50', cell: ({ map50 }) => orDash(map50, (value) => (100 * value).toFixed(1)) },
  { head: 'mAP50-95', cell: ({ map5095 }) => orDash(map5095, (value) => (100 * value).toFixed(1)) },
];

/** Columns of boards that have the sensors for them. */
const BOARD_COLUMNS: readonly Column[] = [
  { head: '°C', cell: ({ board }) => orDash(board?.tempC ?? null, (value) => value.toFixed(0)) },
  {
    head: 'throttled',
    cell: ({ board }) => (board?.throttling === undefined ? '-' : board.throttling.throttled ? 'yes' : 'no'),
  },
  { head: 'mJ/frame', cell: ({ energyMilliJoule }) => orDash(energyMilliJoule ?? null, (value) => value.toFixed(0)) },
];

/** Head and rows of the comparison table. */
export function tableOf({ results }: BenchReport): { head: string[]; rows: string[][] } {
  const hasSensors = results.some(({ board }) => board?.tempC !== undefined || board?.throttling !== undefined);
  const columns = hasSensors ? [...COLUMNS, ...BOARD_COLUMNS] : COLUMNS;
  return {
    head: columns.map(({ head }) => head),
    rows: results.map((result) => columns.map(({ cell }) => cell(result, baseOf(result, results)))),
  };
}

/** The report for a terminal. */
export function textOf(report: BenchReport): string {
  const { head, rows } = tableOf(report);
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]!.length)));
  const line = (row: string[]): string =>
    row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!))).join('  ');
  const { cpu, cores, arch, dotProduct } = report.machine;
  const kernels = report.nativeKernels === 'exact' ? 'exact' : 'saturate, replaced by slower exact ones';
  return [
    `${cpu}, ${cores} cores, ${arch}, ${dotProduct === 'none' ? 'no byte dot product' : dotProduct}; fast integer kernels: ${kernels}`,
    line(head),
    ...rows.map(line),
    ...report.warnings.map((warning) => `warning: ${warning}`),
  ].join('\n');
}
