import { writeFile } from 'node:fs/promises';
import { resolveModelPath } from '../model/resolve';
import { benchReport } from '../bench/bench-page';
import { bench } from '../bench/run';
import { textOf } from '../bench/table';
import { InspectionError, expected, messageOf } from '../contract/errors';
import { integerBetween, nonEmptyString } from '../contract/validate';
import { action, note, type CommandResult, type RegisterCommand } from './command';
import { ProgressBar } from './progress-bar';

interface BenchFlags {
  model?: string[];
  images?: string;
  labels?: string;
  threads: string;
  runs: string;
  report?: string;
  json?: boolean;
}

async function benchModels(flags: BenchFlags): Promise<CommandResult> {
  const models = (flags.model ?? []).map((model) => resolveModelPath(model, [process.cwd()]));
  if (models.length === 0) throw expected('the path of at least one model', '--model', undefined);
  const images = nonEmptyString(flags.images, '--images');
  const labels = flags.labels === undefined ? undefined : nonEmptyString(flags.labels, '--labels');
  const threads = flags.threads.split(',').map((each) => integerBetween(each, '--threads', 0, 64));
  const runs = integerBetween(flags.runs, '--runs', 1, 100_000);
  const bar = new ProgressBar();
  let report;
  try {
    report = await bench({ models, images, threads, runs, ...(labels !== undefined && { labels }) }, (done) =>
      bar.update(done, 'measuring'),
    );
  } finally {
    bar.stop();
  }
  if (flags.report !== undefined) {
    await writeFile(flags.report, benchReport(report)).catch((error: unknown) => {
      throw new InspectionError('IO_FAILED', `The report ${flags.report} could not be written: ${messageOf(error)}`);
    });
  }
  if (flags.json) for (const warning of report.warnings) note(`warning: ${warning}`);
  return { json: report, text: textOf(report) };
}

export const registerBench: RegisterCommand = (program) => {
  program
    .command('bench')
    .description('Compare models on this machine: latency, processor, memory, load time, size and accuracy.')
    .option(
      '--model <path>',
      'an .onnx file or a model folder; may be given several times',
      (path: string, all: string[] = []) => [...all, path],
    )
    .option('--images <dir>', 'folder with images')
    .option('--labels <dir>', 'YOLO labels of the images: measures mAP too')
    .option('--threads <list>', 'of the inference, separated by commas; 0: one per core, at most 4', '2')
    .option('--runs <n>', 'frames that are timed per model', '50')
    .option('--report <file>', 'write an HTML report')
    .option('--json', 'print one JSON document')
    .action(action(benchModels));
};
