/**
 * How soon the watch of a camera notices light that fades and a film on the lens, and how often it calls without a reason.
 * The pictures are parts of the simulated line as the detector measures them, dimmed and smeared pixel by pixel; the runs
 * draw from them.
 *
 * Usage: npm run lab -- camera-drift [RUNS [PICTURES]]
 */
import sharp from 'sharp';
import { CameraWatch, LEARNING_PARTS, type CameraTrouble } from '../../src/alert/drift/camera-watch';
import type { PictureMeasures } from '../../src/contract/picture-measures';
import { decodeAndLetterbox } from '../../src/image/letterbox';
import { measurePicture } from '../../src/image/picture-measures';
import { Random } from '../../src/kit/random';
import { simulatePart } from '../../src/simulate/line';

const [RUNS = 50, PICTURES = 120] = process.argv.slice(2).map(Number);
const CLEAN_PARTS = 5_000;
const FADING_PARTS = 1_000;
const INPUT = { width: 640, height: 640 };
const LIGHTS = [1, 0.95, 0.9, 0.85, 0.8, 0.75, 0.7];
/** Blur of a finger's film, pixels of a 640-pixel picture. */
const FILM_SIGMA = 2;

async function measured(image: Buffer): Promise<PictureMeasures> {
  return measurePicture(await decodeAndLetterbox(image, undefined, INPUT), INPUT.width);
}

/** The measures of one part under every light, and through the film. */
async function measuresOf(look: 'photo' | 'binarised', index: number) {
  const { image } = await simulatePart({ seed: 5_000_000, look, defectRate: 0 }, index);
  const dimmed = async (light: number) => measured(await sharp(image).linear(light).jpeg({ quality: 90 }).toBuffer());
  const lights: PictureMeasures[] = [];
  for (const light of LIGHTS) lights.push(await dimmed(light));
  const film = await measured(await sharp(image).blur(FILM_SIGMA).jpeg({ quality: 90 }).toBuffer());
  return { lights, film };
}

type Part = Awaited<ReturnType<typeof measuresOf>>;

/** Between two measured lights. */
function under({ lights }: Part, light: number): PictureMeasures {
  const step = (1 - light) / 0.05;
  const [lower, share] = [Math.min(Math.floor(step), LIGHTS.length - 2), step - Math.floor(step)];
  const [a, b] = [lights[lower] as PictureMeasures, lights[lower + 1] as PictureMeasures];
  const mix = (name: keyof PictureMeasures) => a[name] + (b[name] - a[name]) * share;
  return { level: mix('level'), bright: mix('bright'), clipped: mix('clipped'), sharpness: mix('sharpness') };
}

interface Run {
  trouble: CameraTrouble | undefined;
  /** Part at which it was called. */
  part: number;
  calls: number;
}

function run(parts: Part[], seed: number, count: number, see: (part: Part, index: number) => PictureMeasures): Run {
  const random = new Random('camera-drift', seed);
  const watch = new CameraWatch();
  for (let index = 0; index < LEARNING_PARTS; index += 1) watch.add(under(random.pick(parts), 1), 0);
  const result: Run = { trouble: undefined, part: count, calls: 0 };
  for (let index = 0; index < count; index += 1) {
    const [call] = watch.add(see(random.pick(parts), index), 0);
    if (call === undefined) continue;
    result.calls += 1;
    if (result.trouble === undefined) Object.assign(result, { trouble: call.trouble, part: index + 1 });
  }
  return result;
}

async function main(): Promise<void> {
  console.log(`| look | run | parts | called in | as | part of the call: median | latest |`);
  console.log('| --- | --- | --- | --- | --- | --- | --- |');
  for (const look of ['photo', 'binarised'] as const) {
    const parts: Part[] = [];
    for (let index = 0; index < PICTURES; index += 1) parts.push(await measuresOf(look, index));
    const cases: Array<[string, number, (part: Part, index: number) => PictureMeasures]> = [
      ['clean', CLEAN_PARTS, (part) => under(part, 1)],
      ['light fades by 30 %', FADING_PARTS, (part, index) => under(part, 1 - (0.3 * index) / FADING_PARTS)],
      ['film on the lens', FADING_PARTS, ({ film }) => film],
    ];
    for (const [name, count, see] of cases) {
      const runs = Array.from({ length: RUNS }, (_, seed) => run(parts, seed + 1, count, see));
      const called = runs.filter(({ calls }) => calls > 0);
      const at = called.map(({ part }) => part).sort((a, b) => a - b);
      const words = [...new Set(called.map(({ trouble }) => trouble))].join(', ') || '–';
      const figures = at.length === 0 ? '– | –' : `${at[at.length >> 1]} | ${at.at(-1)}`;
      console.log(`| ${look} | ${name} | ${count} | ${called.length} of ${RUNS} | ${words} | ${figures} |`);
    }
  }
  const { image } = await simulatePart({ seed: 5_000_000, look: 'photo' }, 0);
  const prepared = await decodeAndLetterbox(image, undefined, INPUT);
  const times = Array.from({ length: 500 }, () => {
    const start = performance.now();
    measurePicture(prepared, INPUT.width);
    return performance.now() - start;
  }).sort((a, b) => a - b);
  console.log(`\nmeasuring a picture of 640 px: ${times[250]?.toFixed(2)} ms (median of 500)`);
}

void main();
