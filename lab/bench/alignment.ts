/**
 * Finds simulated parts that are shifted, turned and stretched: how far off, how long it takes beside the inference of the same frame,
 * and how often a picture without the part is taken for one with it.
 *
 * Usage: npm run lab -- alignment [PLACEMENTS]
 */
import { join } from 'node:path';
import sharp from 'sharp';
import { ALIGN_DEFAULTS } from '../../src/contract/alignment';
import { ALIGN_SIDE_PX, PartTemplate } from '../../src/detect/align/align';
import { Pipeline } from '../../src/detect/pipeline';
import { greyOf } from '../../src/image/grey';
import { encodeJpeg } from '../../src/image/encode';
import { Random } from '../../src/kit/random';
import { simulateBoard } from '../../src/simulate/boards/board';
import { laid, PLACED_SIZE_PX, restingBox, type Placement } from '../../src/simulate/boards/place-part';
import { ROOT } from '../../test/helpers/root';

const PLACEMENTS = Number(process.argv[2] ?? 500);
const PER_DESIGN = 25;
const SEED = 9_000_000;
const FRAME_PX = 640;
const TO_FRAME = FRAME_PX / PLACED_SIZE_PX;
const STILL: Placement = { dx: 0, dy: 0, rotationDegrees: 0, scale: 1 };

const shrunk = (jpeg: Buffer) => sharp(jpeg).resize(FRAME_PX, FRAME_PX).jpeg({ quality: 90 }).toBuffer();
const at = (values: readonly number[], share: number): number =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(share * values.length))] ?? NaN;

/** Of all threads of this process, ms. */
function cpuSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

async function main(): Promise<void> {
  const pipeline = await Pipeline.open(join(ROOT, 'models', 'pcb-defects'), { threads: 1 });
  const { leastScore, rotationDegrees } = ALIGN_DEFAULTS;
  const [px, degrees, scales, scores, alignMs, decodeMs, inferMs]: number[][] = [[], [], [], [], [], [], []];
  const alignCpu: number[] = [];
  const inferCpu: number[] = [];
  let missed = 0;
  const wrongScores: number[] = [];
  for (let index = 0; index < PLACEMENTS; index++) {
    const design = Math.floor(index / PER_DESIGN);
    const look = design % 2 === 0 ? 'photo' : 'binarised';
    const random = new Random('alignment', SEED, index);
    const seed = SEED + design;
    const reference = await shrunk(
      await encodeJpeg(
        laid(simulateBoard({ seed, look, defectSeed: 0, defects: 0 }), STILL, new Random('reference', design)),
        90,
      ),
    );
    const resting = restingBox({ width: 640, height: 640 });
    const box = {
      x: resting.x * TO_FRAME,
      y: resting.y * TO_FRAME,
      width: resting.width * TO_FRAME,
      height: resting.height * TO_FRAME,
    };
    const template = new PartTemplate(await greyOf(reference, undefined, ALIGN_SIDE_PX), box, rotationDegrees);
    const placement = {
      dx: random.between(-0.2, 0.2) * PLACED_SIZE_PX,
      dy: random.between(-0.2, 0.2) * PLACED_SIZE_PX,
      rotationDegrees: random.between(-15, 15),
      scale: random.between(0.9, 1.1),
    };
    const board = simulateBoard({ seed, look, defectSeed: index + 1, defects: random.integer(0, 6) });
    const frame = await shrunk(await encodeJpeg(laid(board, placement, random), random.integer(75, 95)));
    const start = performance.now();
    const cpuBefore = process.cpuUsage();
    const grey = await greyOf(frame, undefined, ALIGN_SIDE_PX);
    const decoded = performance.now();
    const found = template.find(grey);
    const end = performance.now();
    alignCpu.push(cpuSince(cpuBefore));
    decodeMs!.push(decoded - start);
    alignMs!.push(end - start);
    const prepared = await pipeline.prepare(frame);
    const before = performance.now();
    const inferBefore = process.cpuUsage();
    await pipeline.infer(prepared);
    inferMs!.push(performance.now() - before);
    inferCpu.push(cpuSince(inferBefore));
    scores!.push(found.score);
    if (found.score < leastScore) missed++;
    else {
      px!.push(Math.hypot(found.dx - placement.dx * TO_FRAME, found.dy - placement.dy * TO_FRAME));
      degrees!.push(Math.abs(found.rotationDegrees - placement.rotationDegrees));
      scales!.push(Math.abs(found.scale / placement.scale - 1));
    }
    // another board of the same size on the same belt, and the belt alone
    const other = simulateBoard({ seed: seed + 500_000 + index, look, defects: 0 });
    const without =
      index % 4 === 3
        ? laid({ ...other, pixels: new Uint8Array(other.pixels.length).fill(58), truth: [] }, placement, random)
        : laid(other, placement, random);
    wrongScores.push(
      template.find(await greyOf(await shrunk(await encodeJpeg(without, 90)), undefined, ALIGN_SIDE_PX)).score,
    );
    if ((index + 1) % 50 === 0) console.error(`${index + 1} of ${PLACEMENTS}`);
  }
  await pipeline.close();
  const wrong = wrongScores.filter((score) => score >= leastScore).length;
  const row = (name: string, values: readonly number[], digits: number) =>
    `  ${name.padEnd(12)} median ${at(values, 0.5).toFixed(digits)}, 95 % ${at(values, 0.95).toFixed(digits)}, worst ${Math.max(...values).toFixed(digits)}`;
  console.log(
    `${PLACEMENTS} placements of ${Math.ceil(PLACEMENTS / PER_DESIGN)} designs in frames of ${FRAME_PX} px, shift 20 %, turn 15 degrees, scale 10 %:`,
  );
  console.log(`  not found    ${missed}`);
  console.log(row('error px', px!, 2));
  console.log(row('degrees', degrees!, 3));
  console.log(row('scale', scales!, 4));
  console.log(
    `  within 3 px and 0.3 degrees: ${px!.filter((each, i) => each <= 3 && degrees![i]! <= 0.3).length} of ${PLACEMENTS}`,
  );
  console.log(
    `  likeness     lowest with the part ${Math.min(...scores!).toFixed(2)}, highest without ${Math.max(...wrongScores).toFixed(2)}, least that counts ${leastScore}`,
  );
  console.log(
    `  wrong matches ${wrong} of ${PLACEMENTS} pictures without the part (${((100 * wrong) / PLACEMENTS).toFixed(1)} %)`,
  );
  console.log(
    `  time per frame: alignment ${at(alignMs!, 0.5).toFixed(1)} ms (of it decoding ${at(decodeMs!, 0.5).toFixed(1)} ms), inference ${at(inferMs!, 0.5).toFixed(1)} ms on one thread: ${(at(alignMs!, 0.5) / at(inferMs!, 0.5)).toFixed(2)} of it (medians)`,
  );
  console.log(
    `  processor time per frame: alignment ${at(alignCpu, 0.5).toFixed(1)} ms, inference ${at(inferCpu, 0.5).toFixed(1)} ms (medians)`,
  );
}

void main();
