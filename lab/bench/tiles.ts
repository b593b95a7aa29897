/**
 * Small defects in pictures of 12 megapixels, found in tiles and in the whole picture at the size of the model. Prints recall on
 * defects of 10 to 20 px at equal false alarms, what a frame costs, and how many defects on a border of two tiles are found twice.
 *
 * Usage: npm run lab -- tiles [PICTURES [BORDER_CASES]]
 */
import { join } from 'node:path';
import { parseTiling } from '../../src/contract/tiling';
import type { Rectangle, TruthBox } from '../../src/contract/frame';
import type { Detection } from '../../src/contract/detection';
import { nms } from '../../src/detect/nms';
import { Pipeline } from '../../src/detect/pipeline';
import { Detector } from '../../src/detector/detector';
import { encodeJpeg } from '../../src/image/encode';
import { Random } from '../../src/kit/random';
import { BOARD_SIZE_PX, BOX_MARGIN_PX, simulateBoard } from '../../src/simulate/boards/board';
import { simulatePart } from '../../src/simulate/line';
import { ROOT } from '../../test/helpers/root';

const PICTURES = Number(process.argv[2] ?? 12);
const BORDER_CASES = Number(process.argv[3] ?? 500);
const MODEL = join(ROOT, 'models', 'pcb-defects');
/** Not a seed that the model was trained, calibrated or certified with. */
const SEED = 7_000_000;
const SIZE = { width: 4000, height: 3000 };
const DEFECTS = 20;
const LEAST = 0.05;
/** False findings per picture at which layouts are compared. */
const FALSE_PER_PICTURE = [1, 2, 5];

const near = ({ x, y, width, height }: Rectangle, { box }: Detection): boolean => {
  const [centreX, centreY] = [box.x + box.width / 2, box.y + box.height / 2];
  return centreX > x && centreX < x + width && centreY > y && centreY < y + height;
};

/** The longer side of what is really changed, px. */
const sizeOf = ({ box }: TruthBox) => Math.max(box.width, box.height) - 2 * BOX_MARGIN_PX;

interface Seen {
  truth: TruthBox[];
  detections: Detection[];
}

/** Recall on small defects where the least confidence is such that so many findings are false. */
function recallAt(seen: readonly Seen[], falsePerPicture: number) {
  const false_ = seen
    .flatMap(({ truth, detections }) => detections.filter((found) => !truth.some(({ box }) => near(box, found))))
    .map(({ confidence }) => confidence)
    .sort((a, b) => b - a);
  const allowed = Math.floor(falsePerPicture * seen.length);
  const limit = false_.length > allowed ? false_[allowed]! : LEAST;
  const small = seen.flatMap(({ truth, detections }) =>
    truth
      .filter((each) => sizeOf(each) >= 10 && sizeOf(each) <= 20)
      .map(({ box }) => detections.some((found) => found.confidence > limit && near(box, found))),
  );
  return { limit, found: small.filter(Boolean).length, of: small.length };
}

