import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { resolveModelPath } from '../model/resolve';
import { benchReport } from '../bench/bench-page';
import { bench, type BenchReport } from '../bench/run';
import { userReportOf } from '../bench/user-report';
import { simulatePart } from '../simulate/line';
import { textOf } from '../bench/table';
import { InspectionError, expected, messageOf } from '../contract/errors';
import { integerBetween, nonEmptyString } from '../contract/validate';
import { action, note, type CommandResult, type RegisterCommand } from './command';
import { ProgressBar } from './progress-bar';

interface BenchFlags {
  model?: string[];
  images?: string;
  labels?: string;
  threads?: string;
  runs: string;
  report?: string;
  ncnn?: string;
  json?: boolean;
}

/** What a report is about where nothing else is asked for: what was quantized, and what came of it. */
const REPORTED_MODELS = ['pcb-defects/fp32', 'pcb-defects'];
/** Boards that are drawn where no pictures are given. */
const DRAWN_BOARDS = 12;

/** All that inference may use, and half of it: what a station has left when it does something else as well. */
function reportedThreads(): string {
  const all = Math.min(4, availableParallelism());
  return all === 1 ? '1' : `${all},${Math.ceil(all / 2)}`;
}

async function drawBoards(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-'));
  for (let index = 0; index < DRAWN_BOARDS; index++) {
    await writeFile(join(folder, `${index}.jpg`), (await simulatePart({ defectRate: 0.5 }, index)).image);
  }
  return folder;
}

/** The page, and beside it the JSON that can be sent in: FILE.html and FILE.json. */
async function writeReports(file: string, report: BenchReport): Promise<string> {
  const stem = file.replace(/\.(html?|json)$/i, '');
  const packageJson = await readFile(join(__dirname, '..', '..', '..', 'package.json'), 'utf8');
  const { version } = JSON.parse(packageJson) as { version: string };
  const forUsers = userReportOf(report, version, new Date().toISOString());
  const page = /\.html?$/i.test(file) ? file : `${stem}.html`;
  try {
    await writeFile(page, benchReport(report));
    await writeFile(`${stem}.json`, `${JSON.stringify(forUsers, null, 2)}\n`);
  } catch (error) {
    throw new InspectionError('IO_FAILED', `The report ${file} could not be written: ${messageOf(error)}`);
  }
  return `${stem}.json`;
}

async function benchModels(flags: BenchFlags): Promise<CommandResult> {
  const isReport = flags.report !== undefined;
  const named = flags.model ?? (isReport ? REPORTED_MODELS : []);
  const models = named.map((model) => resolveModelPath(model, [process.cwd()]));
  if (models.length === 0) throw expected('the path of at least one model', '--model', undefined);
  const labels = flags.labels === undefined ? undefined : nonEmptyString(flags.labels, '--labels');
  const ncnn = flags.ncnn === undefined ? undefined : nonEmptyString(flags.ncnn, '--ncnn');
  const threadList = flags.threads ?? (isReport ? reportedThreads() : '2');
  const threads = threadList.split(',').map((each) => integerBetween(each, '--threads', 0, 64));
  const runs = integerBetween(flags.runs, '--runs', 1, 100_000);
  const given = flags.images === undefined && isReport ? undefined : nonEmptyString(flags.images, '--images');
  const images = given ?? (await drawBoards());
  const bar = new ProgressBar();
  let report;
  try {
    const options = { models, images, threads, runs, ...(labels && { labels }), ...(ncnn && { ncnn }) };
    report = await bench(options, (done) => bar.update(done, 'measuring'));
  } finally {
    bar.stop();
    if (given === undefined) await rm(images, { recursive: true, force: true });
  }
  if (flags.report !== undefined) note(`${await writeReports(flags.report, report)} can be sent in: docs/measured.md`);
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
    .option('--images <dir>', 'folder with images; a report without them draws boards')
    .option('--labels <dir>', 'YOLO labels of the images: measures mAP too')
    .option(
      '--threads <list>',
      'of the inference, separated by commas; 0: one per core, at most 4; default 2, in a report all and half',
    )
    .option('--runs <n>', 'frames that are timed per model', '50')
    .option(
      '--report <file>',
      'write FILE.html, and FILE.json to be sent in; without --model of the shipped model, FP32 and INT8',
    )
    .option(
      '--ncnn <dir>',
      "a model that Ultralytics exported for ncnn: its FP16 figure beside ours, where Python's ncnn is installed",
    )
    .option('--json', 'print one JSON document')
    .action(action(benchModels));
};
