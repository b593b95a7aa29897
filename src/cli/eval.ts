import { meanAveragePrecision, type ClassScore, type MeanAveragePrecision } from '../evaluate/map';
import { listImages, readDataset } from '../evaluate/map-dataset';
import { EVALUATION, findAll } from '../evaluate/map-evaluate';
import { chooseThresholds, MIN_GOOD_PARTS } from '../evaluate/class-thresholds';
import { partRates, ratesAt } from '../evaluate/part-rates';
import { limitsOf, Pipeline } from '../detect/pipeline';
import { actualThreads } from '../detector/options';
import { resolveModelPath } from '../model/resolve';
import { setThresholds } from '../model/set-thresholds';
import { expected } from '../contract/errors';
import { DEFAULT_OVERLAP, parseTiling } from '../contract/tiling';
import { integerBetween, nonEmptyString, numberBetween } from '../contract/validate';
import { describeParts } from './part-rates-table';
import { OVERLAP_OPTION, TILES_OPTION } from './tile-options';
import { action, note, type CommandResult, type RegisterCommand } from './command';

interface EvalOptions {
  model?: string;
  images?: string;
  labels?: string;
  good?: string;
  setThresholds?: string;
  threads: string;
  tiles: string;
  tileOverlap: string;
  json?: boolean;
}

/** A note on stderr after this many images. */
const PROGRESS_EVERY = 50;

async function evalModel(options: EvalOptions): Promise<CommandResult> {
  const model = resolveModelPath(nonEmptyString(options.model, '--model'), [process.cwd()]);
  const images = nonEmptyString(options.images, '--images');
  const labels = nonEmptyString(options.labels, '--labels');
  const threads = actualThreads(integerBetween(options.threads, '--threads', 0, 64));
  const tiling = parseTiling(options.tiles, options.tileOverlap);
  const dataset = await readDataset(images, labels);
  const good = options.good === undefined ? [] : await listImages(nonEmptyString(options.good, '--good'), '--good');
  const total = dataset.length + good.length;
  const allowed = readAllowed(options, good.length);
  const pipeline = await Pipeline.open(model, { threads });
  try {
    const progress = (done: number) => {
      if (done % PROGRESS_EVERY === 0) note(`${done} of ${total} images`);
    };
    const found = await findAll(pipeline, dataset, progress, tiling);
    const score = meanAveragePrecision(found, pipeline.info.classNames);
    const { name, version, sha256, precision } = pipeline.info;
    const json = {
      ...score,
      images: dataset.length,
      model: { name, version, sha256, precision },
      settings: { ...EVALUATION, ...(tiling && { tiling }) },
    };
    // pictures without a label are good parts too
    const hasGood = options.good !== undefined || found.some(({ truths }) => truths.length === 0);
    if (!hasGood) return { json, text: describe(score, dataset.length) };
    const goodParts = await findAll(
      pipeline,
      good.map((path) => ({ path, labels: [] })),
      (done) => progress(dataset.length + done),
      tiling,
    );
    const onGood = goodParts.map(({ detections }) => detections);
    const { classNames } = pipeline.info;
    let thresholds = pipeline.info.thresholds;
    if (allowed !== undefined) {
      const perClass = chooseThresholds([...found, ...goodParts], classNames, allowed);
      thresholds = await setThresholds(model, perClass);
    }
    const own = ratesAt(found, onGood, limitsOf({ thresholds, classNames }).of);
    const parts = { perConfidence: partRates(found, onGood), atOwnThresholds: { ...own, thresholds } };
    const rows = [...parts.perConfidence, own];
    const limits = Object.entries(thresholds?.perClass ?? {}).map(([label, limit]) => `${label} ${limit}`);
    const text = [
      describe(score, dataset.length),
      ...describeParts(rows),
      ...(limits.length > 0 ? ['', limits.join(', ')] : []),
    ];
    return { json: { ...json, parts }, text: text.join('\n') };
  } finally {
    await pipeline.close();
  }
}

/** The share of the good parts that each class may fail, 0 … 1; undefined when no thresholds are asked for. */
function readAllowed({ setThresholds: percent, good }: EvalOptions, parts: number): number | undefined {
  if (percent === undefined) return undefined;
  const share = numberBetween(percent, '--set-thresholds', 0, 100) / 100;
  if (good === undefined) throw expected('pictures of good parts in --good', '--set-thresholds', 'none');
  if (parts < MIN_GOOD_PARTS) {
    throw expected(`at least ${MIN_GOOD_PARTS} pictures of good parts for --set-thresholds`, '--good', parts);
  }
  return share;
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
    .option('--good <dir>', 'folder with images of good parts: adds, per confidence, how many parts of each kind fail')
    .option(
      '--set-thresholds <percent>',
      "writes the least confidences per class into the model folder's manifest, such that each class fails at most this percentage of the good parts",
    )
    .option('--tiles <layout>', TILES_OPTION, 'off')
    .option('--tile-overlap <share>', OVERLAP_OPTION, String(DEFAULT_OVERLAP))
    .option('--threads <n>', 'of the inference; 0: one per core, at most 4', '0')
    .option('--json', 'print one JSON document')
    .action(action(evalModel));
};