async function recall(): Promise<void> {
  const detector = new Detector({ model: MODEL, threads: 2, overload: 'every' });
  await detector.start();
  const layouts = ['off', '3x2', 'auto'];
  const seen = new Map<string, Seen[]>(layouts.map((layout) => [layout, []]));
  const costs = new Map<string, { tiles: number; decode: number[]; infer: number[]; total: number[] }>();
  for (let index = 0; index < PICTURES; index++) {
    const look = index % 2 === 0 ? 'binarised' : 'photo';
    const line = { seed: SEED, look, defectRate: 1, defects: [DEFECTS, DEFECTS], size: SIZE } as const;
    const { image, truth } = await simulatePart(line, index);
    for (const layout of layouts) {
      const tiling = parseTiling(layout);
      const outcome = await detector.detect({ image, confidence: LEAST, ...(tiling && { tiling }) });
      if (!outcome.inspected) throw new Error(outcome.detail);
      seen.get(layout)!.push({ truth, detections: nms(outcome.detections) });
      const cost = costs.get(layout) ?? { tiles: outcome.tiles?.count ?? 1, decode: [], infer: [], total: [] };
      cost.decode.push(outcome.latencyMs.decode);
      cost.infer.push(outcome.latencyMs.infer);
      cost.total.push(outcome.latencyMs.total);
      costs.set(layout, cost);
    }
    console.error(`${index + 1} of ${PICTURES} pictures`);
  }
  const { rssBytes } = detector.stats();
  await detector.stop();
  const [first] = seen.get('off')!;
  console.log(
    `${PICTURES} pictures of ${SIZE.width} x ${SIZE.height} px, both looks, ${first ? DEFECTS : 0} defects each; recall on those of 10 to 20 px:`,
  );
  for (const layout of layouts) {
    const points = FALSE_PER_PICTURE.map((allowed) => {
      const { found, of, limit } = recallAt(seen.get(layout)!, allowed);
      return `${((100 * found) / of).toFixed(1)} % (${found} of ${of}, confidence above ${limit.toFixed(2)}) at ${allowed} false findings a picture`;
    });
    console.log(`  ${layout.padEnd(5)} ${points.join('; ')}`);
  }
  console.log('cost per frame, medians:');
  for (const [layout, { tiles, decode, infer, total }] of costs) {
    const [d, i, t] = [decode, infer, total].map((times) => median(times).toFixed(0)) as [string, string, string];
    console.log(`  ${layout.padEnd(5)} ${tiles} runs, decode ${d} ms, infer ${i} ms, total ${t} ms`);
  }
  console.log(`detector process afterwards ${(Number(rssBytes) / 2 ** 20).toFixed(0)} MiB resident`);
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!;

/** A board with one defect, moved so that the defect lies on an edge of a tile; good boards on both sides of it. */
async function borderCases(): Promise<void> {
  const pipeline = await Pipeline.open(MODEL, { threads: 2 });
  const tiling = parseTiling('auto')!;
  const size = { width: 1152, height: BOARD_SIZE_PX };
  const random = new Random('border cases', SEED);
  const good = [0, 1, 2, 3, 4, 5].map((seed) => simulateBoard({ seed: SEED + seed, look: 'binarised', defects: 0 }));
  const counts = { cases: 0, once: 0, missed: 0, double: 0, doubleWithNmsAlone: 0, inTheMiddle: 0 };
  for (let seed = SEED + 100; counts.cases < BORDER_CASES; seed++) {
    const board = simulateBoard({ seed, look: 'binarised', defects: 1 });
    const [truth] = board.truth;
    if (truth === undefined) continue;
    counts.cases++;
    // tiles end at 640 and begin at 512; the edge goes through the defect somewhere
    const edge = random.pick([512, 640]);
    const inner = truth.box.width / 2 - BOX_MARGIN_PX;
    const shift = Math.round(edge - (truth.box.x + truth.box.width / 2) + random.between(-inner, inner));
    const pixels = new Uint8Array(size.width * size.height);
    const beside = random.pick(good);
    for (let y = 0; y < size.height; y++) {
      for (let x = 0; x < size.width; x++) {
        const from = x - shift;
        const isInside = from >= 0 && from < BOARD_SIZE_PX;
        const source = isInside ? board : beside;
        const column = ((from % BOARD_SIZE_PX) + BOARD_SIZE_PX) % BOARD_SIZE_PX;
        pixels[y * size.width + x] = source.pixels[y * BOARD_SIZE_PX + column]!;
      }
    }
    const image = await encodeJpeg({ pixels, ...size, channels: 1 }, 90);
    const found = (await pipeline.inferTiles(await pipeline.prepareTiles(image, undefined, tiling))).detections;
    const box = { ...truth.box, x: truth.box.x + shift };
    const onIt = found.filter((detection) => near(box, detection)).length;
    if (onIt === 0) counts.missed++;
    else if (onIt === 1) counts.once++;
    else counts.double++;
    // what an NMS over the candidates of both tiles would leave
    const apart: Detection[] = [];
    for (const x of [0, 512]) {
      const tile = await pipeline.prepare(image, { region: { x, y: 0, width: 640, height: 640 } });
      apart.push(...(await pipeline.infer(tile)).detections);
    }
    if (nms(apart).filter((detection) => near(box, detection)).length > 1) counts.doubleWithNmsAlone++;
    // the same defect with nothing cut: a tile around its middle
    const left = Math.max(0, Math.min(512, Math.round(box.x + box.width / 2 - 320)));
    const around = await pipeline.prepare(image, { region: { x: left, y: 0, width: 640, height: 640 } });
    if (nms((await pipeline.infer(around)).detections).some((detection) => near(box, detection))) counts.inTheMiddle++;
    if (counts.cases % 50 === 0) console.error(`${counts.cases} of ${BORDER_CASES} cases`);
  }
  await pipeline.close();
  const { cases, once, missed, double, doubleWithNmsAlone, inTheMiddle } = counts;
  console.log(
    `${cases} defects on a border of two tiles: ${once} found once, ${missed} missed, ${double} found twice (${doubleWithNmsAlone} with NMS over all candidates instead); in the middle of one tile ${inTheMiddle} of them are found`,
  );
}

async function main(): Promise<void> {
  await recall();
  await borderCases();
}

void main();
