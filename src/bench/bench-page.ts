import { barPlot, escapeHtml, page, table } from '../kit/html';
import type { BenchReport } from './run';
import { tableOf } from './table';

/** The comparison as one HTML file without anything to fetch. */
export function benchReport(report: BenchReport): string {
  const { machine, results, warnings, runs, images } = report;
  const { head, rows } = tableOf(report);
  const names = results.map(({ model, threads }) => `${shortName(model)}, ${threads} thr.`);
  const plot = (title: string, series: string[], values: (number | null)[][], digits: number): string => {
    const groups = names.flatMap((label, index) => {
      const found = values[index]!;
      return found.some((value) => value === null) ? [] : [{ label, values: found as number[] }];
    });
    if (groups.length === 0) return '';
    const max = Math.max(...groups.flatMap((group) => group.values));
    return barPlot(title, series, groups, max, (value) => value.toFixed(digits));
  };
  const percent = (share: number | null): number | null => (share === null ? null : 100 * share);
  return page(
    'Benchmark',
    [
      '<h1>Benchmark</h1>',
      `<p>${escapeHtml(`${machine.cpu}, ${machine.cores} cores, ${machine.arch}, ${machine.system}, Node.js ${machine.node}; features: ${machine.features.join(', ') || 'unknown'}`)}. ${runs} frames per row from ${images} pictures, models in turns.</p>`,
      ...warnings.map((warning) => `<p class="refused">${escapeHtml(warning)}</p>`),
      table(head, rows),
      ...ncnnLines(report),
      ...temperatureLines(report),
      plot(
        'Latency of a frame, ms',
        ['median', '99 % are below'],
        results.map(({ latencyMs }) => [latencyMs.p50, latencyMs.p99]),
        1,
      ),
      plot(
        'The model alone, ms',
        ['median'],
        results.map(({ raw }) => [raw.latencyMs.p50]),
        1,
      ),
      plot(
        'Start of the detector, ms',
        ['to the first answer'],
        results.map(({ loadMs }) => [loadMs]),
        0,
      ),
      plot(
        'Size of the model, MB',
        ['file'],
        results.map(({ sizeBytes }) => [sizeBytes / 1e6]),
        2,
      ),
      plot(
        'Processor, % of all cores',
        ['while it works'],
        results.map(({ cpuPercent }) => [cpuPercent]),
        0,
      ),
      plot(
        'Memory of the detector process, MB',
        ['RSS'],
        results.map(({ rssBytes }) => [rssBytes === null ? null : rssBytes / 1e6]),
        0,
      ),
      plot(
        'Accuracy, points',
        ['mAP50', 'mAP50-95'],
        results.map(({ map50, map5095 }) => [percent(map50), percent(map5095)]),
        1,
      ),
      plot(
        'Energy of a frame, mJ',
        ['whole board'],
        results.map(({ energyMilliJoule }) => [energyMilliJoule ?? null]),
        0,
      ),
    ].join('\n'),
  );
}

function ncnnLines({ ncnn }: BenchReport): string[] {
  if (ncnn === null) return [];
  const { version, model, threads, latencyMs } = ncnn;
  const times = `${latencyMs.p50.toFixed(1)} ms (p50), ${latencyMs.p99.toFixed(1)} ms (p99)`;
  return [`<p>${escapeHtml(`ncnn ${version} with FP16, ${model}, ${threads} threads, the model alone: ${times}`)}</p>`];
}

function temperatureLines({ temperatureC: { before, after } }: BenchReport): string[] {
  if (before === null || after === null) return [];
  return [`<p>Temperature before ${before.toFixed(1)} °C, after ${after.toFixed(1)} °C.</p>`];
}

/** The last two parts of a path: what tells models apart on a label. */
function shortName(path: string): string {
  return path.split('/').filter(Boolean).slice(-2).join('/');
}
