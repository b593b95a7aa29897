import type { ClassScore, MeanAveragePrecision } from '../evaluate/map';
import { readDataset } from '../evaluate/map-dataset';
import { EVALUATION, evaluate } from '../evaluate/map-evaluate';
import { Pipeline } from '../detect/pipeline';
import { actualThreads } from '../detector/options';
import { resolveModelPath } from '../model/resolve';
import { integerBetween, nonEmptyString } from '../contract/validate';
import { action, note, type CommandResult, type RegisterCommand } from './command';

interface EvalOptions {
  model?: string;
  images?: string;
  labels?: string;
  threads: string;
  json?: boolean;
}

/** A note on stderr after this many images. */
const PROGRESS_EVERY = 50;

async function evalModel(options: EvalOptions): Promise<CommandResult> {
  const model = resolveModelPath(nonEmptyString(options.model, '--model'), [process.cwd()]);
  const images = nonEmptyString(options.images, '--images');
  const labels = nonEmptyString(options.labels, '--labels');
  const threads = actualThreads(integerBetween(options.threads, '--threads', 0, 64));
  const dataset = await readDataset(images, labels);
  const pipeline = await Pipeline.open(model, { threads });
  try {
    const score = await evaluate(pipeline, dataset, (done) => {
      if (done % PROGRESS_EVERY === 0) note(`${done} of ${dataset.length} images`);
    });
    const { name, version, sha256, precision } = pipeline.info;
    return {
      json: { ...score, images: dataset.length, model: { name, version, sha256, precision }, settings: EVALUATION },
      text: describe(score, dataset.length),
    };
  } finally {
    await pipeline.close();
  }
}

/** A table for people, in points of 100. */
function describe(score: MeanAveragePrecision, images: number): string {
  const width = Math.max(5, ...score.perClass.map(({ label }) => label.length));
  const row = (label: string, truths: string, map50: string, map5095: string) =>
    `${label.padEnd(width)} ${truths.padStart(7)} ${map50.padStart(7)} ${map5095.padStart(9)}`;
  const points = (share: number) => (100 * share).toFixed(1);
  const truths = score.perClass.reduce((sum, each) => sum + each.truths, 0);
  return [
    row('class', 'objects', 'mAP50', 'mAP50-95'),
    ...score.perClass.map((each: ClassScore) =>
      row(each.label, String(each.truths), points(each.map50), points(each.map5095)),
    ),
    row('all', String(truths), points(score.map50), points(score.map5095)),
    `${images} images`,
  ].join('\n');
}

export const registerEval: RegisterCommand = (program) => {
  program
    .command('eval')
    .description('Measure mAP50 and mAP50-95 of a model on labelled images (COCO, 101 points), per class.')
    .option('--model <path>', 'an .onnx file or a model folder')
    .option('--images <dir>', 'folder with images')
    .option('--labels <dir>', 'folder with YOLO labels: <image name>.txt, lines of `class cx cy w h`')
    .option('--threads <n>', 'of the inference; 0: one per core, at most 4', '0')
    .option('--json', 'print one JSON document')
    .action(action(evalModel));
};
