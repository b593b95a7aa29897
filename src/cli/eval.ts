import { meanAveragePrecision, type ClassScore, type MeanAveragePrecision } from '../evaluate/map';
import { listImages, readDataset } from '../evaluate/map-dataset';
import { EVALUATION, findAll } from '../evaluate/map-evaluate';
import { partRates, ratesAt, type PartRates } from '../evaluate/part-rates';
import { limitsOf, Pipeline } from '../detect/pipeline';
import { actualThreads } from '../detector/options';
import { resolveModelPath } from '../model/resolve';
import { integerBetween, nonEmptyString } from '../contract/validate';
import { action, note, type CommandResult, type RegisterCommand } from './command';

interface EvalOptions {
  model?: string;
  images?: string;
  labels?: string;
  good?: string;
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
  const good = options.good === undefined ? [] : await listImages(nonEmptyString(options.good, '--good'), '--good');
  const total = dataset.length + good.length;
  const pipeline = await Pipeline.open(model, { threads });
  try {
    const progress = (done: number) => {
      if (done % PROGRESS_EVERY === 0) note(`${done} of ${total} images`);
    };
    const found = await findAll(pipeline, dataset, progress);
    const score = meanAveragePrecision(found, pipeline.info.classNames);
    const { name, version, sha256, precision } = pipeline.info;
    const json = {
      ...score,
      images: dataset.length,
      model: { name, version, sha256, precision },
      settings: EVALUATION,
    };
    if (options.good === undefined) return { json, text: describe(score, dataset.length) };
    const goodParts = await findAll(
      pipeline,
      good.map((path) => ({ path, labels: [] })),
      (done) => progress(dataset.length + done),
    );
    const onGood = goodParts.map(({ detections }) => detections);
    const own = ratesAt(found, onGood, limitsOf(pipeline.manifest).of);
    const parts = {
      perConfidence: partRates(found, onGood),
      atOwnThresholds: { ...own, thresholds: pipeline.info.thresholds },
    };
    const rows = [...parts.perConfidence, own];
    return { json: { ...json, parts }, text: [describe(score, dataset.length), ...describeParts(rows)].join('\n') };
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

/** One row per confidence; the row without one is the model's own thresholds. */
function describeParts(rows: readonly PartRates[]): string[] {
  const share = (some: number, all: number) =>
    all === 0 ? '-' : `${some} of ${all} ${((100 * some) / all).toFixed(1).padStart(5)} %`;
  const row = (confidence: string, defective: string, good: string, defects: string) =>
    `${confidence.padEnd(11)} ${defective.padStart(24)} ${good.padStart(24)} ${defects.padStart(24)}`;
  return [
    '',
    row('confidence', 'defective parts failed', 'good parts failed', 'defects found'),
    ...rows.map((rates) =>
      row(
        rates.confidence?.toFixed(2) ?? "the model's",
        share(rates.defectiveFailed, rates.defective),
        share(rates.goodFailed, rates.good),
        share(rates.found, rates.defects),
      ),
    ),
  ];
}

export const registerEval: RegisterCommand = (program) => {
  program
    .command('eval')
    .description('Measure mAP50 and mAP50-95 of a model on labelled images (COCO, 101 points), per class.')
    .option('--model <path>', 'an .onnx file or a model folder')
    .option('--images <dir>', 'folder with images')
    .option('--labels <dir>', 'folder with YOLO labels: <image name>.txt, lines of `class cx cy w h`')
    .option('--good <dir>', 'folder with images of good parts: adds, per confidence, how many parts of each kind fail')
    .option('--threads <n>', 'of the inference; 0: one per core, at most 4', '0')
    .option('--json', 'print one JSON document')
    .action(action(evalModel));
};
